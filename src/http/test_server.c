/* SPDX-License-Identifier: ISC */

/* The server on real sockets: late answers, clients that leave, deadlines, limits, back-pressure.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "http/server.h"
#include "input_limits.h"

#define HEAD "POST /wsman HTTP/1.1\r\nHost: a\r\n"
#define GOOD HEAD "Content-Length: 2\r\n\r\nhi"

enum { PATIENCE = 10000, TICK = 1, BIG = 3 * 1024 * 1024, SMALLER = 200 * 1024 };

/* What the user of the server does with a request. */
enum manner { ANSWER_AT_ONCE, ANSWER_LATER };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    uint16_t port;
    enum manner manner;
    unsigned status;
    const char *location;
    void *user;         /* given to each connection */
    bool authenticates; /* marks connections as authenticated */
    const char *body;
    size_t body_length;
    /* What the server has told. */
    int requests;
    uint64_t handle;
    char target[64];
    char host[64];
    char authorization[64];
    char peer[64];
    void *found_user;
    uint32_t listener;
    bool dropped;
    bool authenticated;
    size_t length;
    int gone;
    int closed;
    int written;
    int delivered;
    uint64_t token;
    bool drained;
    /* What is waited for. */
    struct loop_timer tick;
    uint64_t patience;
    bool (*awaited)(struct fixture *fixture);
    int reader;
    struct buffer in;
    bool ended; /* the reader's connection */
};

static void copy_text(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "(none)");
}

static void on_request(void *context, const struct http_request *request)
{
    struct fixture *fixture = context;

    fixture->requests++;
    fixture->handle = request->handle;
    copy_text(fixture->target, sizeof(fixture->target), request->target);
    copy_text(fixture->host, sizeof(fixture->host), request->host);
    copy_text(fixture->authorization, sizeof(fixture->authorization), request->authorization);
    copy_text(fixture->peer, sizeof(fixture->peer), request->peer);
    fixture->found_user = *request->user;
    fixture->listener = request->listener;
    fixture->dropped = request->body_dropped;
    fixture->authenticated = request->authenticated;
    fixture->length = request->body_length;
    *request->user = fixture->user;
    if (fixture->authenticates)
        http_server_authenticated(fixture->server, request->handle, true);
    if (fixture->manner == ANSWER_AT_ONCE) {
        const struct http_headers headers = {.location = fixture->location};

        assert_true(http_answer(fixture->server, request->handle, 7, fixture->status, &headers,
                                fixture->body, fixture->body_length));
    }
}

static void on_gone(void *context, uint64_t handle, void *user)
{
    struct fixture *fixture = context;

    assert_int_equal(handle, fixture->handle);
    assert_ptr_equal(user, fixture->user);
    assert_false(http_answer(fixture->server, handle, 0, 200, NULL, NULL, 0));
    fixture->gone++;
}

static void on_written(void *context, uint64_t handle, uint64_t token, bool delivered)
{
    struct fixture *fixture = context;

    (void)handle;
    fixture->written++;
    fixture->delivered += delivered;
    fixture->token = token;
}

static void on_closed(void *context, void *user)
{
    struct fixture *fixture = context;

    assert_ptr_equal(user, fixture->user);
    fixture->closed++;
}

static bool on_path(void *context, const char *path, size_t length)
{
    (void)context;
    return length == strlen("/wsman") && memcmp(path, "/wsman", length) == 0;
}

static void on_drained(void *context)
{
    ((struct fixture *)context)->drained = true;
}

static const struct http_events events = {
    .request = on_request,
    .gone = on_gone,
    .written = on_written,
    .closed = on_closed,
    .path_known = on_path,
    .drained = on_drained,
};

static void on_tick(struct loop_timer *tick)
{
    struct fixture *fixture = container_of(tick, struct fixture, tick);

    if (fixture->awaited(fixture) || loop_now(fixture->loop) > fixture->patience)
        loop_stop(fixture->loop);
    else
        loop_timer_start(fixture->loop, tick, TICK);
}

