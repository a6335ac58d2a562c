/* SPDX-License-Identifier: ISC */

/* The http server with an encrypted listener: its own deadline, limits, and clients that leave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/test_server_world.h"
#include "input_limits.h"
#include "tls/self_signed.h"
#include "tls/tls.h"

enum { SOON = 20, MANY = 200 };

static struct tls_server *security;
static SSL_CTX *context;

/* One client at a time; what `await` looks at has no other argument. */
static struct {
    SSL *ssl;
    int fd;
    char answer[65536];
    size_t length;
    bool ended;
} client;

static void start(struct fixture *fixture, const struct http_settings *settings)
{
    server_start_with(fixture, settings);
    assert_true(http_server_encrypt(fixture->server, 3, tls_server_source(security)));
    assert_false(http_server_encrypt(fixture->server, 4, tls_server_source(security)));
}

static void client_open(struct fixture *fixture)
{
    client.fd = connect_client(fixture, false);
    client.ssl = SSL_new(context);
    client.length = 0;
    client.ended = false;
    SSL_set_fd(client.ssl, client.fd);
    SSL_set_connect_state(client.ssl);
}

static void client_close(void)
{
    SSL_free(client.ssl);
    client.ssl = NULL;
    if (client.fd >= 0)
        close(client.fd);
    client.fd = -1;
}

static bool has_shaken_hands(struct fixture *fixture)
{
    (void)fixture;
    return SSL_do_handshake(client.ssl) == 1;
}

static void client_read(void)
{
    int count = SSL_read(client.ssl, client.answer + client.length,
                         (int)(sizeof(client.answer) - 1 - client.length));

    if (count > 0)
        client.length += (size_t)count;
    else
        client.ended = SSL_get_error(client.ssl, count) != SSL_ERROR_WANT_READ;
    client.answer[client.length] = '\0';
}

static bool client_has_answer(struct fixture *fixture)
{
    (void)fixture;
    client_read();
    return client.length > 0;
}

static bool client_has_ended(struct fixture *fixture)
{
    (void)fixture;
    client_read();
    return client.ended;
}

static bool is_not_empty(struct fixture *fixture)
{
    return !is_empty(fixture);
}

/* Who opens a connection and does not go on has its time, counted from accept. */
static void test_handshakes_have_a_deadline(void **state)
{
    static const char *const beginnings[] = {"", "\x16\x03",
                                             "\x16\x03\x01\x02\x00\x01\x00\x01\xfc"};
    struct http_settings settings = http_settings_default();

    (void)state;
    settings.handshake_time = SOON;
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        struct fixture fixture;
        int fd;

        start(&fixture, &settings);
        fd = connect_client(&fixture, false);
        client_say(fd, beginnings[i]);
        expect_end(&fixture, fd);
        await(&fixture, is_empty);
        close(fd);
        server_stop(&fixture);
    }
}

/* Who has not even shaken hands does not hold up the end. */
static void test_a_half_handshake_ends_with_its_listener(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.retired_guest_time = 0;
    settings.handshake_time = 1000 * PATIENCE;
    start(&fixture, &settings);
    fd = connect_client(&fixture, false);
    client_say(fd, "\x16\x03");
    await(&fixture, is_not_empty);
    http_server_drain(fixture.server);
    await(&fixture, is_drained);
    close(fd);
    server_stop(&fixture);
}

