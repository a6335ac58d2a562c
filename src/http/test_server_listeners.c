/* SPDX-License-Identifier: ISC */

/* Listeners that come and go while the server serves, new settings, drain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"

enum { WAITING = 5, OTHER = 4 };

/* Times of retired connections that a test can wait for, and one that it cannot. */
enum { SOON = 20, NEVER = 1000000 };

static const char closing[] = "Connection: close\r\n";

static void expect_no_listener(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), -1);
    assert_int_equal(errno, ECONNREFUSED);
    close(fd);
}

static void start(struct fixture *fixture, uint64_t guest_time, uint64_t idle_time)
{
    struct http_settings settings = http_settings_default();

    settings.retired_guest_time = guest_time;
    settings.retired_idle_time = idle_time;
    server_start_with(fixture, &settings);
}

/* One request on `fd`; its answer says whether the connection ends. */
static void exchange(struct fixture *fixture, int fd, bool ends)
{
    client_say(fd, GOOD);
    expect_answer(fixture, fd, "HTTP/1.1 200 OK\r\n", ends ? closing : NULL);
    if (ends)
        expect_end(fixture, fd);
}

static void test_a_listener_comes_and_goes(void **state)
{
    struct fixture fixture;
    uint16_t port;
    int old;
    int new;

    (void)state;
    start(&fixture, SOON, SOON);
    old = connect_client(&fixture, false);
    exchange(&fixture, old, false);
    assert_int_equal(fixture.listener, 3);
    assert_true(http_server_listen(fixture.server, open_listener(&port), OTHER, 0));
    new = connect_to(port, false);
    exchange(&fixture, new, false);
    assert_int_equal(fixture.listener, OTHER);
    assert_true(http_server_unlisten(fixture.server, 3));
    expect_no_listener(fixture.port);
    expect_end(&fixture, old);
    await(&fixture, is_unlistened);
    assert_int_equal(fixture.last_unlistened, 3);
    exchange(&fixture, new, false);
    close(new);
    new = connect_to(port, false);
    exchange(&fixture, new, false);
    assert_int_equal(fixture.unlistened, 1);
    assert_false(http_server_unlisten(fixture.server, 3));
    assert_int_equal(fixture.drained, 0);
    close(old);
    close(new);
    server_stop(&fixture);
}

/* Who waits for an answer gets it, and learns that it is the last. */
static void test_a_request_outlives_its_listener(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture, SOON, SOON);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    assert_true(http_server_unlisten(fixture.server, 3));
    assert_true(http_server_waits(fixture.server, fixture.handle));
    assert_int_equal(fixture.unlistened, 0);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", closing);
    expect_end(&fixture, fd);
    close(fd);
    await(&fixture, is_unlistened);
    server_stop(&fixture);
}

/* An answer that must not be the last: the client is in the middle of something. */
static void test_an_answer_keeps_the_connection(void **state)
{
    static const struct http_headers keeping = {.keep = true};
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture, NEVER, NEVER);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    await(&fixture, has_request);
    assert_true(http_server_unlisten(fixture.server, 3));
    assert_true(http_answer(fixture.server, fixture.handle, 0, 401, &keeping, NULL, 0));
    expect_answer(&fixture, fd, "HTTP/1.1 401 Unauthorized\r\n", NULL);
    fixture.manner = ANSWER_AT_ONCE;
    exchange(&fixture, fd, true);
    close(fd);
    await(&fixture, is_unlistened);
    server_stop(&fixture);
}

static void idle_is_served_once_more(bool authenticates)
{
    struct fixture fixture;
    int fd;

    start(&fixture, authenticates ? SOON : NEVER, authenticates ? NEVER : SOON);
    fixture.authenticates = authenticates;
    fd = connect_client(&fixture, false);
    exchange(&fixture, fd, false);
    assert_true(http_server_unlisten(fixture.server, 3));
    exchange(&fixture, fd, true);
    assert_int_equal(fixture.listener, 3);
    close(fd);
    await(&fixture, is_unlistened);
    server_stop(&fixture);
}

static void test_an_idle_guest_is_served_once_more(void **state)
{
    (void)state;
    idle_is_served_once_more(false);
}

static void test_an_idle_authenticated_one_is_served_once_more(void **state)
{
    (void)state;
    idle_is_served_once_more(true);
}

static void test_an_idle_authenticated_one_ends(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture, NEVER, SOON);
    fixture.authenticates = true;
    fd = connect_client(&fixture, false);
    exchange(&fixture, fd, false);
    assert_true(http_server_unlisten(fixture.server, 3));
    expect_end(&fixture, fd);
    assert_int_equal(fixture.closed, 1);
    await(&fixture, is_unlistened);
    close(fd);
    server_stop(&fixture);
}

/* What the kernel has accepted is served; what comes later is for the other holder of the socket.
 */
static void test_the_queue_is_served(void **state)
{
    struct fixture fixture;
    int waiting[WAITING];
    uint16_t port;
    int listener = open_listener(&port);
    int late;
    int there;

    (void)state;
    start(&fixture, NEVER, NEVER);
    assert_true(http_server_listen(fixture.server, dup(listener), OTHER, 0));
    for (int i = 0; i < WAITING; i++)
        waiting[i] = connect_to(port, false);
    assert_int_equal(http_server_counts(fixture.server).accepted, 0);
    assert_true(http_server_unlisten(fixture.server, OTHER));
    assert_int_equal(http_server_counts(fixture.server).accepted, WAITING);
    late = connect_to(port, false);
    for (int i = 0; i < WAITING; i++) {
        exchange(&fixture, waiting[i], true);
        assert_int_equal(fixture.listener, OTHER);
        close(waiting[i]);
    }
    await(&fixture, is_unlistened);
    there = accept(listener, NULL, NULL);
    assert_true(there >= 0);
    client_say(late, "x");
    assert_int_equal(recv(there, &(char){0}, 1, 0), 1);
    close(there);
    close(late);
    close(listener);
    server_stop(&fixture);
}

