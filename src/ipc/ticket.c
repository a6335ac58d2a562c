/* SPDX-License-Identifier: ISC */

#include "ipc/ticket.h"

#include <string.h>

uint64_t ticket_make(const uint8_t key[TICKET_KEY_SIZE], uint64_t sequence,
                     enum operation_kind kind, uint64_t operation)
{
    uint64_t words[3] = {sequence, (uint64_t)kind, operation};

    return hash_keyed(key, words, sizeof(words));
}

static void window_set(struct ticket_window *window, uint64_t sequence, bool used)
{
    uint64_t bit = (uint64_t)1 << (sequence % 64);
    uint64_t *word = &window->used[sequence % TICKET_WINDOW / 64];

    *word = used ? *word | bit : *word & ~bit;
}

static void window_advance(struct ticket_window *window, uint64_t sequence)
{
    if (sequence - window->highest >= TICKET_WINDOW) {
        memset(window->used, 0, sizeof(window->used));
    } else {
        while (window->highest != sequence)
            window_set(window, ++window->highest, false);
    }
    window->highest = sequence;
}

/* Marks a number as used; false when it was, or is too old to tell. */
static bool window_use(struct ticket_window *window, uint64_t sequence)
{
    if (sequence > window->highest)
        window_advance(window, sequence);
    else if (window->highest - sequence >= TICKET_WINDOW ||
             (window->used[sequence % TICKET_WINDOW / 64] >> (sequence % 64) & 1) != 0)
        return false;
    window_set(window, sequence, true);
    return true;
}

bool ticket_accept(struct ticket_window *window, const uint8_t key[TICKET_KEY_SIZE],
                   uint64_t sequence, enum operation_kind kind, uint64_t operation, uint64_t ticket)
{
    return ticket_make(key, sequence, kind, operation) == ticket && window_use(window, sequence);
}

void ticket_void(struct ticket_window *window, uint64_t sequence)
{
    window_use(window, sequence);
}
