/* SPDX-License-Identifier: ISC */

/*
 * Starts a program: three pipes, a process group of its own, default signal dispositions, no
 * descriptor of the host's but those three. Safe in a process of many threads.
 */

#ifndef PLUGINS_CMD_CHILD_H
#define PLUGINS_CMD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* Where a child writes that has an output of its own beside stdout and stderr. */
#define CHILD_APART 8

struct child_plan {
    const char *program; /* a path */
    char *const *arguments;
    char *const *environment;
    const char *directory;
    bool apart; /* its first output is CHILD_APART, and there is no other */
};

struct child {
    pid_t pid;      /* also the number of its process group */
    int exit_fd;    /* a pidfd: readable once it has ended */
    int input;      /* write end of its stdin */
    int outputs[2]; /* read ends of its stdout and stderr, or of CHILD_APART */
};

/*
 * Starts a program. The descriptors are non-blocking on our side, blocking on the child's. Returns
 * 0 or an errno; then nothing is left behind.
 */
int child_start(const struct child_plan *plan, struct child *child);

/*
 * Reaps it, with its whole process group if `group` is set: its number is a stranger's then.
 */
void child_reap(struct child *child, bool group);

/* Closes the descriptors that are still open. */
void child_close(struct child *child);

#endif
