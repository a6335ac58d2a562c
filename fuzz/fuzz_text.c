/* SPDX-License-Identifier: ISC */

/* The converters of base/text.h: what they accept comes back the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_utf8(const char *text, size_t size)
{
    char16_t *units = malloc((size + 1) * sizeof(*units));
    ptrdiff_t count = utf16_from_utf8(units, text, size);
    char *back = malloc(size * 3 + 1);

    require(utf8_valid(text, size) == (count >= 0));
    if (count >= 0) {
        require(utf8_from_utf16(back, units, (size_t)count) == (ptrdiff_t)size);
        require(memcmp(back, text, size) == 0);
        require(utf8_incomplete_tail(text, size) == 0);
    }
    free(back);
    free(units);
}

static void try_utf16(const uint8_t *data, size_t size)
{
    size_t count = size / sizeof(char16_t);
    char16_t *units = malloc(size + 1);
    char *text = malloc(count * 3 + 1);
    ptrdiff_t length;

    memcpy(units, data, count * sizeof(*units));
    length = utf8_from_utf16(text, units, count);
    if (length >= 0) {
        char16_t *back = malloc(((size_t)length + 1) * sizeof(*back));

        require(utf8_valid(text, (size_t)length));
        require(utf16_from_utf8(back, text, (size_t)length) == (ptrdiff_t)count);
        require(memcmp(back, units, count * sizeof(*units)) == 0);
        free(back);
    }
    free(text);
    free(units);
}

static void try_base64(const char *text, size_t size)
{
    uint8_t *bytes = malloc(base64_decoded_size(size));
    ptrdiff_t length = base64_decode(bytes, text, size);

    if (length >= 0) {
        size_t encoded = base64_encoded_size((size_t)length);
        char *again = malloc(encoded + 1);
        uint8_t *twice = malloc(base64_decoded_size(encoded));

        base64_encode(again, bytes, (size_t)length);
        require(base64_decode(twice, again, encoded) == length);
        require(memcmp(twice, bytes, (size_t)length) == 0);
        free(twice);
        free(again);
    }
    free(bytes);
}

static void try_words(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    char out[DURATION_SIZE];
    uint64_t time;
    uint64_t again;
    size_t length;

    memcpy(text, data, size);
    text[size] = 0;
    if (duration_parse(text, DURATION_NUMBER_IS_SECONDS, &time)) {
        require(time <= DURATION_MAXIMUM);
        require(duration_parse(duration_format_seconds(out, time), DURATION_NO_NUMBER, &again));
        require(again == time);
    }
    text_trim(text, &length);
    require(length <= size);
    guid_valid(text);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_utf8((const char *)data, size);
    try_utf16(data, size);
    try_base64((const char *)data, size);
    try_words(data, size);
    return 0;
}
