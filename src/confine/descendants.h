/* SPDX-License-Identifier: ISC */

/*
 * Ends every process below this one, also those that made themselves independent: a shell host,
 * and the winrmd-session above it, adopt them (PR_SET_CHILD_SUBREAPER), so all of them are found by
 * descent.
 */
#ifndef CONFINE_DESCENDANTS_H
#define CONFINE_DESCENDANTS_H

#include <stdbool.h>

/*
 * Kills until none is alive, for at most `milliseconds`. True when none is left. Ended children
 * stay for their parents to wait for, since the plug-in may do so.
 */
bool kill_descendants(unsigned milliseconds);

/* The same as the last thing this process does: it starts no process any more. */
void kill_descendants_for_good(unsigned milliseconds);

#endif
