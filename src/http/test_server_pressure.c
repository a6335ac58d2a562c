/* SPDX-License-Identifier: ISC */

/* Back-pressure: answers that go out in parts or not at all, and what waits behind them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"

static void fill_body(struct fixture *fixture, char *big)
{
    for (size_t i = 0; i < BIG; i++)
        big[i] = (char)('a' + i % 23);
    fixture->body = big;
    fixture->body_length = BIG;
}

static void expect_big_answer(struct fixture *fixture, int fd)
{
    const uint8_t *body;

    fixture->reader = fd;
    await(fixture, has_answer);
    body = buffer_bytes(&fixture->in) + answer_length(fixture) - fixture->body_length;
    assert_memory_equal(body, fixture->body, fixture->body_length);
    assert_int_equal(fixture->delivered, 1);
    buffer_consume(&fixture->in, answer_length(fixture));
}

static void test_partial_writes(void **state)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fill_body(&fixture, big);
    fd = connect_client(&fixture, true);
    client_say(fd, GOOD GOOD);
    await(&fixture, has_request);
    assert_int_equal(fixture.written, 0);
    expect_big_answer(&fixture, fd);
    assert_int_equal(fixture.requests, 2);
    fixture.delivered = 0;
    expect_big_answer(&fixture, fd);
    close(fd);
    server_stop(&fixture);
    free(big);
}

static void test_partial_writes_into_tiny_buffers(void **state)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fill_body(&fixture, big);
    fixture.body_length = SMALLER;
    fd = adopt_tiny_pair(&fixture);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    assert_int_equal(fixture.listener, 9);
    assert_int_equal(fixture.written, 0);
    expect_big_answer(&fixture, fd);
    client_say(fd, GOOD);
    fixture.delivered = 0;
    expect_big_answer(&fixture, fd);
    close(fd);
    server_stop(&fixture);
    free(big);
}

static void test_an_answer_cut_short_is_told(void **state)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fill_body(&fixture, big);
    fd = adopt_tiny_pair(&fixture);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    close(fd);
    await(&fixture, is_written);
    assert_int_equal(fixture.delivered, 0);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(fixture.closed, 1);
    server_stop(&fixture);
    free(big);
}

static void test_an_answer_that_is_not_taken(void **state)
{
    struct http_settings settings = http_settings_default();
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    settings.answer_time = 20;
    settings.body_rate = UINT64_MAX;
    server_start_with(&fixture, &settings);
    fill_body(&fixture, big);
    fd = adopt_tiny_pair(&fixture);
    client_say(fd, GOOD);
    await(&fixture, is_written);
    assert_int_equal(fixture.delivered, 0);
    assert_int_equal(fixture.closed, 1);
    close(fd);
    server_stop(&fixture);
    free(big);
}

/* Sends the rest of one of many requests; returns how many bytes went. */
static size_t say_rest(int fd, size_t sent)
{
    size_t at = sent % (sizeof(GOOD) - 1);
    ssize_t count = send(fd, &GOOD[at], sizeof(GOOD) - 1 - at, MSG_NOSIGNAL);

    return count > 0 ? (size_t)count : 0;
}

/* Sends requests until the server has taken no more for a while; returns how many bytes went. */
static size_t say_all_it_takes(struct fixture *fixture, int fd)
{
    size_t sent = 0;

    for (int stuck = 0; stuck < 50 && sent < BIG; stuck++) {
        size_t more = say_rest(fd, sent);

        sent += more;
        if (more > 0)
            stuck = 0;
        await(fixture, has_request);
    }
    return sent;
}

static bool all_are_served(struct fixture *fixture)
{
    has_answer(fixture);
    return fixture->requests == fixture->wanted && fixture->written == fixture->wanted;
}

/* Behind an answer that is not taken or not given, requests stay where they cost us nothing. */
static void pipelined_requests_wait(enum manner manner)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    size_t sent;
    int fd;

    server_start(&fixture);
    fill_body(&fixture, big);
    fixture.body_length = SMALLER;
    fixture.manner = manner;
    fd = adopt_tiny_pair(&fixture);
    fixture.reader = fd;
    client_say(fd, GOOD);
    await(&fixture, has_request);
    sent = say_all_it_takes(&fixture, fd);
    assert_true(sent < BIG);
    assert_int_equal(fixture.requests, 1);
    assert_int_equal(fixture.written, 0);
    fixture.body_length = 6;
    if (manner == ANSWER_LATER) {
        fixture.manner = ANSWER_AT_ONCE;
        http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0);
    }
    while (sent % (sizeof(GOOD) - 1) != 0) {
        sent += say_rest(fd, sent);
        has_answer(&fixture);
        await(&fixture, has_request);
    }
    fixture.wanted = 1 + (int)(sent / (sizeof(GOOD) - 1));
    await(&fixture, all_are_served);
    assert_int_equal(fixture.delivered, fixture.wanted);
    close(fd);
    server_stop(&fixture);
    free(big);
}

static void test_requests_wait_behind_a_blocked_answer(void **state)
{
    (void)state;
    pipelined_requests_wait(ANSWER_AT_ONCE);
}

static void test_requests_wait_behind_an_owed_answer(void **state)
{
    (void)state;
    pipelined_requests_wait(ANSWER_LATER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_partial_writes),
        cmocka_unit_test(test_partial_writes_into_tiny_buffers),
        cmocka_unit_test(test_an_answer_cut_short_is_told),
        cmocka_unit_test(test_an_answer_that_is_not_taken),
        cmocka_unit_test(test_requests_wait_behind_a_blocked_answer),
        cmocka_unit_test(test_requests_wait_behind_an_owed_answer),
    };

    return cmocka_run_group_tests_name("http/server_pressure", tests, NULL, NULL);
}