/* Turns the loop until `awaited` holds. */
static void await(struct fixture *fixture, bool (*awaited)(struct fixture *fixture))
{
    fixture->awaited = awaited;
    fixture->patience = loop_now(fixture->loop) + PATIENCE;
    loop_timer_start(fixture->loop, &fixture->tick, TICK);
    loop_run(fixture->loop);
    loop_timer_stop(fixture->loop, &fixture->tick);
    assert_true(loop_now(fixture->loop) <= fixture->patience);
}

static void start_with(struct fixture *fixture, const struct http_settings *settings)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    *fixture = (struct fixture){.status = 200, .body = "answer", .body_length = 6};
    fixture->user = fixture;
    fixture->tick.expired = on_tick;
    fixture->loop = loop_new();
    assert_non_null(fixture->loop);
    fixture->server = http_server_new(fixture->loop, &events, fixture, settings);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    fixture->port = ntohs(address.sin_port);
    buffer_init(&fixture->in, 16 * 1024 * 1024);
    assert_true(http_server_listen(fixture->server, fd, 3, 0));
}

static void start(struct fixture *fixture)
{
    start_with(fixture, NULL);
}

static void stop(struct fixture *fixture)
{
    http_server_free(fixture->server);
    loop_free(fixture->loop);
    buffer_free(&fixture->in);
}

/* A client's socket; `small`: with buffers as tiny as they get. */
static int connect_client(struct fixture *fixture, bool small)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(fixture->port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int size = 1;

    assert_true(fd >= 0);
    if (small)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

/* The server gets one end of a pair with tiny buffers; the other is returned. */
static int adopt_tiny_pair(struct fixture *fixture)
{
    int pair[2];
    int size = 1;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    fcntl(pair[1], F_SETFL, O_NONBLOCK);
    assert_true(http_server_adopt(fixture->server, pair[0], 9, 0));
    return pair[1];
}

static void say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void read_more(struct fixture *fixture)
{
    for (;;) {
        uint8_t *room = buffer_reserve(&fixture->in, 65536);
        ssize_t count = recv(fixture->reader, room, 65536, 0);

        if (count <= 0) {
            fixture->ended |= count == 0 || errno != EAGAIN;
            return;
        }
        buffer_added(&fixture->in, (size_t)count);
    }
}

/* Where `what` stands in the first `length` bytes of the input; `length` when nowhere. */
static size_t find(const struct fixture *fixture, size_t length, const char *what)
{
    for (size_t at = fixture->in.start; at + strlen(what) <= fixture->in.start + length; at++)
        if (memcmp(fixture->in.data + at, what, strlen(what)) == 0)
            return at - fixture->in.start;
    return length;
}

/* Length of the whole answer at the front of the input; 0: not complete. */
static size_t answer_length(const struct fixture *fixture)
{
    size_t there = buffer_length(&fixture->in);
    size_t end = find(fixture, there, "\r\n\r\n");
    size_t field = find(fixture, end, "Content-Length: ");
    size_t length = end + 4;

    if (end == there)
        return 0;
    if (field < end)
        length +=
            strtoul((const char *)fixture->in.data + fixture->in.start + field + 16, NULL, 10);
    return length <= there ? length : 0;
}

static bool has_answer(struct fixture *fixture)
{
    read_more(fixture);
    return answer_length(fixture) > 0 || fixture->ended;
}

static bool has_ended(struct fixture *fixture)
{
    read_more(fixture);
    return fixture->ended;
}

/* Reads one answer from `fd`; it begins with `wanted`, and `says` occurs in it (NULL: anything). */
static void expect_answer(struct fixture *fixture, int fd, const char *wanted, const char *says)
{
    size_t length;

    fixture->reader = fd;
    fixture->ended = false;
    await(fixture, has_answer);
    length = answer_length(fixture);
    assert_true(length >= strlen(wanted));
    assert_memory_equal(buffer_bytes(&fixture->in), wanted, strlen(wanted));
    if (says != NULL)
        assert_true(find(fixture, length, says) < length);
    buffer_consume(&fixture->in, length);
}

static void expect_end(struct fixture *fixture, int fd)
{
    fixture->reader = fd;
    fixture->ended = false;
    await(fixture, has_ended);
    assert_int_equal(buffer_length(&fixture->in), 0);
}

static bool has_request(struct fixture *fixture)
{
    return fixture->requests > 0;
}

static bool has_two_requests(struct fixture *fixture)
{
    return fixture->requests > 1;
}

static bool is_gone(struct fixture *fixture)
{
    return fixture->gone > 0;
}

static bool is_closed(struct fixture *fixture)
{
    return fixture->closed > 0;
}

static bool is_written(struct fixture *fixture)
{
    return fixture->written > 0;
}

static bool is_drained(struct fixture *fixture)
{
    return fixture->drained;
}

static bool is_empty(struct fixture *fixture)
{
    return http_server_counts(fixture->server).connections == 0;
}

static void test_answers(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fd = connect_client(&fixture, false);
    say(fd, "POST /wsman?a=b HTTP/1.1\r\nHost: me:1\r\nAuthorization: Basic eA==\r\n"
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
    say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    assert_ptr_equal(fixture.found_user, &fixture);
    assert_string_equal(fixture.authorization, "(none)");
    assert_int_equal(http_server_counts(fixture.server).connections, 1);
    close(fd);
    await(&fixture, is_closed);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(http_server_counts(fixture.server).connections, 0);
    stop(&fixture);
}

static void test_pipelined_requests_in_order(void **state)
{
    struct fixture fixture;
    uint64_t first;
    int fd;

    (void)state;
    start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    say(fd, GOOD HEAD "Content-Length: 3\r\n\r\nyou");
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
    stop(&fixture);
}

/* More than arrives in one read, and sent while the answer is owed. */
static void test_pipelined_while_waiting(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    say(fd, GOOD);
    await(&fixture, has_request);
    say(fd, GOOD);
    fixture.manner = ANSWER_AT_ONCE;
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    await(&fixture, has_two_requests);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "answer");
    close(fd);
    stop(&fixture);
}

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

static void leave_while_waiting(bool reset, const char *more)
{
    struct fixture fixture;
    int fd;

    start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    say(fd, GOOD);
    await(&fixture, has_request);
    if (more != NULL)
        say(fd, more);
    leave(&fixture, fd, reset);
    stop(&fixture);
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
    start(&fixture);
    fill_body(&fixture, big);
    fd = connect_client(&fixture, true);
    say(fd, GOOD GOOD);
    await(&fixture, has_request);
    assert_int_equal(fixture.written, 0);
    expect_big_answer(&fixture, fd);
    assert_int_equal(fixture.requests, 2);
    fixture.delivered = 0;
    expect_big_answer(&fixture, fd);
    close(fd);
    stop(&fixture);
    free(big);
}

static void test_partial_writes_into_tiny_buffers(void **state)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fill_body(&fixture, big);
    fixture.body_length = SMALLER;
    fd = adopt_tiny_pair(&fixture);
    say(fd, GOOD);
    await(&fixture, has_request);
    assert_int_equal(fixture.listener, 9);
    assert_int_equal(fixture.written, 0);
    expect_big_answer(&fixture, fd);
    say(fd, GOOD);
    fixture.delivered = 0;
    expect_big_answer(&fixture, fd);
    close(fd);
    stop(&fixture);
    free(big);
}

