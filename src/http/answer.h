/* SPDX-License-Identifier: ISC */

/*
 * The head of an HTTP answer: status line and headers in a fixed order, and the Date header, made
 * without the C library (whose first conversion would open the time-zone file, which a sandboxed
 * process cannot).
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/buffer.h"

/* What an answer says beside its status and its length. Zeroed memory is a plain answer. */
struct http_headers {
    /* NULL: application/soap+xml;charset=UTF-8. Several clients insist on one in every answer. */
    const char *content_type;
    const char *const *www_authenticate; /* one header line each, in this order */
    size_t www_authenticate_count;
    const char *location; /* NULL: none */
    const char *allow;    /* NULL: none */
    bool close;           /* end the connection after this answer */
    /*
     * Not because of the listener's removal: the client is in the middle of something that only
     * this connection can end.
     */
    bool keep;
};

enum { HTTP_DATE_SIZE = 30 };

/* The date of the current second; made anew when the second changes. */
struct http_date {
    time_t second;
    char text[HTTP_DATE_SIZE];
};

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7), NUL-terminated, for years 1970 to 9999. */
void http_date_format(char out[HTTP_DATE_SIZE], time_t second);
const char *http_date_now(struct http_date *date);

/* "Not Found"; for a status without a phrase of ours "Answer". */
const char *http_phrase(unsigned status);

/* What the connection adds to an answer. */
enum http_persistence {
    HTTP_PERSIST_NONE,  /* says "Connection: close" */
    HTTP_PERSIST,       /* says nothing: HTTP/1.1 keeps by default */
    HTTP_PERSIST_SPELT, /* says "Connection: keep-alive", for HTTP/1.0 */
};

/*
 * Appends the head of an answer to `out`. False, with nothing appended, when a header value holds a
 * control character (a line break in a Location would be a second header) or `out` is full.
 */
bool http_answer_head(struct buffer *out, unsigned status, const struct http_headers *headers,
                      size_t body_length, enum http_persistence persistence, const char *date);

#endif
