/* SPDX-License-Identifier: ISC */

/*
 * The chunked decoder: in place and in pieces it decodes the same as at once, stays within its
 * limit, and what it decoded can be found in what it read.
 */
#include <stdlib.h>
#include <string.h>

#include "http/chunked.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LIMIT = 300 };

struct outcome {
    enum http_chunked_result result;
    size_t used;
    size_t decoded;
    bool large;
};

/* Decodes `bytes` in place, in pieces of at most `piece`; goes on behind TOO_LARGE. */
static struct outcome decode(uint8_t *bytes, size_t size, size_t piece)
{
    struct outcome outcome = {.result = HTTP_CHUNKED_MORE};
    struct http_chunked chunked;

    http_chunked_init(&chunked, LIMIT);
    while (outcome.result == HTTP_CHUNKED_MORE && outcome.used < size) {
        size_t left = size - outcome.used;
        size_t used;
        size_t decoded;

        outcome.result =
            http_chunked_step(&chunked, bytes + outcome.used, left < piece ? left : piece, &used,
                              bytes + outcome.decoded, &decoded);
        outcome.used += used;
        outcome.decoded += decoded;
        if (used > left || outcome.decoded > outcome.used || outcome.decoded > LIMIT)
            abort();
        if (outcome.result == HTTP_CHUNKED_TOO_LARGE) {
            if (outcome.large)
                abort();
            outcome.large = true;
            outcome.result = HTTP_CHUNKED_MORE;
        }
    }
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t pieces[] = {1, 2, 7};
    uint8_t *whole = malloc(size + 1);
    uint8_t *other = malloc(size + 1);
    struct outcome outcome;

    if (whole == NULL || other == NULL)
        abort();
    memcpy(whole, data, size);
    outcome = decode(whole, size, SIZE_MAX);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct outcome again;

        memcpy(other, data, size);
        again = decode(other, size, pieces[i]);
        if (again.result != outcome.result || again.used != outcome.used ||
            again.decoded != outcome.decoded || again.large != outcome.large ||
            memcmp(whole, other, outcome.decoded) != 0)
            abort();
    }
    free(whole);
    free(other);
    return 0;
}
