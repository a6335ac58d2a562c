/* SPDX-License-Identifier: ISC */

/* Requests and answers, and the end of a connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"
#include "input_limits.h"

static void test_answers(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, "POST /wsman?a=b HTTP/1.1\r\nHost: me:1\r\nAuthorization: Basic eA==\r\n"
                   "Content-Length: 5\r\n\r\nhello");
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "\r\n\r\nanswer");
    assert_string_equal(fixture.target, "/wsman?a=b");
    assert_string_equal(fixture.host, "me:1");
    assert_string_equal(fixture.authorization, "Basic eA==");
    assert_string_equal(fixture.peer, "127.0.0.1");
    assert_int_equal(fixture.listener, 3);
    assert_int_equal(fixture.length, 5);
    assert_null(fixture.found_user);
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.delivered, 1);
    assert_int_equal(fixture.token, 7);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    assert_ptr_equal(fixture.found_user, &fixture);
    assert_string_equal(fixture.authorization, "(none)");
    assert_int_equal(http_server_counts(fixture.server).connections, 1);
    close(fd);
    await(&fixture, is_closed);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(http_server_counts(fixture.server).connections, 0);
    server_stop(&fixture);
}

static int option_of(int socket, int level, int name)
{
    int value = 0;
    socklen_t size = sizeof(value);

    assert_int_equal(getsockopt(socket, level, name, &value, &size), 0);
    return value;
}

/* A connection may be idle for hours; a client that was switched off is found out by the kernel. */
static void test_the_kernel_asks_idle_clients(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    assert_true(option_of(fixture.socket, SOL_SOCKET, SO_KEEPALIVE));
    assert_int_equal(option_of(fixture.socket, IPPROTO_TCP, TCP_KEEPIDLE), HTTP_KEEPALIVE_IDLE);
    assert_int_equal(option_of(fixture.socket, IPPROTO_TCP, TCP_KEEPINTVL),
                     HTTP_KEEPALIVE_INTERVAL);
    assert_int_equal(option_of(fixture.socket, IPPROTO_TCP, TCP_KEEPCNT), HTTP_KEEPALIVE_COUNT);
    close(fd);
    server_stop(&fixture);
}

static void test_pipelined_requests_in_order(void **state)
{
    struct fixture fixture;
    uint64_t first;
    int fd;

    (void)state;
    server_start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD HEAD "Content-Length: 3\r\n\r\nyou");
    await(&fixture, has_request);
    assert_int_equal(fixture.requests, 1);
    assert_int_equal(http_server_counts(fixture.server).waiting, 1);
    first = fixture.handle;
    assert_true(http_answer(fixture.server, first, 0, 200, NULL, "one", 3));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "one");
    assert_int_equal(fixture.requests, 2);
    assert_int_equal(fixture.length, 3);
    assert_false(http_answer(fixture.server, first, 0, 200, NULL, "late", 4));
    assert_true(http_server_waits(fixture.server, fixture.handle));
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, "two", 3));
    assert_false(http_server_waits(fixture.server, fixture.handle));
    assert_false(http_answer(fixture.server, fixture.handle, 0, 200, NULL, "again", 5));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "two");
    close(fd);
    server_stop(&fixture);
}

/* More than arrives in one read, and sent while the answer is owed. */
static void test_pipelined_while_waiting(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    client_say(fd, GOOD);
    fixture.manner = ANSWER_AT_ONCE;
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    await(&fixture, has_two_requests);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "answer");
    close(fd);
    server_stop(&fixture);
}

static void test_every_401_keeps_the_connection(void **state)
{
    struct fixture fixture;
    char *body = malloc(HTTP_DROP_BYTES + 1);
    char head[128];
    int fd;

    (void)state;
    server_start(&fixture);
    memset(body, 'x', HTTP_DROP_BYTES);
    body[HTTP_DROP_BYTES] = '\0';
    fixture.status = 401;
    fd = connect_client(&fixture, false);
    snprintf(head, sizeof(head), HEAD "Content-Length: %d\r\n\r\n", HTTP_DROP_BYTES);
    client_say(fd, head);
    expect_answer(&fixture, fd, "HTTP/1.1 401 Unauthorized\r\n", NULL);
    assert_true(fixture.dropped);
    fcntl(fd, F_SETFL, 0);
    for (size_t sent = 0; sent < HTTP_DROP_BYTES; sent += 4096) {
        assert_int_equal(send(fd, body, 4096, MSG_NOSIGNAL), 4096);
        loop_timer_start(fixture.loop, &fixture.tick, 0);
        fixture.awaited = has_request;
        loop_run(fixture.loop);
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fixture.status = 200;
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    assert_false(fixture.dropped);
    close(fd);
    server_stop(&fixture);
    free(body);
}

/* The client sends on while the answer says that the connection ends; it can still read that. */
static void test_a_last_answer_is_not_lost(void **state)
{
    struct fixture fixture;
    char junk[16384];
    int fd;

    (void)state;
    server_start(&fixture);
    memset(junk, 'x', sizeof(junk));
    fd = connect_client(&fixture, false);
    client_say(fd, HEAD "Content-Length: 600000\r\n\r\n");
    await(&fixture, has_request);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send(fd, junk, sizeof(junk), MSG_NOSIGNAL), sizeof(junk));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n");
    expect_peaceful_end(&fixture, fd);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send(fd, junk, sizeof(junk), MSG_NOSIGNAL), sizeof(junk));
    assert_int_equal(http_server_counts(fixture.server).connections, 1);
    close(fd);
    await(&fixture, is_empty);
    server_stop(&fixture);
}

static void test_lingering_has_an_end(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.linger_time = 20;
    server_start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n");
    await(&fixture, is_empty);
    close(fd);
    server_stop(&fixture);
}

static void test_refusals_keep_or_close(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: POST\r\n");
    client_say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, fd, "HTTP/1.1 404 Not Found\r\n", NULL);
    client_say(fd, HEAD "\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 411 Length Required\r\n", "Connection: close\r\n");
    expect_end(&fixture, fd);
    assert_int_equal(fixture.requests, 0);
    close(fd);
    server_stop(&fixture);
}

static void test_continue(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 100 Continue\r\n\r\n", NULL);
    assert_int_equal(fixture.requests, 0);
    client_say(fd, "hi");
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(fd);
    server_stop(&fixture);
}

static void test_bad_header_becomes_500(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fixture.status = 302;
    fixture.location = "http://a/\r\nX: y";
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 500 Internal Server Error\r\n", "Content-Length: 0\r\n");
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.delivered, 0);
    fixture.location = NULL;
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 302 Found\r\n", NULL);
    close(fd);
    server_stop(&fixture);
}

static void test_close_without_answer(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    server_start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    http_server_close(fixture.server, fixture.handle);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(fixture.closed, 1);
    expect_end(&fixture, fd);
    close(fd);
    server_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_the_kernel_asks_idle_clients),
        cmocka_unit_test(test_pipelined_requests_in_order),
        cmocka_unit_test(test_pipelined_while_waiting),
        cmocka_unit_test(test_every_401_keeps_the_connection),
        cmocka_unit_test(test_a_last_answer_is_not_lost),
        cmocka_unit_test(test_lingering_has_an_end),
        cmocka_unit_test(test_refusals_keep_or_close),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_bad_header_becomes_500),
        cmocka_unit_test(test_close_without_answer),
    };

    return cmocka_run_group_tests_name("http/server", tests, NULL, NULL);
}