/* Behind it the other deadlines hold. */
static void test_the_handshake_is_not_the_head(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;

    (void)state;
    settings.guest_idle_time = SOON;
    start(&fixture, &settings);
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    await(&fixture, client_has_ended);
    /* In order: the farewell of TLS came. */
    assert_int_equal(SSL_get_shutdown(client.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    client_close();
    settings.guest_idle_time = http_settings_default().guest_idle_time;
    settings.head_time = SOON;
    http_server_set_settings(fixture.server, &settings);
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    assert_int_equal(SSL_write(client.ssl, "POST", 4), 4);
    await(&fixture, client_has_answer);
    assert_memory_equal(client.answer, "HTTP/1.1 408 ", 13);
    client_close();
    server_stop(&fixture);
}

static void test_at_a_limit_the_503_is_encrypted(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int first;

    (void)state;
    settings.connections = 1;
    start(&fixture, &settings);
    first = connect_client(&fixture, false);
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    await(&fixture, client_has_answer);
    assert_memory_equal(client.answer, "HTTP/1.1 503 ", 13);
    client_close();
    close(first);
    server_stop(&fixture);
}

static bool has_accepted(struct fixture *fixture)
{
    return http_server_counts(fixture->server).accepted >= (uint64_t)fixture->wanted;
}

/* When so many wait for theirs that there is no room for another one, nothing is said in clear. */
static void test_far_above_a_limit_nothing_is_said(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int others[1 + HTTP_TURNED_AWAY];
    int last;

    (void)state;
    settings.connections = 1;
    start(&fixture, &settings);
    for (int i = 0; i <= HTTP_TURNED_AWAY; i++) {
        others[i] = connect_client(&fixture, false);
        fixture.wanted = i + 1;
        await(&fixture, has_accepted);
    }
    last = connect_client(&fixture, false);
    client_say(last, GOOD);
    expect_end(&fixture, last);
    close(last);
    for (int i = 0; i <= HTTP_TURNED_AWAY; i++)
        close(others[i]);
    server_stop(&fixture);
}

static void test_a_request_and_its_answer(void **state)
{
    struct fixture fixture;

    (void)state;
    start(&fixture, NULL);
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    SSL_write(client.ssl, GOOD, (int)strlen(GOOD));
    await(&fixture, client_has_answer);
    assert_memory_equal(client.answer, "HTTP/1.1 200 ", 13);
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.delivered, 1);
    client_close();
    server_stop(&fixture);
}

static bool has_many_requests(struct fixture *fixture)
{
    client_read();
    return fixture->requests == MANY;
}

/* All in one record: the socket tells of the first bytes only. */
static void test_requests_behind_each_other_in_a_record(void **state)
{
    char all[MANY * sizeof(GOOD)] = "";
    struct fixture fixture;

    (void)state;
    for (int i = 0; i < MANY; i++)
        strcat(all, GOOD);
    assert_true(strlen(all) < 16384 && strlen(all) > 2 * 4096);
    start(&fixture, NULL);
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    assert_int_equal(SSL_write(client.ssl, all, (int)strlen(all)), strlen(all));
    await(&fixture, has_many_requests);
    client_close();
    server_stop(&fixture);
}

static bool answers_later(struct fixture *fixture)
{
    if (fixture->requests > fixture->written)
        http_answer(fixture->server, fixture->handle, 0, 200, NULL, NULL, 0);
    client_read();
    return fixture->requests == MANY;
}

/* The same when the answers come from outside of the server. */
static void test_requests_that_are_answered_later(void **state)
{
    char all[MANY * sizeof(GOOD)] = "";
    struct fixture fixture;

    (void)state;
    for (int i = 0; i < MANY; i++)
        strcat(all, GOOD);
    start(&fixture, NULL);
    fixture.manner = ANSWER_LATER;
    client_open(&fixture);
    await(&fixture, has_shaken_hands);
    assert_int_equal(SSL_write(client.ssl, all, (int)strlen(all)), strlen(all));
    await(&fixture, answers_later);
    client_close();
    server_stop(&fixture);
}

static void leave_by_farewell(void)
{
    SSL_shutdown(client.ssl);
}

static void leave_by_end(void)
{
    shutdown(client.fd, SHUT_WR);
}

static void leave_by_reset(void)
{
    const struct linger now = {.l_onoff = 1};

    setsockopt(client.fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(client.fd);
    client.fd = -1;
    SSL_set_quiet_shutdown(client.ssl, 1);
}

/* While its request waits; a second request behind it may have come before, in a record of its own.
 */
static void test_a_client_that_leaves_is_gone(void **state)
{
    static void (*const ways[])(void) = {leave_by_farewell, leave_by_end, leave_by_reset};

    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct fixture fixture;

        start(&fixture, NULL);
        fixture.manner = ANSWER_LATER;
        client_open(&fixture);
        await(&fixture, has_shaken_hands);
        SSL_write(client.ssl, GOOD, (int)strlen(GOOD));
        await(&fixture, has_request);
        assert_int_equal(fixture.gone, 0);
        ways[i]();
        await(&fixture, is_gone);
        assert_int_equal(fixture.closed, 1);
        client_close();
        server_stop(&fixture);
    }
}

static void test_plain_http_is_answered_plainly(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture, NULL);
    fd = connect_client(&fixture, false);
    client_say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n");
    assert_int_equal(fixture.requests, 0);
    expect_peaceful_end(&fixture, fd);
    close(fd);
    server_stop(&fixture);
}

static int prepare(void **state)
{
    char fingerprint[TLS_FINGERPRINT];
    char why[TLS_WHY];
    struct tls_settings settings = {
        .minimum = "1.2", .ciphers = "ECDHE+AESGCM", .ciphersuites = "TLS_AES_128_GCM_SHA256"};
    struct buffer pem;
    bool done;

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    buffer_init(&pem, 65536);
    done = tls_self_signed_make(&pem, "host", NULL, 0, time(NULL), fingerprint);
    settings.certificate = settings.key =
        (struct tls_file){(const char *)buffer_bytes(&pem), buffer_length(&pem)};
    security = tls_server_new();
    context = SSL_CTX_new(TLS_client_method());
    done = done && tls_server_set(security, &settings, why);
    buffer_free(&pem);
    return done ? 0 : 1;
}

static int clean(void **state)
{
    (void)state;
    tls_server_free(security);
    SSL_CTX_free(context);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handshakes_have_a_deadline),
        cmocka_unit_test(test_a_half_handshake_ends_with_its_listener),
        cmocka_unit_test(test_the_handshake_is_not_the_head),
        cmocka_unit_test(test_at_a_limit_the_503_is_encrypted),
        cmocka_unit_test(test_far_above_a_limit_nothing_is_said),
        cmocka_unit_test(test_a_request_and_its_answer),
        cmocka_unit_test(test_requests_behind_each_other_in_a_record),
        cmocka_unit_test(test_requests_that_are_answered_later),
        cmocka_unit_test(test_a_client_that_leaves_is_gone),
        cmocka_unit_test(test_plain_http_is_answered_plainly),
    };

    return cmocka_run_group_tests(tests, prepare, clean);
}
