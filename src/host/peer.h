/* SPDX-License-Identifier: ISC */

/*
 * The winrmd-net processes a shell host talks to, and the answers it owes them. A peer is named by
 * a number that is never used twice, so that an answer to one that has gone simply goes nowhere.
 * Loop's thread only.
 */
#ifndef HOST_PEER_H
#define HOST_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/channel.h"

/* One answer owed. Zeroed memory owes nothing. */
struct reply {
    bool open;
    uint64_t peer;
    uint64_t request;
    uint64_t name; /* of the message (repeat.h); 0: it has none */
};

/* Handles host_channel and host_revoke. `handlers` serve the payload of the peers. */
void peer_add(uint32_t net, int fd, const channel_handler *handlers);
void peer_revoke(uint32_t net);

/* What `request`, received on this channel, will be answered with. */
struct reply reply_to(const struct channel *channel, uint64_t request);
/* Is it an open answer to that request, or to the one that repeated its message last? */
bool reply_matches(const struct reply *reply, const struct channel *channel, uint64_t request);

/* Sends host_answer, once; an answer not owed is not sent. */
void reply_send(struct reply *reply, uint32_t code);
/* The same with more than a code. */
void reply_send_answer(struct reply *reply, struct message_host_answer *answer);
/* The same with what the plug-in said, and the plug-in's name. */
void reply_send_plugin(struct reply *reply, uint32_t code, const char *extended);

/* Has `answered` called after each answer of these two. */
void reply_watch(void (*answered)(void));

/*
 * Whoever is to be answered has left. What was asked goes on: the answer is kept for the message
 * that repeats it, if there can be one.
 */
void reply_abandon(struct reply *reply);

/* The channel an answer goes to, or NULL when the peer has gone. */
struct channel *reply_channel(const struct reply *reply);

#endif
