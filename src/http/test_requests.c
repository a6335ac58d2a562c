/* SPDX-License-Identifier: ISC */

#include "http/test_requests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "input_limits.h"

static void append_times(struct buffer *bytes, char byte, size_t count)
{
    uint8_t *room = buffer_reserve(bytes, count);

    assert_non_null(room);
    memset(room, byte, count);
    buffer_added(bytes, count);
}

static void append_headers(struct buffer *bytes, unsigned count)
{
    buffer_text(bytes, LINE "Host: a\r\nContent-Length: 2\r\n");
    for (unsigned i = 2; i < count; i++)
        buffer_printf(bytes, "X-%u: y\r\n", i);
    buffer_text(bytes, "\r\nhi");
}

void make_64_headers(struct buffer *bytes)
{
    append_headers(bytes, HTTP_HEADERS);
}

void make_65_headers(struct buffer *bytes)
{
    append_headers(bytes, HTTP_HEADERS + 1);
}

static void append_target(struct buffer *bytes, size_t length)
{
    buffer_text(bytes, "POST /");
    append_times(bytes, 'a', length - 1);
    buffer_text(bytes, " HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: x\r\n\r\n");
}

void make_target_at_limit(struct buffer *bytes)
{
    append_target(bytes, HTTP_TARGET_BYTES);
}

void make_target_above_limit(struct buffer *bytes)
{
    append_target(bytes, HTTP_TARGET_BYTES + 1);
}

static void append_head(struct buffer *bytes, size_t length)
{
    static const char start[] = LINE "Host: a\r\nContent-Length: 2\r\nX: ";

    buffer_text(bytes, start);
    append_times(bytes, 'a', length - strlen(start) - 4);
    buffer_text(bytes, "\r\n\r\nhi");
}

void make_head_at_limit(struct buffer *bytes)
{
    append_head(bytes, HTTP_HEAD_BYTES);
    buffer_text(bytes, GOOD);
}

void make_head_above_limit(struct buffer *bytes)
{
    append_head(bytes, HTTP_HEAD_BYTES + 1);
}

void make_endless_head(struct buffer *bytes)
{
    buffer_text(bytes, HEAD "X: ");
    append_times(bytes, 'a', HTTP_HEAD_BYTES);
}

/* `lines`: of the head, besides the length. */
static void append_body(struct buffer *bytes, const char *lines, size_t length)
{
    buffer_printf(bytes, HEAD "%sContent-Length: %zu\r\n\r\n", lines, length);
    append_times(bytes, 'a', length);
    buffer_text(bytes, GOOD);
}

void make_large_guest_body(struct buffer *bytes)
{
    append_body(bytes, "", HTTP_GUEST_BODY_BYTES + 1);
}

void make_guest_body_that_expects(struct buffer *bytes)
{
    append_body(bytes, "Expect: 100-continue\r\n", HTTP_GUEST_BODY_BYTES + 1);
}

void make_droppable_body(struct buffer *bytes)
{
    append_body(bytes, "", HTTP_DROP_BYTES);
}

void make_body_not_worth_dropping(struct buffer *bytes)
{
    append_body(bytes, "", HTTP_DROP_BYTES + 1);
}

void make_large_body_with_credentials(struct buffer *bytes)
{
    append_body(bytes, "Authorization: Basic eA==\r\n", HTTP_GUEST_BODY_BYTES + 1);
}

void make_body_at_limit(struct buffer *bytes)
{
    append_body(bytes, "", HTTP_BODY_BYTES);
}

void make_body_above_limit(struct buffer *bytes)
{
    append_body(bytes, "", HTTP_BODY_BYTES + 1);
}

static void append_chunks(struct buffer *bytes, size_t length)
{
    buffer_text(bytes, CODED);
    while (length > 0) {
        size_t part = length < 50000 ? length : 50000;

        buffer_printf(bytes, "%zx\r\n", part);
        append_times(bytes, 'a', part);
        buffer_text(bytes, "\r\n");
        length -= part;
    }
    buffer_text(bytes, "0\r\n\r\n" GOOD);
}

void make_chunks_at_limit(struct buffer *bytes)
{
    append_chunks(bytes, HTTP_BODY_BYTES);
}

void make_chunks_above_limit(struct buffer *bytes)
{
    append_chunks(bytes, HTTP_BODY_BYTES + 1);
}

void make_chunks_far_above_limit(struct buffer *bytes)
{
    append_chunks(bytes, HTTP_BODY_BYTES + 2 * HTTP_DROP_BYTES);
}

void make_large_guest_chunks(struct buffer *bytes)
{
    append_chunks(bytes, HTTP_GUEST_BODY_BYTES + 1);
}

void make_single_byte_chunks(struct buffer *bytes)
{
    buffer_text(bytes, CODED);
    for (int i = 0; i < 20000; i++)
        buffer_text(bytes, "1\r\na\r\n");
    buffer_text(bytes, "0\r\n\r\n" GOOD);
}
