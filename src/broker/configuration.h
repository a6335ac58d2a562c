/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-config told: the settings of winrmd.conf and of each application's web.config, as
 * the broker keeps them. Built by configuration_read(), constant from then on, except for the
 * run-time part of an application at the end of its struct.
 */
#ifndef BROKER_CONFIGURATION_H
#define BROKER_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/loop.h"
#include "base/map.h"

struct broker;
struct child;

struct listener {
    char *name;
    char *address;
    uint16_t port; /* 0: any; the real one once it is bound */
    bool basic;
    uint32_t header_limit;
    char *url; /* http://127.0.0.1:5985 once it is bound */
    int socket;
};

struct resource {
    char *uri;
    bool exact_match;
    bool supports_options;
    uint32_t capabilities; /* bits: enum capability */
};

struct plugin {
    char *name;
    char *filename;
    char *extra_info; /* NULL: none configured */
    uint32_t sdk_version;
    bool authorization;
    bool supports_quota;
    bool enabled;
    struct resource *resources;
    size_t resource_count;
};

/* What authorization of one application needs while it runs; see authz_host.h. */
struct authz_state {
    struct child *host;  /* NULL: not running */
    bool started;        /* the plug-in's start-up succeeded */
    bool served;         /* that of some host has, since winrmd started */
    char *failure;       /* why it did not */
    uint64_t generation; /* counts the hosts; a context belongs to one of them */
    uint32_t crashes;    /* in a row; sets the pause before the next start */
    uint64_t begun_at;   /* when the last host was started */
    struct loop_timer restart;
    bool quarantined; /* it keeps crashing: until the next start everything is refused at once */
};

struct application {
    struct broker *broker;
    uint32_t number;
    char *path;      /* /wsman */
    char *directory; /* absolute; holds web.config */
    char *account;   /* NULL: the invoking user */
    char **may_map_to;
    size_t may_map_to_count;
    uint64_t record_idle; /* all times in milliseconds */
    uint64_t authorization_timeout;
    bool count_requests_only;
    uint32_t max_envelope; /* bytes */
    uint64_t max_operation_time;
    uint64_t max_shell_idle;
    uint64_t quota_refresh;
    uint64_t system_window;
    uint32_t system_operations; /* 0: no system throttle */
    struct plugin *plugins;
    size_t plugin_count;
    struct plugin *authorizer; /* NULL: none; everything is refused */

    struct authz_state authz;
    struct map records;           /* key of record.c -> struct record */
    struct map quotas;            /* canonical account -> struct quota_account */
    struct buffer throttle_times; /* of the last operations, oldest first; see quota.c */
};

struct configuration {
    uint32_t net_processes;
    char *control; /* NULL: no control socket */
    char *audit;
    char *users;
    struct listener *listeners;
    size_t listener_count;
    struct application **applications;
    size_t application_count;
    uint32_t problems;
};

/*
 * Runs winrmd-config on the file and waits for its end (before anything else is served). Problems
 * are printed to standard error, one line each. NULL when there were any.
 */
struct configuration *configuration_read(struct broker *broker, const char *path);
void configuration_free(struct configuration *configuration);

/*
 * The resource that serves `uri`: an exact entry, else the longest prefix, of an enabled
 * operations plug-in. NULL when there is none; `plugin` is set with it.
 */
const struct resource *application_find_resource(const struct application *application,
                                                 const char *uri, const struct plugin **plugin);

#endif
