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
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_a_reset_does_not_overtake_the_503),
        cmocka_unit_test(test_many_are_sent_away),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_freeing_tells_the_user),
    };

    return cmocka_run_group_tests_name("http/server_limits", tests, NULL, NULL);
}
