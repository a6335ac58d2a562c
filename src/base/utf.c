/* SPDX-License-Identifier: ISC */

#include "base/utf.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { ILL_FORMED = -1 };

static const uint64_t HIGH_BITS = 0x8080808080808080u;

/* Length of the run of ASCII at `bytes`, looked at eight bytes at a time. */
static size_t ascii_run(const uint8_t *bytes, size_t length)
{
    size_t i = 0;

    for (; length - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word;

        memcpy(&word, bytes + i, sizeof(word));
        if ((word & HIGH_BITS) != 0)
            break;
    }
    while (i < length && bytes[i] < 0x80)
        i++;
    return i;
}

/*
 * Reads the sequence of two to four bytes at `bytes`; returns its length or 0. The ranges of the
 * second byte (RFC 3629, section 4) exclude overlong forms, surrogates and what is too large.
 */
static size_t utf8_sequence(const uint8_t *bytes, size_t length, uint32_t *character)
{
    uint8_t first = bytes[0];
    uint8_t low = 0x80;
    uint8_t high = 0xbf;
    size_t size;

    if (first >= 0xc2 && first <= 0xdf) {
        size = 2;
        *character = first & 0x1f;
    } else if (first >= 0xe0 && first <= 0xef) {
        size = 3;
        *character = first & 0x0f;
        low = first == 0xe0 ? 0xa0 : low;
        high = first == 0xed ? 0x9f : high;
    } else if (first >= 0xf0 && first <= 0xf4) {
        size = 4;
        *character = first & 0x07;
        low = first == 0xf0 ? 0x90 : low;
        high = first == 0xf4 ? 0x8f : high;
    } else {
        return 0;
    }
    if (size > length || bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 1; i < size; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
        *character = *character << 6 | (bytes[i] & 0x3f);
    }
    return size;
}

bool utf8_valid(const void *bytes, size_t length)
{
    const uint8_t *text = bytes;
    size_t i = 0;

    for (;;) {
        uint32_t character;
        size_t size;

        i += ascii_run(text + i, length - i);
        if (i == length)
            return true;
        size = utf8_sequence(text + i, length - i, &character);
        if (size == 0)
            return false;
        i += size;
    }
}

size_t utf16_length(const char16_t *text)
{
    size_t length = 0;

    while (text[length] != 0)
        length++;
    return length;
}

ptrdiff_t utf16_from_utf8(char16_t *out, const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    char16_t *start = out;
    size_t i = 0;

    for (;;) {
        size_t run = ascii_run(bytes + i, length - i);
        uint32_t character;
        size_t size;

        for (size_t end = i + run; i < end; i++)
            *out++ = bytes[i];
        if (i == length)
            return out - start;
        size = utf8_sequence(bytes + i, length - i, &character);
        if (size == 0)
            return ILL_FORMED;
        i += size;
        if (character >= 0x10000) {
            *out++ = (char16_t)(0xd800 + ((character - 0x10000) >> 10));
            *out++ = (char16_t)(0xdc00 + ((character - 0x10000) & 0x3ff));
        } else {
            *out++ = (char16_t)character;
        }
    }
}

static char *utf8_write(char *out, uint32_t character)
{
    if (character < 0x80) {
        *out++ = (char)character;
    } else if (character < 0x800) {
        *out++ = (char)(0xc0 | character >> 6);
        *out++ = (char)(0x80 | (character & 0x3f));
    } else if (character < 0x10000) {
        *out++ = (char)(0xe0 | character >> 12);
        *out++ = (char)(0x80 | (character >> 6 & 0x3f));
        *out++ = (char)(0x80 | (character & 0x3f));
    } else {
        *out++ = (char)(0xf0 | character >> 18);
        *out++ = (char)(0x80 | (character >> 12 & 0x3f));
        *out++ = (char)(0x80 | (character >> 6 & 0x3f));
        *out++ = (char)(0x80 | (character & 0x3f));
    }
    return out;
}

ptrdiff_t utf8_from_utf16(char *out, const char16_t *text, size_t units)
{
    char *start = out;

    for (size_t i = 0; i < units; i++) {
        uint32_t character = text[i];

        if (character >= 0xd800 && character <= 0xdfff) {
            if (character >= 0xdc00 || i + 1 == units || (text[i + 1] & 0xfc00) != 0xdc00)
                return ILL_FORMED;
            character = 0x10000 + ((character & 0x3ff) << 10 | (text[++i] & 0x3ffu));
        }
        out = utf8_write(out, character);
    }
    return out - start;
}

char16_t *utf16_new(const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);
    char16_t *copy;

    if (text == NULL)
        return NULL;
    copy = mem_resize(NULL, length + 1, sizeof(*copy));
    ptrdiff_t units = utf16_from_utf8(copy, text, length);
    if (units < 0) {
        free(copy);
        return NULL;
    }
    copy[units] = 0;
    return copy;
}

char *utf8_new(const char16_t *text)
{
    size_t units = text == NULL ? 0 : utf16_length(text);
    char *copy;

    if (text == NULL)
        return NULL;
    copy = mem_resize(NULL, units + 1, 3);
    ptrdiff_t length = utf8_from_utf16(copy, text, units);
    if (length < 0) {
        free(copy);
        return NULL;
    }
    copy[length] = 0;
    return copy;
}

char16_t *utf16_arena(struct arena *arena, const char *text)
{
    size_t length = text == NULL ? 0 : strlen(text);
    char16_t *copy = text == NULL ? NULL : arena_alloc(arena, (length + 1) * sizeof(*copy));

    if (copy == NULL || utf16_from_utf8(copy, text, length) < 0)
        return NULL;
    return copy;
}

char *utf8_arena(struct arena *arena, const char16_t *text)
{
    size_t units = text == NULL ? 0 : utf16_length(text);
    char *copy = text == NULL ? NULL : arena_alloc(arena, units * 3 + 1);

    if (copy == NULL || utf8_from_utf16(copy, text, units) < 0)
        return NULL;
    return copy;
}

size_t utf8_incomplete_tail(const void *text, size_t length)
{
    const uint8_t *bytes = text;

    for (size_t back = 1; back <= 3 && back <= length; back++) {
        uint8_t byte = bytes[length - back];

        if ((byte & 0xc0) == 0x80)
            continue;
        if ((byte >= 0xc2 && byte <= 0xdf && back < 2) ||
            (byte >= 0xe0 && byte <= 0xef && back < 3) ||
            (byte >= 0xf0 && byte <= 0xf4 && back < 4))
            return back;
        return 0;
    }
    return 0;
}