static void test_an_answer_cut_short_is_told(void **state)
{
    char *big = malloc(BIG);
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fill_body(&fixture, big);
    fd = adopt_tiny_pair(&fixture);
    say(fd, GOOD);
    await(&fixture, has_request);
    close(fd);
    await(&fixture, is_written);
    assert_int_equal(fixture.delivered, 0);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(fixture.closed, 1);
    stop(&fixture);
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
    start_with(&fixture, &settings);
    fill_body(&fixture, big);
    fd = adopt_tiny_pair(&fixture);
    say(fd, GOOD);
    await(&fixture, is_written);
    assert_int_equal(fixture.delivered, 0);
    assert_int_equal(fixture.closed, 1);
    close(fd);
    stop(&fixture);
    free(big);
}

static void test_every_401_keeps_the_connection(void **state)
{
    struct fixture fixture;
    char *body = malloc(HTTP_DROP_BYTES + 1);
    char head[128];
    int fd;

    (void)state;
    start(&fixture);
    memset(body, 'x', HTTP_DROP_BYTES);
    body[HTTP_DROP_BYTES] = '\0';
    fixture.status = 401;
    fd = connect_client(&fixture, false);
    snprintf(head, sizeof(head), HEAD "Content-Length: %d\r\n\r\n", HTTP_DROP_BYTES);
    say(fd, head);
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
    say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    assert_false(fixture.dropped);
    close(fd);
    stop(&fixture);
    free(body);
}

