/* SPDX-License-Identifier: ISC */

/*
 * Folders of cgroup v2 (cgroups(7); Linux Documentation/admin-guide/cgroup-v2.rst), one for each
 * shell below one for all: what a shell's processes may use together, and their end, which none of
 * them can escape. Paths are absolute. Nothing here waits for anything but the kernel.
 */
#ifndef CONFINE_CGROUP_H
#define CONFINE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "confine/limits.h"

/* How a shell's folder begins, whose number follows; whoever finds one of another life of the
 * service may end it. */
#define CGROUP_SHELL "shell-"

/* ---- the folder for all, at the start ---- */

/*
 * This process's own folder, where it is mounted; NULL: there is no cgroup v2, or it is not its
 * alone: others than this process and its children are in there, or it is the root of all. free().
 */
char *cgroup_own(void);

/* Can shells have folders in `base`? Changes nothing. False: `why`. */
bool cgroup_usable(const char *base, char *why, size_t why_size);

/*
 * Makes ready for shells' folders in `base`: when this process is in it, it moves to a folder of
 * its own below, since the kernel wants processes in leaves only; what another life of the service
 * has left there is ended. `limits` says whether memory and processes can be limited in there.
 * The folder is this process's alone until that ends: another one would end its shells. False: it
 * cannot be used; `why`.
 */
bool cgroup_open(const char *base, bool *limits, char *why, size_t why_size);

/* Can memory and processes be limited in folders of `base`? Asks the kernel for it where need be.
 */
bool cgroup_delegates(const char *base);

/* ---- the folder of one shell ---- */

/* 0 or errno. */
int cgroup_make(const char *folder);
/* Has it count memory and processes; those of `limits` that are 0 are not limited. 0 or errno. */
int cgroup_limit(const char *folder, const struct limits *limits);
/* A descriptor that moves a process in which writes "0" to it; -1: errno. */
int cgroup_door(const char *folder);
/* Kills every process in it; a kernel before 5.14 is asked for one after the other. */
void cgroup_kill(const char *folder);
/*
 * Kills until nobody in it lives and removes it, for at most `milliseconds`. False: it stays. Who
 * has ended and is not waited for is not in it any more.
 */
bool cgroup_end(const char *folder, unsigned milliseconds);

#endif
