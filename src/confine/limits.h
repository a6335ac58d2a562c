/* SPDX-License-Identifier: ISC */

/*
 * What the processes of one shell may use, as rlimits of the process that calls this and of all it
 * starts (setrlimit(2)): for where there is no cgroup that can count it for all of them together
 * (confine/cgroup.h). docs/root-mode.md, R-40 and following, says what each counts.
 */
#ifndef CONFINE_LIMITS_H
#define CONFINE_LIMITS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct limits {
    uint64_t memory;    /* bytes */
    uint64_t processes; /* beside the host, for which there is room of LIMITS_HOST_TASKS */
    uint64_t files;     /* open ones, of each process */
};                      /* 0: no limit */

/* The kernel counts threads as it does processes; those of the host are no processes of the shell.
 */
enum { LIMITS_HOST_TASKS = 64 };

/*
 * Lowers, for good, how many files each process may have open; with `all`, memory and processes
 * too: each process has `memory` for itself, and the account of `uid` may have `processes` more
 * than it has now. Never raises what holds already. 0 or errno.
 */
int limits_apply(const struct limits *limits, bool all, uid_t uid);

/* How many processes and threads that uid has, as far as /proc shows them. */
uint64_t limits_tasks(uid_t uid);

#endif