/* The client sends on while the answer says that the connection ends; it can still read that. */
static void test_a_last_answer_is_not_lost(void **state)
{
    struct fixture fixture;
    char junk[16384];
    int fd;

    (void)state;
    start(&fixture);
    memset(junk, 'x', sizeof(junk));
    fd = connect_client(&fixture, false);
    say(fd, HEAD "Content-Length: 600000\r\n\r\n");
    await(&fixture, has_request);
    for (int i = 0; i < 10; i++)
        assert_int_equal(send(fd, junk, sizeof(junk), MSG_NOSIGNAL), sizeof(junk));
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n");
    expect_end(&fixture, fd);
    assert_int_equal(http_server_counts(fixture.server).connections, 1);
    close(fd);
    await(&fixture, is_empty);
    stop(&fixture);
}

static void test_lingering_has_an_end(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.linger_time = 20;
    start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    say(fd, "\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 400 Bad Request\r\n", "Connection: close\r\n");
    await(&fixture, is_empty);
    close(fd);
    stop(&fixture);
}

static void test_refusals_keep_or_close(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fd = connect_client(&fixture, false);
    say(fd, "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: POST\r\n");
    say(fd, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    expect_answer(&fixture, fd, "HTTP/1.1 404 Not Found\r\n", NULL);
    say(fd, HEAD "\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 411 Length Required\r\n", "Connection: close\r\n");
    expect_end(&fixture, fd);
    assert_int_equal(fixture.requests, 0);
    close(fd);
    stop(&fixture);
}

static void test_continue(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fd = connect_client(&fixture, false);
    say(fd, HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    expect_answer(&fixture, fd, "HTTP/1.1 100 Continue\r\n\r\n", NULL);
    assert_int_equal(fixture.requests, 0);
    say(fd, "hi");
    expect_answer(&fixture, fd, "HTTP/1.1 200 OK\r\n", NULL);
    close(fd);
    stop(&fixture);
}

static void test_bad_header_becomes_500(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fixture.status = 302;
    fixture.location = "http://a/\r\nX: y";
    fd = connect_client(&fixture, false);
    say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 500 Internal Server Error\r\n", "Content-Length: 0\r\n");
    assert_int_equal(fixture.written, 1);
    assert_int_equal(fixture.delivered, 0);
    fixture.location = NULL;
    say(fd, GOOD);
    expect_answer(&fixture, fd, "HTTP/1.1 302 Found\r\n", NULL);
    close(fd);
    stop(&fixture);
}

static void test_close_without_answer(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    say(fd, GOOD);
    await(&fixture, has_request);
    http_server_close(fixture.server, fixture.handle);
    assert_int_equal(fixture.gone, 0);
    assert_int_equal(fixture.closed, 1);
    expect_end(&fixture, fd);
    close(fd);
    stop(&fixture);
}

static void test_head_deadline_is_total(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.head_time = 20;
    start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    say(fd, "POST ");
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    close(fd);
    stop(&fixture);
}

static void test_body_deadline(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.body_time = 20;
    settings.body_rate = 1000000;
    start_with(&fixture, &settings);
    fd = connect_client(&fixture, false);
    say(fd, HEAD "Content-Length: 2\r\n\r\nh");
    expect_answer(&fixture, fd, "HTTP/1.1 408 Request Timeout\r\n", "Connection: close\r\n");
    assert_int_equal(fixture.requests, 0);
    close(fd);
    stop(&fixture);
}

static void test_idle_guests_end_and_others_stay(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int guest;
    int other;

    (void)state;
    settings.guest_idle_time = 20;
    start_with(&fixture, &settings);
    fixture.authenticates = true;
    other = connect_client(&fixture, false);
    say(other, GOOD);
    expect_answer(&fixture, other, "HTTP/1.1 200 OK\r\n", NULL);
    assert_false(fixture.authenticated);
    guest = connect_client(&fixture, false);
    expect_end(&fixture, guest);
    assert_int_equal(http_server_counts(fixture.server).guests, 0);
    say(other, GOOD);
    expect_answer(&fixture, other, "HTTP/1.1 200 OK\r\n", NULL);
    assert_true(fixture.authenticated);
    close(guest);
    close(other);
    stop(&fixture);
}

/* However busy a guest is, it has to authenticate in time. */
static void test_guest_time_is_total(void **state)
{
    struct http_settings settings = http_settings_default();
    struct fixture fixture;
    int fd;

    (void)state;
    settings.guest_time = 40;
    start_with(&fixture, &settings);
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
    stop(&fixture);
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
        start_with(&fixture, &settings);
        fixture.manner = ANSWER_LATER;
        first = connect_client(&fixture, false);
        say(first, GOOD);
        await(&fixture, has_request);
        second = connect_client(&fixture, false);
        say(second, GOOD);
        expect_answer(&fixture, second, "HTTP/1.1 503 Service Unavailable\r\n",
                      "Connection: close\r\n");
        expect_end(&fixture, second);
        assert_int_equal(http_server_counts(fixture.server).refused, 1);
        close(first);
        await(&fixture, is_empty);
        close(second);
        second = connect_client(&fixture, false);
        say(second, GOOD);
        await(&fixture, has_two_requests);
        close(second);
        stop(&fixture);
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
    start(&fixture);
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
    say(second, GOOD);
    expect_answer(&fixture, second, "HTTP/1.1 200 OK\r\n", NULL);
    close(first);
    close(second);
    stop(&fixture);
}

static void test_drain(void **state)
{
    struct fixture fixture;
    int waiting;
    int idle;

    (void)state;
    start(&fixture);
    idle = connect_client(&fixture, false);
    say(idle, "GET /wsman HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(&fixture, idle, "HTTP/1.1 405 Method Not Allowed\r\n", NULL);
    fixture.manner = ANSWER_LATER;
    waiting = connect_client(&fixture, false);
    say(waiting, GOOD);
    await(&fixture, has_request);
    http_server_drain(fixture.server);
    expect_end(&fixture, idle);
    assert_false(fixture.drained);
    assert_true(http_answer(fixture.server, fixture.handle, 0, 200, NULL, NULL, 0));
    expect_answer(&fixture, waiting, "HTTP/1.1 200 OK\r\n", "Connection: close\r\n");
    close(waiting);
    await(&fixture, is_drained);
    close(idle);
    stop(&fixture);
}

static void test_freeing_tells_the_user(void **state)
{
    struct fixture fixture;
    int fd;

    (void)state;
    start(&fixture);
    fixture.manner = ANSWER_LATER;
    fd = connect_client(&fixture, false);
    say(fd, GOOD);
    await(&fixture, has_request);
    http_server_free(fixture.server);
    fixture.server = NULL;
    assert_int_equal(fixture.closed, 1);
    close(fd);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_pipelined_requests_in_order),
        cmocka_unit_test(test_pipelined_while_waiting),
        cmocka_unit_test(test_a_fin_while_waiting_counts_as_gone),
        cmocka_unit_test(test_a_fin_behind_more_bytes_counts_as_gone),
        cmocka_unit_test(test_a_reset_while_waiting_counts_as_gone),
        cmocka_unit_test(test_partial_writes),
        cmocka_unit_test(test_partial_writes_into_tiny_buffers),
        cmocka_unit_test(test_an_answer_cut_short_is_told),
        cmocka_unit_test(test_an_answer_that_is_not_taken),
        cmocka_unit_test(test_every_401_keeps_the_connection),
        cmocka_unit_test(test_a_last_answer_is_not_lost),
        cmocka_unit_test(test_lingering_has_an_end),
        cmocka_unit_test(test_refusals_keep_or_close),
        cmocka_unit_test(test_continue),
        cmocka_unit_test(test_bad_header_becomes_500),
        cmocka_unit_test(test_close_without_answer),
        cmocka_unit_test(test_head_deadline_is_total),
        cmocka_unit_test(test_body_deadline),
        cmocka_unit_test(test_idle_guests_end_and_others_stay),
        cmocka_unit_test(test_guest_time_is_total),
        cmocka_unit_test(test_connections_are_limited),
        cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_freeing_tells_the_user),
    };

    return cmocka_run_group_tests_name("http/server", tests, NULL, NULL);
}
