/* SPDX-License-Identifier: ISC */

/*
 * The head parser: never reads past what it is given, its views lie within the head, and cut into
 * pieces the bytes give the same result as at once.
 */
#include <stdlib.h>
#include <string.h>

#include "http/head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_span(const struct http_head *head, struct http_span span)
{
    if (span.at > head->size || span.length > head->size - span.at)
        abort();
}

static void check_views(const struct http_head *head, const uint8_t *data)
{
    check_span(head, head->method);
    check_span(head, head->target);
    if (head->header_count > HTTP_HEADERS || head->host >= head->header_count)
        abort();
    if (data[head->target.at] != '/' || memchr(data, '\0', head->size) != NULL)
        abort();
    for (unsigned i = 0; i < head->header_count; i++) {
        check_span(head, head->headers[i].name);
        check_span(head, head->headers[i].value);
        if (head->headers[i].name.length == 0)
            abort();
    }
}

/* Cuts behind every byte whose value is a multiple of `step`. */
static enum http_head_result parse_pieces(struct http_head *head, const uint8_t *data, size_t size,
                                          unsigned step)
{
    enum http_head_result result = HTTP_HEAD_MORE;

    for (size_t length = 1; length <= size && result == HTTP_HEAD_MORE; length++)
        if (length == size || data[length - 1] % step == 0)
            result = http_head_parse(head, data, length);
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_head whole;
    struct http_head pieces;
    enum http_head_result result;

    http_head_init(&whole, HTTP_HEAD_BYTES);
    result = http_head_parse(&whole, data, size);
    if (result == HTTP_HEAD_DONE)
        check_views(&whole, data);
    for (unsigned step = 1; step <= 3; step++) {
        http_head_init(&pieces, HTTP_HEAD_BYTES);
        if (parse_pieces(&pieces, data, size, step) != result ||
            memcmp(&pieces, &whole, offsetof(struct http_head, headers)) != 0 ||
            memcmp(pieces.headers, whole.headers,
                   whole.header_count * sizeof(struct http_header)) != 0)
            abort();
    }
    return 0;
}
