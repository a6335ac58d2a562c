/* SPDX-License-Identifier: ISC */

/* Clients that leave, before their answer or behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"

static void leave(struct fixture *fixture, int fd, bool reset)
{
    const struct linger now = {.l_onoff = 1};

    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    if (reset)
        close(fd);
    else
        shutdown(fd, SHUT_WR);
    await(fixture, is_gone);
    assert_int_equal(fixture->gone, 1);
    assert_int_equal(fixture->closed, 1);
    assert_int_equal(fixture->written, 0);
    assert_false(http_answer(fixture->server, fixture->handle, 0, 200, NULL, "late", 4));
    assert_int_equal(http_server_counts(fixture->server).connections, 0);
    assert_int_equal(http_server_counts(fixture->server).waiting, 0);
    if (!reset)
        close(fd);
}

/* A client whose request has come, and is not answered yet; returns its socket. */
static int ask_and_wait(struct fixture *fixture)
{
    int fd;

    server_start(fixture);
    fixture->manner = ANSWER_LATER;
    fd = connect_client(fixture, false);
    client_say(fd, GOOD);
    await(fixture, has_request);
    return fd;
}

static void leave_while_waiting(bool reset, const char *more)
{
    struct fixture fixture;
    int fd;

    fd = ask_and_wait(&fixture);
    if (more != NULL)
        client_say(fd, more);
    leave(&fixture, fd, reset);
    server_stop(&fixture);
}

static void test_a_fin_while_waiting_counts_as_gone(void **state)
{
    (void)state;
    leave_while_waiting(false, NULL);
}

static void test_a_fin_behind_more_bytes_counts_as_gone(void **state)
{
    (void)state;
    leave_while_waiting(false, GOOD);
}

static void test_a_reset_while_waiting_counts_as_gone(void **state)
{
    (void)state;
    leave_while_waiting(true, NULL);
}

/* An answer is written; then the client sends `more` and resets or closes its connection. */
static int unread_after(bool reset, const char *more)
{
    const struct linger now = {.l_onoff = 1};
    struct fixture fixture;
    int fd;

    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, is_written);
    assert_int_equal(fixture.delivered, 1);
    if (more != NULL)
        client_say(fd, more);
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    else
        expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "answer");
    close(fd);
    await(&fixture, is_closed);
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.gone, 0);
    server_stop(&fixture);
    return fixture.unread;
}

static void test_a_reset_behind_an_answer_is_told(void **state)
{
    (void)state;
    assert_int_equal(unread_after(true, NULL), 1);
    assert_int_equal(unread_after(false, NULL), 0);
    assert_int_equal(unread_after(false, "POST /wsman HTTP"), 0);
}

/* The answer is given when the client has left, and before the server has looked. */
static void answer_after_the_client(bool reset)
{
    const struct linger now = {.l_onoff = 1};
    struct fixture fixture;
    int fd;

    fd = ask_and_wait(&fixture);
    if (reset)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, "output", 6));
    await(&fixture, is_closed);
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.delivered - fixture.unread, 0);
    assert_int_equal(fixture.gone, 0);
    server_stop(&fixture);
}

static void test_an_answer_behind_a_close_is_not_read(void **state)
{
    (void)state;
    answer_after_the_client(false);
}

static void test_an_answer_behind_a_reset_is_not_read(void **state)
{
    (void)state;
    answer_after_the_client(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_fin_while_waiting_counts_as_gone),
        cmocka_unit_test(test_a_fin_behind_more_bytes_counts_as_gone),
        cmocka_unit_test(test_a_reset_while_waiting_counts_as_gone),
        cmocka_unit_test(test_a_reset_behind_an_answer_is_told),
        cmocka_unit_test(test_an_answer_behind_a_close_is_not_read),
        cmocka_unit_test(test_an_answer_behind_a_reset_is_not_read),
    };

    return cmocka_run_group_tests_name("http/server_departures", tests, NULL, NULL);
}
