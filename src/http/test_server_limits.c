/* SPDX-License-Identifier: ISC */

/* Limits on connections, memory of guests and descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"
#include "input_limits.h"

enum { QUEUE = 20, TRIES = 6 };

/* Calls of accept4(): what the server does when it spins. */
static unsigned accept_calls;

int __real_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);
int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags);

int __wrap_accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
    accept_calls++;
    return __real_accept4(fd, address, size, flags);
}

static bool has_tried_often(struct fixture *fixture)
{
    (void)fixture;
    return accept_calls >= TRIES;
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

static bool has_refused(struct fixture *fixture)
{
    return http_server_counts(fixture->server).refused > 0;
}

/* A client that sends its request a moment too late for us to have read it; it gets its answer. */
static void test_a_reset_does_not_overtake_the_503(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int first;
    int second;

    (void)state;
    settings.connections = 1;
    server_start_with(&fixture, &settings);
    first = connect_client(&fixture, false);
    client_say(first, GOOD);
    expect_answer(&fixture, first, "HTTP/1.1 200 OK\r\n", NULL);
    second = connect_client(&fixture, false);
    await(&fixture, has_refused);
    client_say(second, GOOD);
    client_say(first, GOOD);
    expect_answer(&fixture, first, "HTTP/1.1 200 OK\r\n", NULL);
    expect_answer(&fixture, second, "HTTP/1.1 503 Service Unavailable\r\n",
                  "Connection: close\r\n");
    expect_peaceful_end(&fixture, second);
    client_say(second, GOOD);
    assert_int_equal(http_server_counts(fixture.server).connections, 1);
    /* What waits for its client to close takes nobody's place. */
    close(first);
    await(&fixture, is_empty);
    first = connect_client(&fixture, false);
    client_say(first, GOOD);
    expect_answer(&fixture, first, "HTTP/1.1 200 OK\r\n", NULL);
    close(second);
    close(first);
    server_stop(&fixture);
}

/* However many are sent away at once, each gets the answer. */
static void test_many_are_sent_away(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int clients[2 * HTTP_TURNED_AWAY];

    (void)state;
    settings.connections = 0;
    server_start_with(&fixture, &settings);
    for (int i = 0; i < 2 * HTTP_TURNED_AWAY; i++) {
        clients[i] = connect_client(&fixture, false);
        expect_answer(&fixture, clients[i], "HTTP/1.1 503 Service Unavailable\r\n", NULL);
        expect_peaceful_end(&fixture, clients[i]);
    }
    assert_int_equal(http_server_counts(fixture.server).refused, 2 * HTTP_TURNED_AWAY);
    for (int i = 0; i < 2 * HTTP_TURNED_AWAY; i++)
        close(clients[i]);
    http_server_drain(fixture.server);
    await(&fixture, is_drained);
    server_stop(&fixture);
}

/*
 * Without descriptors the server sends clients away instead of spinning, and recovers: each of them
 * costs an accept that fails, one with the spare descriptor, and the look that finds nobody else.
 */
static void test_out_of_descriptors(void **state)
{
    struct fixture fixture;
    struct rlimit old;
    struct rlimit new;
    int queue[QUEUE];
    int second;

    (void)state;
    server_start(&fixture);
    for (int i = 0; i < QUEUE; i++)
        queue[i] = connect_client(&fixture, false);
    second = dup(queue[0]);
    accept_calls = 0;
    getrlimit(RLIMIT_NOFILE, &old);
    new = old;
    new.rlim_cur = (rlim_t)second;
    close(second);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &new), 0);
    for (int i = 0; i < QUEUE; i++)
        expect_answer(&fixture, queue[i], "HTTP/1.1 503 Service Unavailable\r\n", NULL);
    /* Not before: each is a descriptor that the server could let the next client in with. */
    for (int i = 0; i < QUEUE; i++)
        close(queue[i]);
    assert_int_equal(http_server_counts(fixture.server).refused, QUEUE);
    assert_true(accept_calls <= 3 * QUEUE);
    setrlimit(RLIMIT_NOFILE, &old);
    second = connect_client(&fixture, false);
    client_say(second, GOOD);
    expect_answer(&fixture, second, "HTTP/1.1 200 OK\r\n", NULL);
    close(second);
    server_stop(&fixture);
}

/* Not one descriptor, also not the spare one: what waits is looked at again now and then. */
static void test_no_descriptor_at_all(void **state)
{
    struct fixture fixture;
    struct rlimit old;
    struct rlimit new;
    uint64_t begin;
    int fd;

    (void)state;
    server_start(&fixture);
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    getrlimit(RLIMIT_NOFILE, &old);
    new = old;
    new.rlim_cur = 0;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &new), 0);
    begin = loop_now(fixture.loop);
    accept_calls = 0;
    await(&fixture, has_tried_often);
    setrlimit(RLIMIT_NOFILE, &old);
    assert_true(loop_now(fixture.loop) - begin >= (TRIES / 2 - 1) * HTTP_ACCEPT_PAUSE);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(fd);
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(fd);
    server_stop(&fixture);
}

/* Guests share their memory; who has authenticated has his own. */
static void test_memory_of_guests_is_limited(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int known;
    int guest;
    int other;

    (void)state;
    settings.guest_total_limit = 2 * HTTP_READ_BYTES - 1;
    server_start_with(&fixture, &settings);
    fixture.authenticates = true;
    known = connect_client(&fixture, false);
    client_say(known, GOOD);
    expect_answer(&fixture, known, "HTTP/1.1 200 OK\r\n", NULL);
    fixture.authenticates = false;
    guest = connect_client(&fixture, false);
    client_say(guest, "POST ");
    other = connect_client(&fixture, false);
    client_say(other, "POST ");
    expect_answer(&fixture, other, "HTTP/1.1 503 Service Unavailable\r\n", "Connection: close\r\n");
    expect_peaceful_end(&fixture, other);
    close(other);
    client_say(known, "POST /wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, known, "HTTP/1.1 200 OK\r\n", NULL);
    client_say(guest, "/wsman HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, guest, "HTTP/1.1 200 OK\r\n", NULL);
    other = connect_client(&fixture, false);
    client_say(other, GOOD);
    expect_answer(&fixture, other, "HTTP/1.1 200 OK\r\n", NULL);
    close(other);
    close(guest);
    close(known);
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
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_a_reset_does_not_overtake_the_503),
        cmocka_unit_test(test_many_are_sent_away),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_no_descriptor_at_all),
        cmocka_unit_test(test_memory_of_guests_is_limited),
        cmocka_unit_test(test_freeing_tells_the_user),
    };

    return cmocka_run_group_tests_name("http/server_limits", tests, NULL, NULL);
}
