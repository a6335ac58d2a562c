/* SPDX-License-Identifier: ISC */

/* Every deadline, seen by the client that misses it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"

/*
 * A deadline that a test waits for, one that is long against the pauses of a dripping client on a
 * busy machine, and one that a client keeps there again and again.
 */
enum { SOON = 100, LONG = 400, KEPT = 2000 };

/* One byte each time the reader looks; true when the server has answered nevertheless. */
static bool drips(struct fixture *fixture)
{
    send(fixture->reader, "a", 1, MSG_NOSIGNAL);
    return has_answer(fixture);
}

/* Each byte comes in time, and all of them never do. */
static void expect_408_for_dripping(const struct http_settings *settings, const char *begin)
{
    struct fixture fixture;
    int fd;

    server_start_with(&fixture, settings);
    fd = connect_client(&fixture, false);
    client_say(fd, begin);
    fixture.reader = fd;
    await(&fixture, drips);
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    assert_int_equal(fixture.requests, 0);
    close(fd);
    server_stop(&fixture);
}

static void test_head_deadline_is_total(void **state)
{
    struct http_settings settings = http_settings_default();

    (void)state;
    settings.head_time = LONG;
    expect_408_for_dripping(&settings, "POST /");
    expect_408_for_dripping(&settings, HEAD "X-");
}

/* The next head has a time of its own, also when its first bytes came with the request before. */
static void test_each_head_has_its_deadline(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.head_time = KEPT;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "POST ");
    for (uint64_t begin = loop_now(fixture.loop); loop_now(fixture.loop) < begin + KEPT + LONG;) {
        client_say(fd, "/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiPOST ");
        expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    }
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    close(fd);
    server_stop(&fixture);
}

/* The time of a head begins with its first byte, whatever the connection has been idle. */
static void test_the_head_deadline_is_not_that_of_idle_ones(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int other;
    int fd;

    (void)state;
    settings.guest_idle_time = SOON;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "POST ");
    other = connect_client(&fixture, false);
    expect_end(&fixture, other);
    client_say(fd, "/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(other);
    close(fd);
    server_stop(&fixture);
}

/* Head and body together, whatever each of them may take; not what comes behind the answer. */
static void test_the_time_of_a_request_is_total(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.request_time = LONG;
    expect_408_for_dripping(&settings, "POST /");
    expect_408_for_dripping(&settings, HEAD "Content-Length: 60000\r\n\r\n");
    expect_408_for_dripping(&settings, HEAD "Transfer-Encoding: chunked\r\n\r\nffff\r\n");
    settings.request_time = KEPT;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "POST ");
    for (uint64_t begin = loop_now(fixture.loop); loop_now(fixture.loop) < begin + KEPT + LONG;) {
        client_say(fd, "/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiPOST ");
        expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    }
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    close(fd);
    server_stop(&fixture);
}

static void test_body_deadline_is_total(void **state)
{
    struct http_settings settings = http_settings_default();

    (void)state;
    settings.body_time = LONG;
    settings.body_rate = 1000000000;
    expect_408_for_dripping(&settings, HEAD "Content-Length: 60000\r\n\r\n");
    expect_408_for_dripping(&settings, HEAD "Transfer-Encoding: chunked\r\n\r\nffff\r\n");
}

/* A large body has more time than a small one. */
static void test_the_body_deadline_grows_with_the_body(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    char body[50000];
    int large;
    int small;

    (void)state;
    memset(body, 'x', sizeof(body));
    settings.body_time = SOON;
    settings.body_rate = 1000;
    server_start_with(&fixture, &settings);
    large = connect_client(&fixture, false);
    client_say(large, HEAD "Content-Length: 50000\r\n\r\n");
    small = connect_client(&fixture, false);
    client_say(small, HEAD "Content-Length: 2\r\n\r\nh");
    expect_answer(&fixture, small, "HTTP/1.1 408 Request Timeout\r\n", NULL);
    assert_int_equal(send(large, body, sizeof(body), MSG_NOSIGNAL), sizeof(body));
    expect_answer(&fixture, large, "HTTP/1.1 200 OK\r\n", NULL);
    assert_int_equal(fixture.length, 50000);
    close(small);
    close(large);
    server_stop(&fixture);
}

