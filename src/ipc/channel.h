/* SPDX-License-Identifier: ISC */

/*
 * One end of a connected socket between two processes of winrmd. A channel belongs to one loop
 * and its thread. What arrives is decoded, checked against tables/permitted.h and handed to the
 * handler of its type; anything not permitted ends the channel, and the owner ends the sender. A
 * descriptor is only ever received from a peer that has a message with one, and with that message.
 * What is sent is collected and written at the end of the loop's turn; a peer that does not read
 * (out of the channel's limit) ends the channel too, so that sending never blocks.
 */
#ifndef IPC_CHANNEL_H
#define IPC_CHANNEL_H

#include "base/buffer.h"
#include "base/loop.h"
#include "ipc/message.h"

struct channel;

/*
 * Handles one message. `body` lives until the handler returns. A descriptor in it is the
 * handler's, also when it is not wanted: close it. The handler may free the channel.
 */
typedef void (*channel_handler)(struct channel *channel, const union message_body *body);

struct channel_events {
    /* Indexed by enum message_type. A permitted message without handler is dropped. */
    const channel_handler *handlers;
    /*
     * The channel can not be used any more; `why` is a plain text for the log ("closed by the
     * peer", "sent operation, which is not permitted in state starting"). `fault`: the peer broke
     * the rules. Called once, never from within channel_send(). The owner frees the channel, in
     * the call or later.
     */
    void (*ended)(struct channel *channel, bool fault, const char *why);
    /*
     * May be NULL. The beginning of a message is there and its end is not; `memory`: bytes that the
     * channel holds for it. 0: no more. Called after every read that leaves or ends such a one; it
     * may end the channel with channel_break(), or free another one, not this.
     */
    void (*incomplete)(struct channel *channel, size_t memory);
};

/* Descriptor 3: where a child of the broker finds its channel. */
enum { CHANNEL_FD = 3, CHANNEL_OUT_LIMIT = 16 * 1024 * 1024 };

/*
 * Takes ownership of `fd` (a non-blocking stream socket; it is made non-blocking and
 * close-on-exec). `receiver` is this process. NULL when the descriptor can not be watched.
 */
struct channel *channel_new(struct loop *loop, int fd, enum process receiver, enum process peer,
                            const struct channel_events *events, void *owner);
/* NULL is allowed. Unsent messages are lost; channel_flush() first if they matter. */
void channel_free(struct channel *channel);

void *channel_owner(const struct channel *channel);
struct loop *channel_loop(const struct channel *channel);
enum channel_state channel_state(const struct channel *channel);
/* New channels are `starting`. */
void channel_set_state(struct channel *channel, enum channel_state state);
/* Has ended() been called or is it about to be? Sending does nothing then. */
bool channel_is_ended(const struct channel *channel);
/*
 * The peer has broken a rule that only the owner knows: ended() follows, with `fault` and this
 * text, and nothing more of it is handled. For handlers, too.
 */
void channel_break(struct channel *channel, const char *why);
/* Bytes waiting to be written. */
size_t channel_backlog(const struct channel *channel);
/*
 * Does it stand, with nothing of a message waiting to be written? The one thing that may be asked
 * on any thread, and in a signal handler.
 */
bool channel_is_quiet(const struct channel *channel);

/*
 * Queues one message. A descriptor in it is taken over (closed once sent, also on failure).
 * False when the message is above its limits or the channel has ended.
 */
bool channel_write(struct channel *channel, enum message_type type, const void *body);

/* channel_send(channel, session_opened, .exchange = e, .session = s) */
#define channel_send(channel, message, ...) \
    channel_write((channel), MESSAGE_##message, &(const struct message_##message){__VA_ARGS__})

/* Writes what the socket takes now. */
void channel_flush(struct channel *channel);
/*
 * Handles what has arrived, for a peer that is known to be dead: its last words count. Not from
 * within a handler of this channel. A process that has inherited the other end cannot keep it
 * going: no more is read than a socket holds.
 */
void channel_drain(struct channel *channel);

/* A connected pair of stream sockets, close-on-exec, non-blocking. */
bool channel_pair(int pair[2]);

#endif
