/* SPDX-License-Identifier: ISC */

/* The head parser alone: what its views show, and that it never looks back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/head.h"

static const char sample[] = "POST /wsman?PSVersion=5.1 HTTP/1.1\r\n"
                             "Host: server.example:5985\r\n"
                             "Content-Type:application/soap+xml;charset=UTF-8\t \r\n"
                             "authorization:  Basic dXNlcjpzZWNyZXQ= \r\n"
                             "X-Empty:\r\n"
                             "X-Inner: a \t b\r\n"
                             "Content-Length: 012\r\n"
                             "\r\n";

static void assert_span(const char *bytes, struct http_span span, const char *wanted)
{
    assert_int_equal(span.length, strlen(wanted));
    assert_memory_equal(bytes + span.at, wanted, span.length);
}

static void check_sample(const struct http_head *head)
{
    assert_int_equal(head->size, sizeof(sample) - 1);
    assert_span(sample, head->method, "POST");
    assert_span(sample, head->target, "/wsman?PSVersion=5.1");
    assert_int_equal(head->minor, 1);
    assert_int_equal(head->header_count, 6);
    assert_span(sample, head->headers[head->host].value, "server.example:5985");
    assert_span(sample, head->headers[head->authorization].value, "Basic dXNlcjpzZWNyZXQ=");
    assert_span(sample, head->headers[head->content_type].value,
                "application/soap+xml;charset=UTF-8");
    assert_span(sample, head->headers[3].name, "X-Empty");
    assert_span(sample, head->headers[3].value, "");
    assert_span(sample, head->headers[4].value, "a \t b");
    assert_true(head->has_length);
    assert_int_equal(head->content_length, 12);
    assert_false(head->chunked);
    assert_false(head->expects_continue);
    assert_true(head->keeps);
    assert_int_equal(http_head_find(head, (const uint8_t *)sample, "x-inner"), 4);
    assert_int_equal(http_head_find(head, (const uint8_t *)sample, "x-inne"), HTTP_NO_HEADER);
}

static void test_views(void **state)
{
    struct http_head head;

    (void)state;
    http_head_init(&head, HTTP_HEAD_BYTES);
    assert_int_equal(http_head_parse(&head, (const uint8_t *)sample, sizeof(sample) - 1),
                     HTTP_HEAD_DONE);
    check_sample(&head);
}

/* Bytes already seen are overwritten: a parser that looks back at them would stumble. */
static void test_resumes_without_rescanning(void **state)
{
    struct http_head head;
    uint8_t bytes[sizeof(sample)];

    (void)state;
    http_head_init(&head, HTTP_HEAD_BYTES);
    memset(bytes, 0, sizeof(bytes));
    for (size_t i = 0; i < sizeof(sample) - 1; i++) {
        bytes[i] = (uint8_t)sample[i];
        assert_int_equal(http_head_parse(&head, bytes, i + 1),
                         i + 2 < sizeof(sample) ? HTTP_HEAD_MORE : HTTP_HEAD_DONE);
        assert_int_equal(head.at, i + 1);
        if (i > 200)
            memset(bytes, 0, 36); /* the request line */
    }
    check_sample(&head);
}

static void test_stops_at_the_end_of_the_head(void **state)
{
    static const char two[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\n\r\xff";
    struct http_head head;

    (void)state;
    http_head_init(&head, HTTP_HEAD_BYTES);
    assert_int_equal(http_head_parse(&head, (const uint8_t *)two, sizeof(two) - 1), HTTP_HEAD_DONE);
    assert_int_equal(head.size, 27);
}

/* A refusal comes with the byte that causes it, not when the head is complete. */
static void test_refuses_at_the_first_bad_byte(void **state)
{
    static const struct {
        const char *bytes;
        unsigned status;
    } rows[] = {
        {"\x16", 400},
        {"\r", 400},
        {"POST\n", 400},
        {"POST /\n", 400},
        {"POST / HTTP/1.1\n", 400},
        {"POST / HTTP/1.1\rX", 400},
        {"PRI * HTTP/2.0\r", 505},
        {"POST / HTTP/1.1\r\n ", 400},
        {"POST / HTTP/1.1\r\n:", 400},
        {"POST / HTTP/1.1\r\nA\n", 400},
        {"POST / HTTP/1.1\r\nA:\n", 400},
        {"POST / HTTP/1.1\r\nA: b\n", 400},
        {"POST / HTTP/1.1\r\nHost: b\r\nHost: b\r", 400},
    };
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length = strlen(rows[i].bytes);

        http_head_init(&head, HTTP_HEAD_BYTES);
        assert_int_equal(http_head_parse(&head, (const uint8_t *)rows[i].bytes, length - 1),
                         HTTP_HEAD_MORE);
        assert_int_equal(http_head_parse(&head, (const uint8_t *)rows[i].bytes, length),
                         HTTP_HEAD_REFUSED);
        assert_int_equal(head.status, rows[i].status);
        assert_int_equal(http_head_parse(&head, (const uint8_t *)rows[i].bytes, length),
                         HTTP_HEAD_REFUSED);
    }
}

static void test_persistence(void **state)
{
    static const struct {
        const char *head;
        bool keeps;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: TE ,\tClose\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\nConnection:\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive, close\r\n\r\n", false},
    };
    struct http_head head;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        http_head_init(&head, HTTP_HEAD_BYTES);
        assert_int_equal(
            http_head_parse(&head, (const uint8_t *)rows[i].head, strlen(rows[i].head)),
            HTTP_HEAD_DONE);
        assert_int_equal(head.keeps, rows[i].keeps);
    }
}

static void test_smaller_limit(void **state)
{
    static const char fits[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_head head;

    (void)state;
    http_head_init(&head, sizeof(fits) - 1);
    assert_int_equal(http_head_parse(&head, (const uint8_t *)fits, sizeof(fits) - 1),
                     HTTP_HEAD_DONE);
    http_head_init(&head, sizeof(fits) - 2);
    assert_int_equal(http_head_parse(&head, (const uint8_t *)fits, sizeof(fits) - 1),
                     HTTP_HEAD_REFUSED);
    assert_int_equal(head.status, 431);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_resumes_without_rescanning),
        cmocka_unit_test(test_stops_at_the_end_of_the_head),
        cmocka_unit_test(test_refuses_at_the_first_bad_byte),
        cmocka_unit_test(test_persistence),
        cmocka_unit_test(test_smaller_limit),
    };

    return cmocka_run_group_tests_name("http/head", tests, NULL, NULL);
}
