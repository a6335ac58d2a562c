/* SPDX-License-Identifier: ISC */

/*
 * Requests of tests: pieces of those that are written down, and those that are at a limit or above
 * it, which are made.
 */
#ifndef HTTP_TEST_REQUESTS_H
#define HTTP_TEST_REQUESTS_H

#include "base/buffer.h"

#define HEAD  "POST /wsman HTTP/1.1\r\nHost: a\r\n"
#define GOOD  HEAD "Content-Length: 2\r\n\r\nhi"
#define CODED HEAD "Transfer-Encoding: chunked\r\n\r\n"
#define LINE  "POST /wsman HTTP/1.1\r\n"

/* Each adds what its name says to `bytes`, and with some a good request behind it. */
void make_64_headers(struct buffer *bytes);
void make_65_headers(struct buffer *bytes);
void make_target_at_limit(struct buffer *bytes);
void make_target_above_limit(struct buffer *bytes);
void make_head_at_limit(struct buffer *bytes);
void make_head_above_limit(struct buffer *bytes);
void make_endless_head(struct buffer *bytes);
void make_large_guest_body(struct buffer *bytes);
void make_guest_body_that_expects(struct buffer *bytes);
void make_droppable_body(struct buffer *bytes);
void make_body_not_worth_dropping(struct buffer *bytes);
void make_large_body_with_credentials(struct buffer *bytes);
void make_body_at_limit(struct buffer *bytes);
void make_body_above_limit(struct buffer *bytes);
void make_chunks_at_limit(struct buffer *bytes);
void make_chunks_above_limit(struct buffer *bytes);
void make_chunks_far_above_limit(struct buffer *bytes);
void make_large_guest_chunks(struct buffer *bytes);
void make_single_byte_chunks(struct buffer *bytes);

#endif
