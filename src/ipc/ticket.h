/* SPDX-License-Identifier: ISC */

/*
 * Tickets: the broker's word, carried by winrmd-net, that a shell host may do one thing once. The
 * broker and the host share a key that winrmd-net never sees; the ticket is a keyed hash over a
 * running number, the kind of operation and its id. The host remembers which of the last numbers
 * were used, so that a captured winrmd-net, which keeps its channel to the host, can neither
 * invent an operation nor repeat one.
 */
#ifndef IPC_TICKET_H
#define IPC_TICKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "operations.h"

enum { TICKET_KEY_SIZE = HASH_KEY_SIZE, TICKET_WINDOW = 4096 };

/*
 * A kind that no operation has: a Command that holds no slot, because it says that it is one that
 * runs already. The host may answer it and may not begin it.
 */
#define TICKET_COMMAND_AGAIN ((enum operation_kind)OPERATION_KINDS)

uint64_t ticket_make(const uint8_t key[TICKET_KEY_SIZE], uint64_t sequence,
                     enum operation_kind kind, uint64_t operation);

/* The host's memory of used tickets; zeroed memory is a fresh one. */
struct ticket_window {
    uint64_t highest;
    uint64_t used[TICKET_WINDOW / 64];
};

/* True once per genuine ticket; numbers TICKET_WINDOW behind the highest are too old. */
bool ticket_accept(struct ticket_window *window, const uint8_t key[TICKET_KEY_SIZE],
                   uint64_t sequence, enum operation_kind kind, uint64_t operation,
                   uint64_t ticket);

/* The ticket of that number is used: it is not accepted any more. */
void ticket_void(struct ticket_window *window, uint64_t sequence);

#endif
