/* SPDX-License-Identifier: ISC */

/*
 * winrmctl explain: what the running authorization plug-in says of a user and an operation. The
 * plug-in is asked as for a request, but nobody is let in: no user record is made or looked at, no
 * slot is taken, and what it reports as contexts goes back at once.
 */
#ifndef BROKER_EXPLAIN_H
#define BROKER_EXPLAIN_H

#include <stdbool.h>

#include "ipc/channel.h"

struct broker;
struct explain;

/*
 * Begins to answer `ask` on `channel`, with any number of explain_answer and one explain_end. NULL:
 * it has been answered already. Else `ended` is called when it has been, unless it was abandoned.
 */
struct explain *explain_begin(struct broker *broker, struct channel *channel,
                              const struct message_explain_ask *ask, void (*ended)(void *owner),
                              void *owner);
/*
 * Who asked has gone. The plug-in still has a call, so its answer is waited for: a context in it
 * goes back. NULL is allowed.
 */
void explain_abandon(struct explain *explain);

#endif
