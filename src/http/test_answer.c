/* SPDX-License-Identifier: ISC */

/* Heads of answers, and the dates in them against the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "http/answer.h"

static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT";

static void assert_head(unsigned status, const struct http_headers *headers, size_t length,
                        enum http_persistence persistence, const char *wanted)
{
    struct buffer out;

    buffer_init(&out, 4096);
    assert_true(http_answer_head(&out, status, headers, length, persistence, date));
    buffer_append(&out, "", 1);
    assert_string_equal((const char *)buffer_bytes(&out), wanted);
    buffer_free(&out);
}

static void test_plain(void **state)
{
    const struct http_headers headers = {0};

    (void)state;
    assert_head(200, &headers, 1234567890, HTTP_PERSIST,
                "HTTP/1.1 200 OK\r\n"
                "Content-Type: application/soap+xml;charset=UTF-8\r\n"
                "Server: winrmd\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "Content-Length: 1234567890\r\n\r\n");
}

static void test_all_headers_in_order(void **state)
{
    static const char *const schemes[] = {"Negotiate", "Kerberos", "Basic realm=\"WSMAN\""};
    const struct http_headers headers = {
        .content_type = "text/plain",
        .www_authenticate = schemes,
        .www_authenticate_count = 3,
        .location = "https://elsewhere.example/wsman",
        .allow = "POST",
        .close = true,
    };

    (void)state;
    assert_head(302, &headers, 0, HTTP_PERSIST_NONE,
                "HTTP/1.1 302 Found\r\n"
                "Content-Type: text/plain\r\n"
                "WWW-Authenticate: Negotiate\r\n"
                "WWW-Authenticate: Kerberos\r\n"
                "WWW-Authenticate: Basic realm=\"WSMAN\"\r\n"
                "Location: https://elsewhere.example/wsman\r\n"
                "Allow: POST\r\n"
                "Server: winrmd\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                "Connection: close\r\n"
                "Content-Length: 0\r\n\r\n");
}

static void test_status_without_phrase(void **state)
{
    const struct http_headers headers = {.content_type = "a/b"};

    (void)state;
    assert_head(299, &headers, 1, HTTP_PERSIST_SPELT,
                "HTTP/1.1 299 Answer\r\nContent-Type: a/b\r\nServer: winrmd\r\n"
                "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\n"
                "Content-Length: 1\r\n\r\n");
}

static void test_no_header_can_be_smuggled_in(void **state)
{
    static const char *const bad[] = {"a\r\nX: y", "a\nb", "a\rb", "a\x01", "a\x7f"};
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    buffer_text(&out, "before");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const struct http_headers location = {.location = bad[i]};
        const struct http_headers type = {.content_type = bad[i]};
        const struct http_headers scheme = {.www_authenticate = &bad[i],
                                            .www_authenticate_count = 1};

        assert_false(http_answer_head(&out, 200, &location, 0, HTTP_PERSIST, date));
        assert_false(http_answer_head(&out, 200, &type, 0, HTTP_PERSIST, date));
        assert_false(http_answer_head(&out, 200, &scheme, 0, HTTP_PERSIST, date));
        assert_int_equal(buffer_length(&out), 6);
    }
    buffer_free(&out);
}

static void test_too_long_for_the_buffer(void **state)
{
    const struct http_headers headers = {0};
    struct buffer out;

    (void)state;
    buffer_init(&out, 60);
    assert_false(http_answer_head(&out, 200, &headers, 0, HTTP_PERSIST, date));
    assert_int_equal(buffer_length(&out), 0);
    assert_true(buffer_text(&out, "still usable"));
    buffer_free(&out);
}

static void assert_date(time_t second)
{
    char ours[HTTP_DATE_SIZE];
    char theirs[HTTP_DATE_SIZE];
    struct tm parts;

    http_date_format(ours, second);
    gmtime_r(&second, &parts);
    strftime(theirs, sizeof(theirs), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    assert_string_equal(ours, theirs);
}

static void test_dates(void **state)
{
    (void)state;
    /* A prime number of seconds, so that all times of day come up; to the year 2500. */
    for (time_t second = 0; second < (time_t)86400 * 365 * 530; second += 86291)
        assert_date(second);
    assert_date(784111777);
    assert_date(951782400);    /* 2000-02-29 */
    assert_date(4107542399);   /* 2100-02-28 23:59:59, no leap year */
    assert_date(253402300799); /* 9999-12-31 23:59:59 */
}

static void test_date_is_kept_for_a_second(void **state)
{
    struct http_date kept = {0};
    time_t before = time(NULL);
    char text[HTTP_DATE_SIZE];

    (void)state;
    http_date_now(&kept);
    assert_true(kept.second >= before - 1 && kept.second <= time(NULL));
    http_date_format(text, kept.second);
    assert_string_equal(kept.text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_all_headers_in_order),
        cmocka_unit_test(test_status_without_phrase),
        cmocka_unit_test(test_no_header_can_be_smuggled_in),
        cmocka_unit_test(test_too_long_for_the_buffer),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_date_is_kept_for_a_second),
    };

    return cmocka_run_group_tests_name("http/answer", tests, NULL, NULL);
}
