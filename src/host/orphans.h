/* SPDX-License-Identifier: ISC */

/*
 * A shell host adopts every process below it whose parent has ended. Nobody waits for those, so
 * without this they would stay zombies, and count against the user's processes, for as long as the
 * shell lives. Loop's thread only.
 */
#ifndef HOST_ORPHANS_H
#define HOST_ORPHANS_H

#include "base/loop.h"

/* Reaps now and then from now on. */
void orphans_watch(struct loop *loop);

/*
 * Reaps the dead among the adopted which the round before has found dead as well. Children of the
 * plug-in are its own to wait for. They are told apart by their thread: the loop's thread starts no
 * processes, but is given the orphans; and the children of a plug-in's thread that has ended, which
 * is why everybody has one round's time.
 */
void orphans_reap(void);

#endif
