/* SPDX-License-Identifier: ISC */

/*
 * For tests and fuzz targets: plays a client's bytes to the pure connection and writes down what
 * comes out, one line for each thing, so that two runs can be compared:
 *
 *   100                          a "100 Continue"
 *   request /wsman?a=b 5 hello   a request: target, body length, the body's first bytes
 *   dropped /wsman               a request whose body is not kept
 *   200 keep                     an answer, and whether the connection survives it
 */
#ifndef HTTP_PLAY_H
#define HTTP_PLAY_H

#include "base/buffer.h"
#include "http/connection.h"

struct http_play {
    size_t head_limit;
    size_t body_limit;
    bool authenticated;
    /* Length of the next piece; called until all `left` bytes are played. */
    size_t (*piece)(void *context, size_t left);
    void *context;
};

/* `head_limit` and `body_limit` as configured by default, a guest, all bytes at once. */
struct http_play http_play_default(void);

/* Appends the lines to `out`. A request is answered 200, one whose body was dropped 401. */
void http_play(const struct http_play *play, const uint8_t *bytes, size_t length,
               struct buffer *out);

#endif
