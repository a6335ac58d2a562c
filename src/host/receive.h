/* SPDX-License-Identifier: ISC */

/*
 * Receive: what the plug-in puts out meets the messages of clients who ask for it. The plug-in is
 * asked once, with the first message, for all output streams of the shell: it would not be asked
 * again for a stream that another message names. It pushes into an output, and each message gets
 * what there is of the streams it names; one message waits for it at a time. What becomes of an
 * answer is delivery.h's.
 *
 * Loop's thread, except for service_receive_result().
 */
#ifndef HOST_RECEIVE_H
#define HOST_RECEIVE_H

#include "base/loop.h"
#include "host/api.h"
#include "host/delivery.h"
#include "host/output.h"
#include "host/peer.h"

struct target;
struct request;

struct receiver {
    struct output *output;
    struct request *request; /* WSManPluginReceive, until it is finished */
    bool begun;              /* it was called */
    bool over;               /* the plug-in completed it */
    uint32_t code;           /* with this */
    char *extended;
    bool resumed; /* the plug-in was asked anew for the waiting message */
    struct reply waiting;
    uint64_t asked;    /* the streams it names, a bit for each */
    uint32_t room;     /* bytes of data the answer to it can take */
    uint32_t envelope; /* and all of it */
    uint64_t timeout;  /* milliseconds it may wait in all */
    struct loop_timer deadline;
    struct loop_timer gather; /* a little more may come: do not answer with a single byte */
    struct loop_timer noting; /* for a plug-in that says Done and does not end its command */
    bool noting_over;         /* it had its time: Done is shown all the same */
    struct delivery delivery;
};

/* Sets of streams are bits of a number (OUTPUT_STREAMS). */
static inline uint64_t stream_bit(size_t stream)
{
    return (uint64_t)1 << stream;
}

void receiver_init(struct target *target);
/* Frees everything; its request is finished or was never there. */
void receiver_free(struct target *target);

/* A client's message. */
void receiver_ask(struct target *target, struct reply reply,
                  const struct message_receive_output *message);
/* Answers a waiting message if there is something to say now. */
void receiver_consider(struct target *target);
/* Answers a waiting message with what there is, if there is something. */
void receiver_flush(struct target *target);
/* Sends the answer that stands in the delivery, for the first time or once more. */
void receiver_send(struct receiver *receiver);
/* Answers a waiting message with `code`. */
void receiver_refuse(struct target *target, uint32_t code);

/* The client of a waiting message has left. True when it was this one. */
bool receiver_cancel(struct target *target, const struct channel *channel, uint64_t request);
/* What became of an answer. True when it was of this target. */
bool receiver_written(struct target *target, const struct channel *channel, uint64_t request,
                      bool delivered);
/* A winrmd-net has ended. */
void receiver_peer_gone(struct target *target, uint64_t peer);

DWORD service_receive_result(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PCWSTR stream,
                             WSMAN_DATA *streamResult, PCWSTR commandState, DWORD exitCode);

#endif
