/* SPDX-License-Identifier: ISC */

/*
 * The broker's objects and who owns whom. The broker is one thread on one loop: nothing here is
 * locked. It holds tokens, user records, quotas, verdicts and the audit, and knows which shells
 * and hosts exist; it parses nothing but the typed messages of tables/messages.h.
 *
 *   struct broker ── configuration (what holds now; replaced whole by a reload)
 *         ├── application (one per path; its records, quotas and authorization hosts)
 *         ├── child   (one per process started; owns its channel)
 *         ├── session (one per authenticated connection; of one winrmd-net)
 *         ├── record  (one per application, mechanism and account; kept by references)
 *         ├── operation (one per request that asked for something; owns its arena)
 *         ├── shell (one per shell host; owns the shell's and the commands' operations)
 *         └── enumeration (owns the operation of its Enumerate)
 */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/list.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/map.h"
#include "broker/application.h"
#include "broker/audit.h"
#include "broker/configuration.h"
#include "broker/child.h"
#include "broker/notify.h"
#include "broker/quota.h"

/* What `winrmctl status` shows as counters; C(name). */
/* clang-format off */
#define COUNTER_TABLE(C) \
    C(authentications) C(authentication_failures) C(password_hashes) \
    C(cached_logins) C(pam_requests) \
    C(hashes_waited_for_others) C(hashes_waited_for_others_most) C(sessions_revoked) \
    C(user_calls) C(quota_calls) C(operation_calls) C(late_calls) C(stray_completions) \
    C(contexts_reported) C(contexts_released) C(contexts_lost) \
    C(verdicts_allowed) C(verdicts_denied) C(verdicts_abandoned) C(quota_refusals) C(redirects) \
    C(shells_started) C(shells_ended) C(commands_started) C(commands_ended) \
    C(shells_disconnected) C(shells_connected) \
    C(host_crashes) C(audit_failures) C(reloads) C(reload_failures)
/* clang-format on */

enum counter {
#define C(name) COUNTER_##name,
    COUNTER_TABLE(C)
#undef C
        COUNTERS
};

struct broker {
    struct loop *loop;
    char *config; /* the path of winrmd.conf */
    struct configuration *configuration;
    struct application **applications; /* by their number; removed ones stay */
    size_t application_count;
    struct reload *reload; /* of reload.c; NULL: none is running */
    struct audit *audit;
    bool root;           /* root mode: started as uid 0 */
    char *cgroup;        /* in which shells have theirs; NULL: they have none */
    bool cgroup_limits;  /* and that limits their memory and processes */
    struct list shell_logins; /* of shell_login.c: the sessions of shells in root mode */
    char *programs;      /* where the other programs are */
    struct rlimit files; /* of open files, as the broker was started: the children's */
    char machine[256];   /* this host's name, for fault details */

    struct list processes;     /* struct child.link */
    struct loop_timer orphans; /* of child.c: what hosts have left behind is looked for again */
    struct child *auth;
    struct list replacements;       /* of peers.c: processes to be started again */
    struct loop_timer introduction; /* of introduce.c: who could not be introduced is, later */
    struct gss *gss;                /* of gss.c; NULL: it was never asked for */
    struct pam *pam;                /* of pam.c; NULL: PAM was never asked for */
    struct list lookups;            /* of lookup.c: whose accounts are being looked up */
    struct map sessions;            /* id -> struct session */
    struct map operations;          /* id -> struct operation */
    struct map calls;               /* id -> struct authz_call */
    struct quota_service quota;
    struct map shells;       /* "application\0SHELL-ID" -> struct shell */
    struct map enumerations; /* context -> struct enumeration */
    uint64_t next_id;        /* sessions, operations, calls, hosts: one sequence, never reused */

    struct loop_watch control; /* listening socket of winrmctl */
    struct loop_timer control_pause;
    struct list controls;   /* of control.c: its connections */
    struct list forgetting; /* struct administer.forget_link: they wait for winrmd-auth */
    struct notify notify;
    bool ready; /* the ready lines have been printed */
    bool stopping;
    enum log_level log_level; /* of this process and of those that start from now on */
    enum log_level log_start; /* as winrmd was started */
    struct loop_timer stop_timer;
    uint64_t counters[COUNTERS];
};

static inline uint64_t broker_next_id(struct broker *broker)
{
    return ++broker->next_id;
}

static inline void broker_count(struct broker *broker, enum counter counter)
{
    broker->counters[counter]++;
}

/* Tells the service manager that it serves; `what`: what has just become of the configuration. */
void broker_tell_ready(struct broker *broker, const char *what);
/* Prints the ready lines once every process and plug-in has said how its start went. */
void broker_check_ready(struct broker *broker);

#endif
