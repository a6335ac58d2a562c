/* SPDX-License-Identifier: ISC */

#include "host/test_broker.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"

enum { PATIENCE = 60000 };

/* One message, as it was on the wire. */
struct arrived {
    struct list link;
    enum message_type type;
    struct buffer frame;
};

static void keep(struct channel *channel, enum message_type type, const union message_body *body)
{
    struct test_link *link = channel_owner(channel);
    struct arrived *arrived = mem_alloc(sizeof(*arrived));

    arrived->type = type;
    buffer_init(&arrived->frame, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    assert_true(message_encode(&arrived->frame, type, body));
    list_append(&link->arrived, &arrived->link);
    if (type == MESSAGE_host_started)
        channel_set_state(channel, CHANNEL_serving);
    loop_stop(link->loop);
}

#define M(name)                                                                      \
    static void keep_##name(struct channel *channel, const union message_body *body) \
    {                                                                                \
        keep(channel, MESSAGE_##name, body);                                         \
    }
MESSAGE_TABLE(M)
#undef M

static const channel_handler keepers[MESSAGE_COUNT] = {
#define M(name) [MESSAGE_##name] = keep_##name,
    MESSAGE_TABLE(M)
#undef M
};

static void link_ended(struct channel *channel, bool fault, const char *why)
{
    struct test_link *link = channel_owner(channel);

    if (fault)
        fail_msg("the host %s", why);
    link->ended = true;
    loop_stop(link->loop);
}

static const struct channel_events link_events = {.handlers = keepers, .ended = link_ended};

static void link_begin(struct test_link *link, struct loop *loop, int fd, enum process self,
                       enum process peer)
{
    *link = (struct test_link){.loop = loop};
    list_init(&link->arrived);
    arena_init(&link->arena, (size_t)16 * 1024 * 1024);
    link->channel = channel_new(loop, fd, self, peer, &link_events, link);
    assert_non_null(link->channel);
}

void test_link_open(struct test_link *link, struct loop *loop, int *remote)
{
    int pair[2];

    assert_true(channel_pair(pair));
    *remote = pair[1];
    link_begin(link, loop, pair[0], PROCESS_net, PROCESS_shell_host);
    channel_set_state(link->channel, CHANNEL_serving);
}

void test_link_close(struct test_link *link)
{
    list_each(item, &link->arrived) {
        struct arrived *arrived = container_of(item, struct arrived, link);

        list_remove(item);
        buffer_free(&arrived->frame);
        free(arrived);
    }
    channel_free(link->channel);
    link->channel = NULL;
    arena_free(&link->arena);
}

static noreturn void run_host(int fd, const char *folder)
{
    const char *program = getenv("WINRMD_HOST");

    if (dup2(fd, CHANNEL_FD) != CHANNEL_FD || chdir(folder) != 0)
        _exit(126);
    execl(program, program, (char *)NULL);
    _exit(127);
}

void test_host_open(struct test_host *host, enum process peer, const char *folder)
{
    int pair[2];

    assert_non_null(getenv("WINRMD_HOST"));
    host->loop = loop_new();
    assert_true(channel_pair(pair));
    host->pid = fork();
    assert_true(host->pid >= 0);
    if (host->pid == 0)
        run_host(pair[1], folder);
    close(pair[1]);
    link_begin(&host->broker, host->loop, pair[0], PROCESS_broker, peer);
}

int test_host_wait(struct test_host *host)
{
    int status = -1;

    for (int i = 0; i < PATIENCE; i++) {
        if (waitpid(host->pid, &status, WNOHANG) == host->pid) {
            host->pid = 0;
            return status;
        }
        test_quiet(&host->broker, 1);
    }
    fail_msg("the host does not end");
    return -1;
}

void test_host_close(struct test_host *host)
{
    if (host->pid > 0) {
        kill(host->pid, SIGKILL);
        waitpid(host->pid, NULL, 0);
    }
    test_link_close(&host->broker);
    loop_free(host->loop);
}

/* ---- waiting ---- */

static bool timed_out;
static struct loop *timed_loop;

static void time_over(struct loop_timer *timer)
{
    (void)timer;
    timed_out = true;
    loop_stop(timed_loop);
}

/* Turns the loop until something arrived at `link`, it ended or the time is over. */
static void run_for(struct test_link *link, unsigned milliseconds, bool first)
{
    struct loop_timer timer = {.expired = time_over};

    timed_out = false;
    timed_loop = link->loop;
    loop_timer_start(link->loop, &timer, milliseconds);
    while (!timed_out && !(first && (link->ended || !list_empty(&link->arrived))))
        loop_run(link->loop);
    loop_timer_stop(link->loop, &timer);
}

bool test_quiet(struct test_link *link, unsigned milliseconds)
{
    run_for(link, milliseconds, false);
    return list_empty(&link->arrived);
}

static enum message_type take(struct test_link *link)
{
    struct arrived *arrived;
    enum message_type type;
    size_t length;

    if (list_empty(&link->arrived))
        run_for(link, PATIENCE, true);
    if (list_empty(&link->arrived))
        return MESSAGE_none;
    arrived = container_of(link->arrived.next, struct arrived, link);
    list_remove(&arrived->link);
    arena_reset(&link->arena);
    length = buffer_length(&arrived->frame) - MESSAGE_HEADER_SIZE;
    /* Decoded texts point into the frame: it moves into the arena. */
    uint8_t *frame = arena_alloc(&link->arena, length + 1);

    memcpy(frame, buffer_bytes(&arrived->frame) + MESSAGE_HEADER_SIZE, length);
    assert_true(message_decode(arrived->type, frame, length, &link->arena, &link->body));
    type = arrived->type;
    buffer_free(&arrived->frame);
    free(arrived);
    return type;
}

static const char *type_name(enum message_type type)
{
    return type == MESSAGE_none ? "nothing" : message_layout(type)->name;
}

const union message_body *test_expect(struct test_link *link, enum message_type type)
{
    enum message_type got = take(link);

    if (got != type)
        fail_msg("expected %s, got %s", type_name(type), type_name(got));
    return &link->body;
}

const union message_body *test_await(struct test_link *link, enum message_type type)
{
    enum message_type got;

    do {
        got = take(link);
    } while (got != type && got != MESSAGE_none);
    if (got != type)
        fail_msg("expected %s, got nothing", type_name(type));
    return &link->body;
}
