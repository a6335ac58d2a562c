/* SPDX-License-Identifier: ISC */

/*
 * Starts /bin/sh -c for one command: three pipes, a process group of its own, default signal
 * dispositions, no descriptor of the host's but those three. Safe in a process of many threads.
 */

#ifndef PLUGINS_CMD_CHILD_H
#define PLUGINS_CMD_CHILD_H

#include <sys/types.h>

struct child {
    pid_t pid;      /* also the number of its process group */
    int exit_fd;    /* a pidfd: readable once it has ended */
    int input;      /* write end of its stdin */
    int outputs[2]; /* read ends of its stdout and stderr */
};

/*
 * Starts a command. The descriptors are non-blocking on our side, blocking on the child's. Returns
 * 0 or an errno; then nothing is left behind.
 */
int child_start(const char *command_line, const char *directory, char *const *environment,
                struct child *child);

#endif
