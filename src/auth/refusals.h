/* SPDX-License-Identifier: ISC */

/*
 * Tells the broker of refusals that cost next to nothing, so that a flood of them is not a flood of
 * audit lines: of one source (source.h) REFUSALS_AT_ONCE are told one by one, and what it is
 * refused then within a second is told in one line that says how often. Belongs to the loop's
 * thread.
 */
#ifndef AUTH_REFUSALS_H
#define AUTH_REFUSALS_H

#include "ipc/channel.h"

enum { REFUSALS_AT_ONCE = 10, REFUSALS_PAUSE = 1000 /* ms */, REFUSALS_SOURCES = 1024 };

struct refusals;

struct refusals *refusals_new(struct loop *loop, struct channel *broker);
/* `failure->times` is counted here. */
void refusals_tell(struct refusals *refusals, const struct message_auth_failure *failure);

#endif
