/* SPDX-License-Identifier: ISC */

/*
 * Parser for the head of an HTTP/1 request (RFC 9112): bytes in, views out. It is strict where
 * RFC 9112 leaves a choice, because two parsers that read the same bytes differently are how
 * requests are smuggled. It allocates nothing and looks at every byte once: called again with more
 * bytes it goes on where it stopped. What it accepts and refuses is listed in docs/http.md.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input_limits.h"

/* Bytes of the head, counted from its first one: they stay right when the buffer moves. */
struct http_span {
    uint32_t at;
    uint32_t length;
};

struct http_header {
    struct http_span name;
    struct http_span value; /* without the blanks around it */
};

enum http_head_result { HTTP_HEAD_NONE, HTTP_HEAD_MORE, HTTP_HEAD_DONE, HTTP_HEAD_REFUSED };

enum { HTTP_NO_HEADER = HTTP_HEADERS };

/* Everything but `state` to `mark` may be read once the result is HTTP_HEAD_DONE. */
struct http_head {
    struct http_span method;
    struct http_span target;
    uint64_t content_length; /* 0 without has_length */
    uint32_t size;           /* of the whole head, with the empty line */
    uint16_t status;         /* HTTP_HEAD_REFUSED: 400, 414, 417, 431, 501 or 505 */
    uint8_t minor;           /* HTTP/1.minor: 0 or 1 */
    bool has_length;
    bool chunked;
    bool expects_continue;
    bool keeps; /* the client wants to keep the connection */
    /* Indices into `headers`, HTTP_NO_HEADER when absent. */
    uint8_t host;
    uint8_t authorization;
    uint8_t content_type;
    uint8_t header_count;

    uint8_t state;
    bool coded;       /* a Transfer-Encoding was seen */
    bool wants_close; /* tokens of Connection */
    bool wants_keep;
    bool expects_other;
    uint32_t limit;
    uint32_t at;   /* next byte to look at */
    uint32_t mark; /* where the current element began */

    struct http_header headers[HTTP_HEADERS];
};

/* `limit` is the size of the head in bytes above which it is refused; at most HTTP_HEAD_BYTES. */
void http_head_init(struct http_head *head, size_t limit);

/*
 * Parses on. `bytes` holds the head from its first byte, `length` bytes of it so far (never fewer
 * than in the call before; bytes behind the head are not looked at).
 */
enum http_head_result http_head_parse(struct http_head *head, const uint8_t *bytes, size_t length);

/* Index of the first header of that name (case does not matter), or HTTP_NO_HEADER. */
uint8_t http_head_find(const struct http_head *head, const uint8_t *bytes, const char *name);

#endif
