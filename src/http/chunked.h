/* SPDX-License-Identifier: ISC */

/*
 * Decoder for the chunked coding of a request body (RFC 9112, 7.1), without extensions and without
 * trailers: no WinRM client sends them. It allocates nothing and counts against a limit.
 */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_chunked_result {
    HTTP_CHUNKED_NONE,
    HTTP_CHUNKED_MORE,      /* all bytes were used, the body goes on */
    HTTP_CHUNKED_DONE,      /* the body ended at `used` */
    HTTP_CHUNKED_TOO_LARGE, /* a chunk was announced that exceeds the limit; said once */
    HTTP_CHUNKED_REFUSED,   /* not the chunked coding */
};

struct http_chunked {
    uint8_t state;
    uint8_t digits;
    bool large;     /* TOO_LARGE was said: decoded bytes are dropped from here on */
    uint64_t left;  /* of the current chunk */
    uint64_t total; /* announced so far */
    uint64_t limit;
};

/* `limit` is the largest decoded body in bytes. */
void http_chunked_init(struct http_chunked *chunked, uint64_t limit);

/*
 * Decodes on. `in` are the next `length` bytes; `*used` tells how many were looked at. Decoded
 * bytes go to `out` (which may be `in` or lie before it in the same buffer, so that a body is
 * decoded in place), `*decoded` tells how many; with `out` NULL, and after TOO_LARGE, they are
 * dropped. After TOO_LARGE the caller may go on to find the end of the body.
 */
enum http_chunked_result http_chunked_step(struct http_chunked *chunked, const uint8_t *in,
                                           size_t length, size_t *used, uint8_t *out,
                                           size_t *decoded);

#endif
