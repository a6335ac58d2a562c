/* SPDX-License-Identifier: ISC */

/* What connections hold of their input: guests share a limit, and idle ones hold nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/connection.h"
#include "http/test_requests.h"

static const struct http_connection_settings *small_settings(struct http_pool *pool)
{
    static struct http_connection_settings settings;

    settings = (struct http_connection_settings){.head_limit = HTTP_HEAD_BYTES,
                                                 .body_limit = HTTP_BODY_BYTES,
                                                 .guest_total_limit = 3 * HTTP_READ_BYTES - 1,
                                                 .pool = pool};
    return &settings;
}

/* Takes room and fills it with part of a header. */
static bool fill(struct http_connection *connection)
{
    size_t room;
    uint8_t *bytes = http_connection_room(connection, &room);

    if (bytes == NULL)
        return false;
    memset(bytes, 'A', room);
    memcpy(bytes, "POST / HTTP/1.1\r\nHost: a\r\nX", 28);
    http_connection_received(connection, room);
    return true;
}

static void test_guests_share_a_limit(void **state)
{
    struct http_pool pool = {0};
    struct http_connection one;
    struct http_connection two;
    size_t room;

    (void)state;
    http_connection_init(&one, small_settings(&pool));
    http_connection_init(&two, small_settings(&pool));
    assert_true(fill(&one));
    assert_true(fill(&two));
    assert_int_equal(pool.guest_bytes, 2 * HTTP_READ_BYTES);
    assert_null(http_connection_room(&one, &room));
    http_connection_refuse(&one, 503);
    assert_int_equal(http_connection_answering(&one, false), HTTP_PERSIST_NONE);
    http_connection_answered(&one);
    assert_int_equal(pool.guest_bytes, HTTP_READ_BYTES);
    assert_non_null(http_connection_room(&two, &room));
    http_connection_set_authenticated(&two, true);
    assert_int_equal(pool.guest_bytes, 0);
    http_connection_free(&one);
    http_connection_free(&two);
    http_pool_free(&pool);
}

static void test_idle_connections_hold_no_input(void **state)
{
    struct http_pool pool = {0};
    struct http_connection connection;
    struct http_request request = {0};
    size_t room;

    (void)state;
    http_connection_init(&connection, small_settings(&pool));
    assert_true(http_connection_idle(&connection));
    memcpy(http_connection_room(&connection, &room), GOOD, sizeof(GOOD) - 1);
    http_connection_received(&connection, sizeof(GOOD) - 1);
    assert_int_equal(http_connection_step(&connection), HTTP_STEP_REQUEST);
    http_connection_request(&connection, &request);
    assert_string_equal(request.method, "POST");
    assert_string_equal(request.host, "a");
    assert_string_equal(http_request_header(&request, "CONTENT-LENGTH"), "2");
    assert_null(http_request_header(&request, "WSMANIDENTIFY"));
    assert_int_equal(http_connection_answering(&connection, false), HTTP_PERSIST);
    http_connection_answered(&connection);
    assert_null(connection.input);
    assert_int_equal(pool.free_count, 1);
    for (size_t i = 0; i < sizeof(GOOD) - 1; i++)
        assert_int_equal(pool.free->bytes[i], 0);
    http_connection_free(&connection);
    http_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guests_share_a_limit),
        cmocka_unit_test(test_idle_connections_hold_no_input),
    };

    return cmocka_run_group_tests_name("http/pool", tests, NULL, NULL);
}