/* The rest of a body that was answered early is waited for as long as a body, then it ends. */
static void test_a_dropped_body_has_its_deadline(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.body_time = SOON;
    settings.body_rate = 1000000000;
    server_start_with(&fixture, &settings);
    fixture.status = 401;
    fd = connect_client(&fixture, false);
    client_say(fd, HEAD "Content-Length: 100000\r\n\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 401 Unauthorized\r\n", NULL);
    expect_end(&fixture, fd);
    assert_int_equal(fixture.requests, 1);
    close(fd);
    server_stop(&fixture);
}

static void test_idle_authenticated_ones_end(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.idle_time = SOON;
    server_start_with(&fixture, &settings);
    fixture.authenticates = true;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    expect_peaceful_end(&fixture, fd);
    assert_int_equal(fixture.closed, 1);
    close(fd);
    server_stop(&fixture);
}

/* A turn of the loop. */
static bool passes(struct fixture *fixture)
{
    (void)fixture;
    return true;
}

static bool has_not_stayed(struct fixture *fixture)
{
    return fixture->stays == 0;
}

/* The user is asked each time, and the connection serves on as long as it says yes. */
static void test_the_user_keeps_idle_ones(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.idle_time = SOON;
    server_start_with(&fixture, &settings);
    fixture.authenticates = true;
    fixture.user = &fixture;
    fixture.stays = 3;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    await(&fixture, has_not_stayed);
    expect_peaceful_end(&fixture, fd);
    assert_int_equal(fixture.idle, 4);
    assert_int_equal(fixture.closed, 1);
    close(fd);
    server_stop(&fixture);
}

/* Whoever loses its session has the time of a guest from then on, however old the connection is. */
static void test_a_guest_again(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    uint64_t since;
    int fd;

    (void)state;
    settings.guest_time = LONG;
    server_start_with(&fixture, &settings);
    fixture.authenticates = true;
    fixture.user = &fixture;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    for (since = loop_now(fixture.loop); loop_now(fixture.loop) <= since + LONG;)
        await(&fixture, passes);
    fixture.authenticates = false;
    fixture.manner = ANSWER_LATER;
    fixture.requests = 0;
    client_say(fd, GOOD);
    await(&fixture, has_request);
    since = loop_now(fixture.loop);
    http_server_authenticated(fixture.server, fixture.handle, false);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 401, NULL, NULL, 0));
    expect_answer(&fixture, fd, "HTTP/1.1 401 Unauthorized\r\n", NULL);
    expect_end(&fixture, fd);
    assert_true(loop_now(fixture.loop) >= since + LONG);
    close(fd);
    server_stop(&fixture);
}

/* How long an answer takes is the user's business. */
static void test_an_owed_answer_has_no_deadline(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int idle;
    int fd;

    (void)state;
    settings.head_time = settings.body_time = settings.answer_time = SOON;
    settings.guest_idle_time = settings.idle_time = settings.guest_time = SOON;
    server_start_with(&fixture, &settings);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    for (int i = 0; i < 3; i++) {
        idle = connect_client(&fixture, false);
        expect_end(&fixture, idle);
        close(idle);
    }
    assert_int_equal(fixture.gone, 0);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(fd);
    server_stop(&fixture);
}

/* What a guest has left of its time bounds its head and its body. */
static void test_guest_time_bounds_head_and_body(void **state)
{
    struct http_settings settings = http_settings_default();

    (void)state;
    settings.guest_time = SOON;
    expect_408_for_dripping(&settings, "POST /");
    expect_408_for_dripping(&settings, HEAD "Content-Length: 60000\r\n\r\n");
}

static void test_idle_guests_end_and_others_stay(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int guest;
    int other;

    (void)state;
    settings.guest_idle_time = SOON;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_head_deadline_is_total),
        cmocka_unit_test(test_each_head_has_its_deadline),
        cmocka_unit_test(test_the_head_deadline_is_not_that_of_idle_ones),
        cmocka_unit_test(test_the_time_of_a_request_is_total),
        cmocka_unit_test(test_body_deadline_is_total),
        cmocka_unit_test(test_the_body_deadline_grows_with_the_body),
        cmocka_unit_test(test_a_dropped_body_has_its_deadline),
        cmocka_unit_test(test_idle_authenticated_ones_end),
        cmocka_unit_test(test_the_user_keeps_idle_ones),
        cmocka_unit_test(test_a_guest_again),
        cmocka_unit_test(test_an_owed_answer_has_no_deadline),
        cmocka_unit_test(test_guest_time_bounds_head_and_body),
        cmocka_unit_test(test_idle_guests_end_and_others_stay),
        cmocka_unit_test(test_guest_time_is_total),
    };

    return cmocka_run_group_tests_name("http/server_deadlines", tests, NULL, NULL);
}
