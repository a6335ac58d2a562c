/* SPDX-License-Identifier: ISC */

/*
 * One question to PAM, a login or an account, and how it ends: who is told, what the audit hears,
 * how long a refusal is held back. For pam_checks.c, which says whose turn it is.
 */
#ifndef AUTH_PAM_CHECK_H
#define AUTH_PAM_CHECK_H

#include "auth/admission.h"
#include "auth/pam_checks.h"
#include "base/list.h"
#include "base/map.h"

struct pam_checks {
    struct loop *loop;
    struct channel *broker;
    struct cache *cache;
    uint32_t processes;
    uint32_t asked; /* calls that have no answer yet */
    uint64_t last_call;
    struct list checks;
    struct map calls; /* number -> struct pam_check */
    struct admission *admission;
    struct loop_timer later; /* when somebody who has to wait may be asked */
};

struct pam_check {
    struct admission_job job;
    struct list link; /* checks->checks */
    struct pam_checks *checks;
    uint64_t call;
    struct loop_timer timer; /* the end of its patience; then, of its delay */
    int credential;          /* -1: none, or it has been asked */
    const char *fault;
    char *name;
    char *address;
    char *tls; /* of a login, for the audit; NULL: none */
    bool asked;
    bool refused; /* audited; the client is told when its delay is over */
    /* A login: */
    uint32_t net;
    const struct net_peer *peer; /* NULL: it or the client has gone */
    uint64_t exchange;
    bool cacheable;
    struct cache_digest digest;
    /* An account: */
    void (*done)(void *context, const struct account_answer *answer);
    void *context;
};

/* Is among `checks` and has a number, but waits for nothing yet. */
struct pam_check *pam_check_new(struct pam_checks *checks, const char *name, const char *address);
/* Nobody is told anything. */
void pam_check_free(struct pam_check *check);

/* What the audit says of a result of PAM (enum pam_result, or any number that came instead). */
const char *pam_check_reason(uint32_t result);
/* One line for all refusals of an address that found its queue full since the last such line. */
void pam_check_tell_crowded(const struct pam_check *check);

/* Each of these ends the check: it may be gone on return. */

/*
 * A failure is audited although the client has left: leaving must not hide guesses. Who asked is
 * told after `delay` (ms), PAM_DELAY at most; who asks for an account, at once.
 */
void pam_check_refuse(struct pam_check *check, const char *reason, uint64_t delay);
void pam_check_accept(struct pam_check *check, const struct message_pam_answer *answer);
/* One that is refused for another, or as one too many. */
void pam_check_crowd(struct pam_check *check);

#endif
