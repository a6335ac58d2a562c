/* SPDX-License-Identifier: ISC */

/*
 * Signal: one at a time for each target, in order. Terminate is answered when the command it ends
 * has ended in the broker's books too; a command that is over already is forgotten by it. Any other
 * signal succeeds on a finished command and does nothing. Loop's thread only.
 */
#ifndef HOST_SIGNALS_H
#define HOST_SIGNALS_H

#include "base/list.h"
#include "host/peer.h"

struct target;

struct signals {
    struct list waiting; /* not given to the plug-in yet; the first may be with it */
    struct list enders;  /* terminate, done by the plug-in: waiting for the command's end */
    bool busy;           /* the first is with the plug-in */
};

/* The answer that one in these lists is owed. */
struct reply *signal_reply(struct list *link);

void signals_init(struct target *target);
void signals_free(struct target *target);

void signals_ask(struct target *target, struct reply reply,
                 const struct message_signal_command *message);
/* The command is over: what the plug-in has not been given yet is answered without it. */
void signals_over(struct target *target);
/* The command's end is noted: answers those that waited for it; true when there was a terminate. */
bool signals_noted(struct target *target);
/* Answers all with `code`. */
void signals_refuse(struct target *target, uint32_t code);
/* The client of this request has left. True when it was one of them. */
bool signals_cancel(struct target *target, const struct channel *channel, uint64_t request);

#endif
