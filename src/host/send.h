/* SPDX-License-Identifier: ISC */

/*
 * Send: the pieces of a client's message go to the plug-in one after the other, each after the
 * completion of the one before; one message at a time. When its client's time is over it is
 * answered with that, and the plug-in gets the rest all the same, once. Loop's thread only.
 */
#ifndef HOST_SEND_H
#define HOST_SEND_H

#include "base/loop.h"
#include "host/peer.h"

struct target;

struct sender {
    bool busy;
    struct reply reply;
    uint64_t timeout; /* of the message, and its answer's bytes: the plug-in may ask for them */
    uint32_t envelope;
    struct loop_timer deadline;
    struct list pieces; /* still to come */
};

void sender_init(struct target *target);
void sender_free(struct target *target);

void sender_ask(struct target *target, struct reply reply,
                const struct message_send_input *message);
/* Answers with `code` now; drops the pieces that have not begun. */
void sender_refuse(struct target *target, uint32_t code);

#endif
