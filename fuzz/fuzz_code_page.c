/* SPDX-License-Identifier: ISC */

/*
 * Streams of the text shell in a client's code page (C-2.1, C-2.2, C-2.4): however output is cut,
 * the same comes out of it, no larger than it was; what a client sends comes back as it was.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/code_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

/* In pieces of this size; returns how much it became. */
static size_t convert(const struct code_page *page, const uint8_t *data, size_t size, size_t step,
                      unsigned char *out)
{
    size_t ready = 0;
    size_t used = 0;

    for (size_t at = 0; at < size; at += step) {
        size_t piece = size - at < step ? size - at : step;
        size_t rest = used - ready + piece;
        size_t done;

        memcpy(out + used, data + at, piece);
        done = code_page_from_utf8(page, out + ready, &rest, at + piece == size);
        require(done <= rest && rest <= used - ready + piece && rest - done <= 3);
        used = ready + rest;
        ready += done;
        require(utf8_unfinished(out + ready, used - ready) == used - ready);
    }
    require(ready == used && used <= size);
    return used;
}

static void try_page(const struct code_page *page, const uint8_t *data, size_t size)
{
    unsigned char *whole = malloc(size + 1);
    unsigned char *pieces = malloc(size + 1);
    unsigned char *text = malloc(size * CODE_PAGE_GROWTH + 1);
    size_t length = convert(page, data, size, size, whole);
    size_t used;

    for (size_t step = 1; step <= 4; step++) {
        require(convert(page, data, size, step, pieces) == length);
        require(memcmp(whole, pieces, length) == 0);
    }
    used = code_page_to_utf8(page, data, size, text);
    require(used >= size && used <= size * CODE_PAGE_GROWTH);
    require(utf8_unfinished(text, used) == 0);
    require(code_page_from_utf8(page, text, &used, false) == size && used == size);
    require(memcmp(text, data, size) == 0);
    free(text);
    free(pieces);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct code_page *pages[2];

    for (int i = 0; i < 2; i++) {
        if (!pages[i])
            require(code_page_new(i == 0 ? 437 : 1252, false, &pages[i]) == 0);
        if (size > 0)
            try_page(pages[i], data, size);
    }
    return 0;
}
