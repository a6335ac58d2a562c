/* SPDX-License-Identifier: ISC */

/*
 * The connection: whatever a client sends, the same requests and answers come out however the
 * bytes are cut. The first byte chooses the limits and the cuts, the rest is what the client sends.
 */
#include <stdlib.h>
#include <string.h>

#include "http/play.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t next_piece(void *context, size_t left)
{
    uint32_t *state = context;
    size_t piece;

    *state = *state * 1664525u + 1013904223u;
    piece = 1 + (*state >> 24) % 40;
    return piece < left ? piece : left;
}

static size_t one_byte(void *context, size_t left)
{
    (void)context;
    (void)left;
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_play play = http_play_default();
    uint32_t state;
    struct buffer whole;
    struct buffer other;

    if (size == 0)
        return 0;
    state = data[0];
    play.authenticated = (data[0] & 1) != 0;
    if ((data[0] & 2) != 0)
        play.head_limit = 200;
    if ((data[0] & 4) != 0)
        play.body_limit = 20;
    play.context = &state;
    buffer_init(&whole, 64 * 1024 * 1024);
    buffer_init(&other, 64 * 1024 * 1024);
    http_play(&play, data + 1, size - 1, &whole);
    for (int i = 0; i < 3; i++) {
        play.piece = i == 0 ? one_byte : next_piece;
        buffer_reset(&other);
        http_play(&play, data + 1, size - 1, &other);
        if (buffer_length(&whole) != buffer_length(&other) ||
            (buffer_length(&whole) > 0 &&
             memcmp(buffer_bytes(&whole), buffer_bytes(&other), buffer_length(&whole)) != 0))
            abort();
    }
    buffer_free(&whole);
    buffer_free(&other);
    return 0;
}