/* The same number again, while connections of the one before are still there. */
static void test_a_number_is_used_again(void **state)
{
    struct fixture fixture;
    uint16_t port;
    int old;
    int new;

    (void)state;
    start(&fixture, NEVER, NEVER);
    old = connect_client(&fixture, false);
    exchange(&fixture, old, false);
    assert_true(http_server_unlisten(fixture.server, 3));
    assert_true(http_server_listen(fixture.server, open_listener(&port), 3, 0));
    new = connect_to(port, false);
    exchange(&fixture, new, false);
    exchange(&fixture, old, true);
    close(old);
    exchange(&fixture, new, false);
    assert_int_equal(fixture.unlistened, 0);
    assert_true(http_server_unlisten(fixture.server, 3));
    exchange(&fixture, new, true);
    close(new);
    await(&fixture, is_unlistened);
    assert_int_equal(fixture.unlistened, 1);
    server_stop(&fixture);
}

static void test_new_settings(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int first;
    int second;

    (void)state;
    server_start(&fixture);
    first = connect_client(&fixture, false);
    exchange(&fixture, first, false);
    client_say(first, "POST ");
    second = connect_client(&fixture, false);
    exchange(&fixture, second, false);
    settings.head_time = SOON;
    settings.body_limit = 1;
    settings.connections = 2;
    http_server_set_settings(fixture.server, &settings);
    client_say(second, "POST ");
    expect_answer(&fixture, second, "HTTP/1.1 408 Request Timeout\r\n", closing);
    close(second);
    client_say(first, "/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, first, "HTTP/1.1 413 Content Too Large\r\n", NULL);
    client_say(first, HEAD "Content-Length: 1\r\n\r\nh");
    expect_answer(&fixture, first, "HTTP/1.1 200 OK\r\n", NULL);
    second = connect_client(&fixture, false);
    client_say(second, HEAD "Content-Length: 1\r\n\r\nh");
    expect_answer(&fixture, second, "HTTP/1.1 200 OK\r\n", NULL);
    settings.connections = 1;
    http_server_set_settings(fixture.server, &settings);
    client_say(second, HEAD "Content-Length: 1\r\n\r\nh");
    expect_answer(&fixture, second, "HTTP/1.1 200 OK\r\n", NULL);
    close(second);
    second = connect_client(&fixture, false);
    expect_answer(&fixture, second, "HTTP/1.1 503 Service Unavailable\r\n", closing);
    close(second);
    close(first);
    server_stop(&fixture);
}

static void test_drain(void **state)
{
    struct fixture fixture;
    int waiting;
    int idle;
    int queued;

    (void)state;
    start(&fixture, SOON, SOON);
    idle = connect_client(&fixture, false);
    client_say(idle, "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(&fixture, idle, "HTTP/1.1 405 Method Not Allowed\r\n", NULL);
    fixture.manner = ANSWER_LATER;
    waiting = connect_client(&fixture, false);
    client_say(waiting, GOOD);
    await(&fixture, has_request);
    queued = connect_client(&fixture, false);
    client_say(queued, "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n");
    http_server_drain(fixture.server);
    http_server_drain(fixture.server);
    expect_no_listener(fixture.port);
    assert_false(http_server_listen(fixture.server, open_listener(&fixture.port), OTHER, 0));
    expect_no_listener(fixture.port);
    expect_answer(&fixture, queued, "HTTP/1.1 405 Method Not Allowed\r\n", closing);
    expect_end(&fixture, queued);
    close(queued);
    expect_end(&fixture, idle);
    assert_int_equal(fixture.drained, 0);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    expect_answer(&fixture, waiting, "HTTP/1.1 200 OK\r\n", closing);
    close(waiting);
    await(&fixture, is_drained);
    close(idle);
    http_server_drain(fixture.server);
    await(&fixture, is_drained);
    assert_int_equal(fixture.drained, 1);
    assert_int_equal(fixture.unlistened, 1);
    server_stop(&fixture);
}

static void test_drain_without_connections(void **state)
{
    struct fixture fixture;

    (void)state;
    server_start(&fixture);
    http_server_drain(fixture.server);
    assert_int_equal(fixture.drained, 0);
    await(&fixture, is_drained);
    server_stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listener_comes_and_goes),
        cmocka_unit_test(test_a_request_outlives_its_listener),
        cmocka_unit_test(test_an_answer_keeps_the_connection),
        cmocka_unit_test(test_an_idle_guest_is_served_once_more),
        cmocka_unit_test(test_an_idle_authenticated_one_is_served_once_more),
        cmocka_unit_test(test_an_idle_authenticated_one_ends),
        cmocka_unit_test(test_the_queue_is_served),
        cmocka_unit_test(test_a_number_is_used_again),
        cmocka_unit_test(test_new_settings),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_drain_without_connections),
    };

    return cmocka_run_group_tests_name("http/server_listeners", tests, NULL, NULL);
}
