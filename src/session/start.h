/* SPDX-License-Identifier: ISC */

/* The last step: from the session's process to the shell host, which is the user. */
#ifndef SESSION_START_H
#define SESSION_START_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "confine/limits.h"
#include "session/account.h"

struct start {
    const char *program;   /* of the host */
    const char *directory; /* where it begins, if the user may go there; else in the home */
    const struct login *login;
    char *const *environment;
    int channel;          /* becomes its descriptor 3 */
    int door;             /* of its cgroup; -1: none */
    struct limits limits; /* 0: none */
    bool rlimits;         /* memory and processes are limited by rlimits */
    bool root;            /* uid 0 is taken */
    bool no_new_privileges;
};

/*
 * Starts the host as the user, in a session of its own, with nothing of this process but standard
 * error and its channel. False: `why`; no process is left.
 */
bool start_host(const struct start *start, pid_t *pid, char *why, size_t why_size);

#endif
