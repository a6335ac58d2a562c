/* SPDX-License-Identifier: ISC */

/*
 * What has become of the answers to Receive. The chunks of an answer are kept until winrmd-net has
 * written it, and then for some time more: written means that the kernel took it, and the notice
 * that the client closed its connection without reading can still come. Chunks that did not reach
 * a client go back to the front of their output, as long as nothing that follows them has been
 * sent. Loop's thread only.
 */
#ifndef HOST_DELIVERY_H
#define HOST_DELIVERY_H

#include "host/output.h"
#include "host/peer.h"

/* What an answer says besides its chunks. */
struct delivery_end {
    enum command_state state; /* COMMAND_STATE_none: nothing */
    char *state_uri;          /* with COMMAND_STATE_other; owned */
    uint32_t exit_code;
    uint64_t ended; /* streams whose end stands behind the chunks, a bit for each */
};

struct delivery {
    struct delivery_end end; /* of the latest answer */
    uint64_t told_end;       /* streams whose end an answer has told so, a bit for each */
    struct reply sent;       /* open: not known yet whether it has been written */
    struct list kept;        /* its chunks */
    struct reply written;    /* open: it may still turn out that nobody read it */
    struct list held;        /* its chunks */
    size_t held_size;
    struct list link; /* in the list of those that hold something, oldest first */
};

void delivery_init(struct delivery *delivery);
void delivery_free(struct delivery *delivery);

/* An answer to `reply` goes out, with the chunks in `kept`; the one before is forgotten. */
void delivery_begin(struct delivery *delivery, struct reply reply);

/*
 * Does `reply` ask for the latest answer once more (repeat.h), and is it still there? Then it goes
 * out again, with the chunks in `kept`.
 */
bool delivery_repeat(struct delivery *delivery, struct reply reply);

/*
 * What became of the answer to that request. True when it was one of this delivery; chunks that
 * did not arrive are back in `output`.
 */
bool delivery_end(struct delivery *delivery, struct output *output, const struct channel *channel,
                  uint64_t request, bool delivered);

/* A winrmd-net has ended. True when it had not said what became of the answer. */
bool delivery_peer_gone(struct delivery *delivery, struct output *output, uint64_t peer);

#endif
