/* SPDX-License-Identifier: ISC */

#include "http/chunked.h"

#include <string.h>

#include "input_limits.h"

enum state {
    STATE_SIZE,
    STATE_SIZE_FEED,
    STATE_DATA,
    STATE_DATA_RETURN,
    STATE_DATA_FEED,
    STATE_END_RETURN, /* of the empty line behind the last chunk */
    STATE_END_FEED,
    STATE_DONE
};

void http_chunked_init(struct http_chunked *chunked, uint64_t limit)
{
    *chunked = (struct http_chunked){.state = STATE_SIZE, .limit = limit};
}

static int digit_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

/* One byte of the size line; false when it is none. */
static bool size_byte(struct http_chunked *chunked, uint8_t byte)
{
    int value = digit_value(byte);

    if (value >= 0) {
        chunked->left = chunked->left << 4 | (uint64_t)value;
        return ++chunked->digits <= HTTP_CHUNK_DIGITS;
    }
    chunked->state = STATE_SIZE_FEED;
    return byte == '\r' && chunked->digits > 0;
}

/* The size line has ended; false when the body becomes too large, which is said once. */
static bool size_known(struct http_chunked *chunked)
{
    chunked->digits = 0;
    chunked->state = chunked->left > 0 ? STATE_DATA : STATE_END_RETURN;
    chunked->total += chunked->left;
    if (chunked->large || chunked->total <= chunked->limit)
        return true;
    chunked->large = true;
    return false;
}

/* A byte that has to be `wanted`; the state behind it is `next`. */
static bool fixed_byte(struct http_chunked *chunked, uint8_t byte, uint8_t wanted, uint8_t next)
{
    chunked->state = next;
    return byte == wanted;
}

static size_t data_bytes(struct http_chunked *chunked, const uint8_t *in, size_t length,
                         uint8_t *out, size_t *decoded)
{
    size_t count = length < chunked->left ? length : (size_t)chunked->left;

    if (out != NULL && !chunked->large) {
        memmove(out + *decoded, in, count);
        *decoded += count;
    }
    chunked->left -= count;
    if (chunked->left == 0)
        chunked->state = STATE_DATA_RETURN;
    return count;
}

enum http_chunked_result http_chunked_step(struct http_chunked *chunked, const uint8_t *in,
                                           size_t length, size_t *used, uint8_t *out,
                                           size_t *decoded)
{
    bool good = true;

    *used = *decoded = 0;
    while (good && *used < length && chunked->state != STATE_DONE) {
        uint8_t byte = in[*used];

        if (chunked->state == STATE_DATA) {
            *used += data_bytes(chunked, in + *used, length - *used, out, decoded);
            continue;
        }
        (*used)++;
        switch (chunked->state) {
        case STATE_SIZE:
            good = size_byte(chunked, byte);
            break;
        case STATE_SIZE_FEED:
            good = byte == '\n';
            if (good && !size_known(chunked))
                return HTTP_CHUNKED_TOO_LARGE;
            break;
        case STATE_DATA_RETURN:
            good = fixed_byte(chunked, byte, '\r', STATE_DATA_FEED);
            break;
        case STATE_DATA_FEED:
            good = fixed_byte(chunked, byte, '\n', STATE_SIZE);
            break;
        case STATE_END_RETURN:
            good = fixed_byte(chunked, byte, '\r', STATE_END_FEED);
            break;
        default:
            good = fixed_byte(chunked, byte, '\n', STATE_DONE);
            break;
        }
    }
    if (!good)
        return HTTP_CHUNKED_REFUSED;
    return chunked->state == STATE_DONE ? HTTP_CHUNKED_DONE : HTTP_CHUNKED_MORE;
}
