/* SPDX-License-Identifier: ISC */

/* Deadlines, limits on connections and descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"

static void test_head_deadline_is_total(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.head_time = 20;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "POST ");
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    close(fd);
    server_stop(&fixture);
}

static void test_body_deadline(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.body_time = 20;
    settings.body_rate = 1000000;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, HEAD "Content-Length: 2\r\n\r\nh");
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    assert_int_equal(fixture.requests, 0);
    close(fd);
    server_stop(&fixture);
}

static void test_idle_guests_end_and_others_stay(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int guest;
    int other;

    (void)state;
    settings.guest_idle_time = 20;
    server_start_with(&fixture, &settings);
    fixture.authenticates = true;
    other = connect_client(&fixture, false);
    client_say(other, GOOD);
    expect_answer(&fixture, other, "HTTP/1.1 200 OK\r\n", NULL);
    assert_false(fixture.authenticated);
    guest = connect_client(&fixture, false);
    expect_end(&fixture, guest);
    assert_int_equal(http_server_counts(fixture.server).guests, 0);
    client_say(other, GOOD);
    expect_answer(&fixture, other, "HTTP/1.1 200 OK\r\n", NULL);
    assert_true(fixture.authenticated);
    close(guest);
    close(other);
    server_stop(&fixture);
}

/* However busy a guest is, it has to authenticate in time. */
static void test_guest_time_is_total(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.guest_time = 40;
    server_start_with(&fixture, &settings);
    fixture.status = 401;
    fd = connect_client(&fixture, false);
    fixture.reader = fd;
    while (!fixture.ended) {
        if (send(fd, GOOD, sizeof(GOOD) - 1, MSG_NOSIGNAL) < 0)
            break;
        await(&fixture, has_answer);
        buffer_reset(&fixture.in);
    }
    assert_true(fixture.requests > 0);
    await(&fixture, is_empty);
    close(fd);
    server_stop(&fixture);
}

static void test_connections_are_limited(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int first;
    int second;

    (void)state;
    for (int i = 0; i < 3; i++) {
        settings.connections = i == 0 ? 1 : 100;
        settings.guest_connections = i == 1 ? 1 : 100;
        settings.address_connections = i == 2 ? 1 : 100;
        server_start_with(&fixture, &settings);
        fixture.manner = ANSWER_LATER;
        first = connect_client(&fixture, false);
        client_say(first, GOOD);
        await(&fixture, has_request);
        second = connect_client(&fixture, false);
        client_say(second, GOOD);
        expect_answer(&fixture, second, "HTTP/1.1 503 Service Unavailable\r\n",
                      "Connection: close\r\n");
        expect_end(&fixture, second);
        assert_int_equal(http_server_counts(fixture.server).refused, 1);
        close(first);
        await(&fixture, is_empty);
        close(second);
        second = connect_client(&fixture, false);
        client_say(second, GOOD);
        await(&fixture, has_two_requests);
        close(second);
        server_stop(&fixture);
    }
}

/* Without descriptors the server sends clients away instead of spinning, and recovers. */
static void test_out_of_descriptors(void **state)
{
    struct fixture fixture;
    struct rlimit old;
    struct rlimit new;
    int first;
    int second;

    (void)state;
    server_start(&fixture);
    first = connect_client(&fixture, false);
    second = dup(first);
    getrlimit(RLIMIT_NOFILE, &old);
    new = old;
    new.rlim_cur = (rlim_t)second;
    close(second);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &new), 0);
    expect_answer(&fixture, first, "HTTP/1.1 503 Service Unavailable\r\n", NULL);
    setrlimit(RLIMIT_NOFILE, &old);
    second = connect_client(&fixture, false);
    client_say(second, GOOD);
    expect_answer(&fixture, second, "HTTP/1.1 200 OK\r\n", NULL);
    close(first);
    close(second);
    server_stop(&fixture);
}

static void test_freeing_tells_the_user(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    http_server_free(fixture.server);
    fixture.server = NULL;
    assert_int_equal(fixture.closed, 1);
    close(fd);
    server_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_deadline_is_total),
        cmocka_unit_test(test_body_deadline),
        cmocka_unit_test(test_idle_guests_end_and_others_stay),
        cmocka_unit_test(test_guest_time_is_total),
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_freeing_tells_the_user),
    };

    return cmocka_run_group_tests_name("http/server_limits", tests, NULL, NULL);
}
