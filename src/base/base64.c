/* SPDX-License-Identifier: ISC */

#include "base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* What a character is; values below 64 are digits. */
enum { SPACE = 0x40, PADDING = 0x41, OTHER = 0x80, NOT_DIGIT = 0xc0 };

#define O8  OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER
#define O32 O8, O8, O8, O8

static const uint8_t digits[256] = {
    OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, SPACE, SPACE, OTHER,
    OTHER, SPACE, OTHER, OTHER, O8,    O8,    SPACE, OTHER, OTHER, OTHER, OTHER, OTHER,
    OTHER, OTHER, OTHER, OTHER, OTHER, 62,    OTHER, OTHER, OTHER, 63,    52,    53,
    54,    55,    56,    57,    58,    59,    60,    61,    OTHER, OTHER, OTHER, PADDING,
    OTHER, OTHER, OTHER, 0,     1,     2,     3,     4,     5,     6,     7,     8,
    9,     10,    11,    12,    13,    14,    15,    16,    17,    18,    19,    20,
    21,    22,    23,    24,    25,    OTHER, OTHER, OTHER, OTHER, OTHER, OTHER, 26,
    27,    28,    29,    30,    31,    32,    33,    34,    35,    36,    37,    38,
    39,    40,    41,    42,    43,    44,    45,    46,    47,    48,    49,    50,
    51,    OTHER, OTHER, OTHER, OTHER, OTHER, O32,   O32,   O32,   O32,
};

void base64_encode(char *out, const void *bytes, size_t length)
{
    const uint8_t *in = bytes;

    for (; length >= 3; length -= 3, in += 3) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];

        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = alphabet[group >> 6 & 63];
        *out++ = alphabet[group & 63];
    }
    if (length > 0) {
        uint32_t group = (uint32_t)in[0] << 16 | (length == 2 ? (uint32_t)in[1] << 8 : 0);

        *out++ = alphabet[group >> 18];
        *out++ = alphabet[group >> 12 & 63];
        *out++ = length == 2 ? alphabet[group >> 6 & 63] : '=';
        *out++ = '=';
    }
}

bool base64_append(struct buffer *buffer, const void *bytes, size_t length)
{
    size_t size = base64_encoded_size(length);
    uint8_t *room;

    if (size == 0)
        return !buffer->failed;
    room = buffer_reserve(buffer, size);
    if (room == NULL)
        return false;
    base64_encode((char *)room, bytes, length);
    buffer_added(buffer, size);
    return true;
}

/* The end of the text: up to three digits, then padding; -1 when they do not fit together. */
static ptrdiff_t decode_tail(uint8_t *out, uint32_t group, unsigned count, unsigned padding)
{
    if (count == 0 && padding == 0)
        return 0;
    if (count == 2 && padding == 2 && (group & 0xf) == 0) {
        out[0] = (uint8_t)(group >> 4);
        return 1;
    }
    if (count == 3 && padding == 1 && (group & 0x3) == 0) {
        out[0] = (uint8_t)(group >> 10);
        out[1] = (uint8_t)(group >> 2);
        return 2;
    }
    return -1;
}

/* Decodes whole groups of four digits as long as there are any; moves `in` and `out` on. */
static void decode_groups(uint8_t **out, const uint8_t **in, const uint8_t *end)
{
    const uint8_t *from = *in;
    uint8_t *to = *out;

    for (; end - from >= 4; from += 4, to += 3) {
        uint8_t a = digits[from[0]];
        uint8_t b = digits[from[1]];
        uint8_t c = digits[from[2]];
        uint8_t d = digits[from[3]];

        if (((a | b | c | d) & NOT_DIGIT) != 0)
            break;
        to[0] = (uint8_t)(a << 2 | b >> 4);
        to[1] = (uint8_t)(b << 4 | c >> 2);
        to[2] = (uint8_t)(c << 6 | d);
    }
    *in = from;
    *out = to;
}

ptrdiff_t base64_decode(uint8_t *out, const char *text, size_t length)
{
    const uint8_t *in = (const uint8_t *)text;
    const uint8_t *end = in + length;
    uint8_t *start = out;
    uint32_t group = 0;
    unsigned count = 0; /* digits in group */
    unsigned padding = 0;
    ptrdiff_t tail;

    while (in < end) {
        uint8_t digit;

        if (count == 0 && padding == 0)
            decode_groups(&out, &in, end);
        if (in == end)
            break;
        digit = digits[*in++];
        if (digit == SPACE)
            continue;
        if (digit == PADDING && padding < 2) {
            padding++;
            continue;
        }
        if (digit >= SPACE || padding > 0)
            return -1;
        group = group << 6 | digit;
        if (++count == 4) {
            out[0] = (uint8_t)(group >> 16);
            out[1] = (uint8_t)(group >> 8);
            out[2] = (uint8_t)group;
            out += 3;
            count = 0;
            group = 0;
        }
    }
    tail = decode_tail(out, group, count, padding);
    return tail < 0 ? -1 : out - start + tail;
}
