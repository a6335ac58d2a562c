/* SPDX-License-Identifier: ISC */

/*
 * The window of used tickets against the plainest way to remember them: each number is taken once,
 * unless it is too far behind the highest, and a forged ticket never. Eight bytes of input are one
 * ticket: how far its number lies from the highest (or from the last one), and whether it is
 * forged.
 */
#include "source.h"

#include "ipc/ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TICKETS = 4096 };

static bool was_used(const uint64_t *used, unsigned count, uint64_t sequence)
{
    for (unsigned i = 0; i < count; i++)
        if (used[i] == sequence)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint64_t used[TICKETS];
    static const uint8_t key[TICKET_KEY_SIZE] = "key";
    struct ticket_window window = {0};
    struct source source = {.at = data, .left = size};
    unsigned count = 0;
    uint64_t highest = 0;

    while (source.left >= 8 && count < TICKETS) {
        uint8_t how = source_byte(&source);
        uint64_t distance = 0;
        uint64_t sequence;
        uint64_t ticket;
        bool taken;

        for (int i = 0; i < 7; i++)
            distance = distance << 8 | source_byte(&source);
        distance %= (uint64_t)1 << (how >> 3);
        sequence = (how & 1) != 0 ? highest + distance : highest - distance;
        ticket = ticket_make(key, sequence, OPERATION_send, 7);
        if ((how & 6) == 6) {
            require(!ticket_accept(&window, key, sequence, OPERATION_send, 8, ticket));
            require(!ticket_accept(&window, key, sequence, OPERATION_signal, 7, ticket));
            require(!ticket_accept(&window, key, sequence + 1, OPERATION_send, 7, ticket));
            require(!ticket_accept(&window, key, sequence, OPERATION_send, 7, ticket ^ 1));
            continue;
        }
        taken = ticket_accept(&window, key, sequence, OPERATION_send, 7, ticket);
        if (sequence <= highest && highest - sequence >= TICKET_WINDOW)
            require(!taken);
        else
            require(taken == !was_used(used, count, sequence));
        if (taken)
            used[count++] = sequence;
        if (taken && sequence > highest)
            highest = sequence;
        require(!ticket_accept(&window, key, sequence, OPERATION_send, 7, ticket));
    }
    return 0;
}
