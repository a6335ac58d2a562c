/* SPDX-License-Identifier: ISC */

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

#include <cmocka.h>

#include "http/test_server_world.h"

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
    fixture->socket = request->transport->fd;
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

static void on_unread(void *context, void *user)
{
    struct fixture *fixture = context;

    assert_ptr_equal(user, fixture->user);
    fixture->unread++;
}

static bool on_idle(void *context, void *user)
{
    struct fixture *fixture = context;

    assert_ptr_equal(user, fixture->user);
    fixture->idle++;
    return fixture->stays > 0 && fixture->stays-- > 0;
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
    ((struct fixture *)context)->drained++;
}

static void on_unlistened(void *context, uint32_t listener)
{
    struct fixture *fixture = context;

    fixture->unlistened++;
    fixture->last_unlistened = listener;
}

static const struct http_events events = {
    .request = on_request,
    .gone = on_gone,
    .written = on_written,
    .unread = on_unread,
    .idle = on_idle,
    .closed = on_closed,
    .path_known = on_path,
    .unlistened = on_unlistened,
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

void await(struct fixture *fixture, bool (*awaited)(struct fixture *fixture))
{
    fixture->awaited = awaited;
    fixture->patience = loop_now(fixture->loop) + PATIENCE;
    loop_timer_start(fixture->loop, &fixture->tick, TICK);
    loop_run(fixture->loop);
    loop_timer_stop(fixture->loop, &fixture->tick);
    assert_true(loop_now(fixture->loop) <= fixture->patience);
}

int open_listener(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

void server_start_with(struct fixture *fixture, const struct http_settings *settings)
{
    *fixture = (struct fixture){.status = 200, .body = "answer", .body_length = 6};
    fixture->user = fixture;
    fixture->tick.expired = on_tick;
    fixture->loop = loop_new();
    assert_non_null(fixture->loop);
    fixture->server = http_server_new(fixture->loop, &events, fixture, settings);
    buffer_init(&fixture->in, 16 * 1024 * 1024);
    assert_true(http_server_listen(fixture->server, open_listener(&fixture->port), 3, 0));
}

void server_start(struct fixture *fixture)
{
    server_start_with(fixture, NULL);
}

void server_stop(struct fixture *fixture)
{
    http_server_free(fixture->server);
    loop_free(fixture->loop);
    buffer_free(&fixture->in);
}

int connect_client(struct fixture *fixture, bool small)
{
    return connect_to(fixture->port, small);
}

int connect_to(uint16_t port, bool small)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
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

int adopt_tiny_pair(struct fixture *fixture)
{
    int pair[2];
    int size = 1;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    setsockopt(pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    fcntl(pair[1], F_SETFL, O_NONBLOCK);
    assert_true(http_server_adopt(fixture->server, pair[0], 9, 0));
    return pair[1];
}

void client_say(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static void read_more(struct fixture *fixture)
{
    for (;;) {
        uint8_t *room = buffer_reserve(&fixture->in, 65536);
        ssize_t count = recv(fixture->reader, room, 65536, 0);

        if (count <= 0) {
            fixture->reset = count < 0 && errno != EAGAIN;
            fixture->ended |= count == 0 || fixture->reset;
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

size_t answer_length(const struct fixture *fixture)
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

bool has_answer(struct fixture *fixture)
{
    read_more(fixture);
    return answer_length(fixture) > 0 || fixture->ended;
}

static bool has_ended(struct fixture *fixture)
{
    read_more(fixture);
    return fixture->ended;
}

void expect_answer(struct fixture *fixture, int fd, const char *wanted, const char *says)
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

void expect_end(struct fixture *fixture, int fd)
{
    fixture->reader = fd;
    fixture->ended = false;
    await(fixture, has_ended);
    assert_int_equal(buffer_length(&fixture->in), 0);
}

void expect_peaceful_end(struct fixture *fixture, int fd)
{
    expect_end(fixture, fd);
    assert_false(fixture->reset);
}

bool has_request(struct fixture *fixture)
{
    return fixture->requests > 0;
}

bool has_two_requests(struct fixture *fixture)
{
    return fixture->requests > 1;
}

bool is_gone(struct fixture *fixture)
{
    return fixture->gone > 0;
}

bool is_closed(struct fixture *fixture)
{
    return fixture->closed > 0;
}

bool is_written(struct fixture *fixture)
{
    return fixture->written > 0;
}

bool is_drained(struct fixture *fixture)
{
    return fixture->drained > 0;
}

bool is_unlistened(struct fixture *fixture)
{
    return fixture->unlistened > 0;
}

bool is_empty(struct fixture *fixture)
{
    return http_server_counts(fixture->server).connections == 0;
}
