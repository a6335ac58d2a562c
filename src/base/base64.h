/* SPDX-License-Identifier: ISC */

/*
 * Base64 (RFC 4648, section 4). The encoder writes one line. The decoder skips the white space of
 * XML anywhere, because some clients break lines, and is strict otherwise: padding must be there,
 * the unused bits must be zero, and nothing may follow the padding.
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Characters that `length` bytes become. */
static inline size_t base64_encoded_size(size_t length)
{
    return (length + 2) / 3 * 4;
}

/* Bytes that `length` characters can become at most. */
static inline size_t base64_decoded_size(size_t length)
{
    return length / 4 * 3 + 3;
}

/* Writes base64_encoded_size(length) characters and no NUL. */
void base64_encode(char *out, const void *bytes, size_t length);

/* Appends the encoded bytes; false (and buffer->failed) beyond the buffer's limit. */
bool base64_append(struct buffer *buffer, const void *bytes, size_t length);

/*
 * Decodes into `out`, which has room for base64_decoded_size(length) bytes; `out` may be `text`
 * itself. Returns the number of bytes, or -1 when the text is not base64.
 */
ptrdiff_t base64_decode(uint8_t *out, const char *text, size_t length);

#endif
