/* SPDX-License-Identifier: ISC */

/*
 * A small process that outlives its shell host by an instant: it knows the process groups of the
 * shell's commands and kills them when the host is gone, however it ended. One for each shell; it
 * waits on a socket whose other end only the host holds, so nobody has to tell it of the end.
 *
 * The caller serializes guardian_stop with the other calls; watch and forget may come from any
 * thread.
 */

#ifndef PLUGINS_CMD_GUARDIAN_H
#define PLUGINS_CMD_GUARDIAN_H

#include <stdbool.h>
#include <sys/types.h>

struct guardian {
    pid_t pid; /* 0: none */
    int fd;    /* the host's end */
};

/* Starts one. False with errno set when that fails; *guardian is then safe to stop. */
bool guardian_start(struct guardian *guardian);

/* The group of this leader is to be killed when the host ends. */
void guardian_watch(const struct guardian *guardian, pid_t leader);

/* The group is gone; call it before the leader is reaped and its number free again. */
void guardian_forget(const struct guardian *guardian, pid_t leader);

/* Ends it, and with it every group it still watches. */
void guardian_stop(struct guardian *guardian);

#endif
