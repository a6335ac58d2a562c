/* SPDX-License-Identifier: ISC */

/*
 * Starts a program: three pipes, a process group of its own, default signal dispositions, no
 * descriptor of the host's but those three. Safe in a process of many threads.
 */

#ifndef PLUGINS_CMD_CHILD_H
#define PLUGINS_CMD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;      /* also the number of its process group */
    int exit_fd;    /* a pidfd: readable once it has ended */
    int input;      /* write end of its stdin */
    int outputs[2]; /* read ends of its stdout and stderr */
};

/*
 * Starts a program, which is a path, in a directory. The descriptors are non-blocking on our side,
 * blocking on the child's. Returns 0 or an errno; then nothing is left behind.
 */
int child_start(const char *program, char *const *arguments, const char *directory,
                char *const *environment, struct child *child);

/*
 * Reaps it, with its whole process group if `group` is set: its number is a stranger's then.
 */
void child_reap(struct child *child, bool group);

/* Closes the descriptors that are still open. */
void child_close(struct child *child);

#endif
