/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "ipc/channel.h"

/* Two ends on one loop: `left` plays winrmd-net, `right` the broker, or the other way round. */
static struct {
    struct loop *loop;
    struct channel *left;
    struct channel *right;
    int got;
    int fds[3];
    size_t fd_count;
    char text[64];
    bool fault;
    char why[160];
} world;

static void handle_granted(struct channel *channel, const union message_body *body)
{
    (void)channel;
    assert_true(world.fd_count < 3);
    world.fds[world.fd_count++] = body->operation_granted.channel;
    snprintf(world.text, sizeof(world.text), "%s", body->operation_granted.command_id);
    if (++world.got == 3)
        loop_stop(world.loop);
}

static void handle_free(struct channel *channel, const union message_body *body)
{
    (void)body;
    world.got++;
    channel_free(channel);
    world.right = NULL;
    loop_stop(world.loop);
}

static void remember_end(struct channel *channel, bool fault, const char *why)
{
    world.fault = fault;
    snprintf(world.why, sizeof(world.why), "%s", why);
    if (channel == world.right)
        world.right = NULL;
    else
        world.left = NULL;
    channel_free(channel);
    loop_stop(world.loop);
}

static void handle_refused(struct channel *channel, const union message_body *body)
{
    (void)channel;
    (void)body;
    world.got++;
}

static const channel_handler handlers[MESSAGE_COUNT] = {
    [MESSAGE_operation_refused] = handle_refused,
    [MESSAGE_operation_granted] = handle_granted,
    [MESSAGE_host_gone] = handle_free,
};
static const struct channel_events events = {handlers, remember_end};

static int world_open(void **state)
{
    int pair[2];

    (void)state;
    memset(&world, 0, sizeof(world));
    world.loop = loop_new();
    assert_true(channel_pair(pair));
    world.left = channel_new(world.loop, pair[0], PROCESS_broker, PROCESS_net, &events, NULL);
    world.right = channel_new(world.loop, pair[1], PROCESS_net, PROCESS_broker, &events, NULL);
    channel_set_state(world.right, CHANNEL_serving);
    return 0;
}

static int world_close(void **state)
{
    (void)state;
    channel_free(world.left);
    channel_free(world.right);
    loop_free(world.loop);
    return 0;
}

/* Same file? A descriptor that travelled has another number. */
static void assert_pipe(int write_end, int read_end)
{
    char byte;

    assert_int_equal(write(write_end, "p", 1), 1);
    assert_int_equal(read(read_end, &byte, 1), 1);
}

static void descriptors_arrive_with_their_own_message(void **state)
{
    int first[2], third[2];

    (void)state;
    assert_int_equal(pipe(first) + pipe(third), 0);
    assert_true(
        channel_send(world.left, operation_granted, .command_id = "one", .channel = dup(first[1])));
    assert_true(channel_send(world.left, operation_granted, .command_id = "two", .channel = -1));
    assert_true(channel_send(world.left, operation_granted, .command_id = "three",
                             .channel = dup(third[1])));
    loop_run(world.loop);
    assert_string_equal(world.text, "three");
    assert_pipe(world.fds[0], first[0]);
    assert_int_equal(world.fds[1], -1);
    assert_pipe(world.fds[2], third[0]);
    for (size_t i = 0; i < 2; i++) {
        close(first[i]);
        close(third[i]);
    }
    close(world.fds[0]);
    close(world.fds[2]);
}

/* The kernel may hand over bytes and a later message's descriptor in one piece. */
static void a_message_without_descriptor_takes_no_other_ones(void **state)
{
    int later[2];

    (void)state;
    assert_int_equal(pipe(later), 0);
    assert_true(channel_send(world.left, operation_granted, .command_id = "one", .channel = -1));
    assert_true(channel_send(world.left, operation_granted, .command_id = "two", .channel = 0));
    assert_true(channel_send(world.left, operation_granted, .command_id = "three",
                             .channel = dup(later[1])));
    loop_run(world.loop);
    assert_int_equal(world.fds[0], -1);
    assert_int_equal(world.fds[1], -1);
    assert_pipe(world.fds[2], later[0]);
    close(later[0]);
    close(later[1]);
    close(world.fds[2]);
}

/*
 * A process that has as many files open as it may: the message comes without its descriptor, those
 * behind it have theirs, and nobody is taken for one who breaks the rules (docs/reliability.md,
 * F-20).
 */
static void without_room_a_message_comes_without_its_descriptor(void **state)
{
    struct rlimit before, none;
    int later[2];

    (void)state;
    assert_int_equal(pipe(later), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
    assert_true(
        channel_send(world.left, operation_granted, .command_id = "one", .channel = dup(later[1])));
    channel_flush(world.left);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    channel_drain(world.right);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(world.got, 1);
    assert_false(channel_is_ended(world.right));
    assert_true(
        channel_send(world.left, operation_granted, .command_id = "two", .channel = dup(later[1])));
    assert_true(channel_send(world.left, operation_granted, .command_id = "three", .channel = -1));
    loop_run(world.loop);
    assert_int_equal(world.fds[0], -1);
    assert_pipe(world.fds[1], later[0]);
    assert_int_equal(world.fds[2], -1);
    close(later[0]);
    close(later[1]);
    close(world.fds[1]);
}

static void what_is_not_permitted_ends_the_channel(void **state)
{
    (void)state;
    channel_send(world.left, auth_ready);
    loop_run(world.loop);
    assert_null(world.right);
    assert_true(world.fault);
    assert_string_equal(world.why, "sent auth_ready, which is not permitted in state serving");
}

static void bytes_that_are_no_message_end_the_channel(void **state)
{
    struct message_host_gone gone = {.host = 1};
    struct buffer frame;

    (void)state;
    buffer_init(&frame, 1000);
    assert_true(message_encode(&frame, MESSAGE_host_gone, &gone));
    buffer_bytes(&frame)[0] = 3;
    channel_free(world.left);
    world.left = NULL;
    world_close(state);
    {
        int pair[2];

        memset(&world, 0, sizeof(world));
        world.loop = loop_new();
        assert_true(channel_pair(pair));
        world.right = channel_new(world.loop, pair[1], PROCESS_net, PROCESS_broker, &events, NULL);
        channel_set_state(world.right, CHANNEL_serving);
        assert_int_equal(write(pair[0], buffer_bytes(&frame), buffer_length(&frame)),
                         (int)buffer_length(&frame));
        loop_run(world.loop);
        close(pair[0]);
    }
    assert_true(world.fault);
    assert_string_equal(world.why, "sent a malformed host_gone");
    buffer_free(&frame);
}

static void a_handler_may_free_its_channel(void **state)
{
    (void)state;
    channel_send(world.left, host_gone, .host = 1);
    channel_send(world.left, host_gone, .host = 2);
    loop_run(world.loop);
    assert_int_equal(world.got, 1);
}

static void a_field_above_its_limit_is_not_sent(void **state)
{
    static char text[LIMIT_ID + 2];

    (void)state;
    memset(text, 'x', LIMIT_ID + 1);
    assert_false(channel_send(world.left, operation_granted, .command_id = text));
    text[LIMIT_ID] = '\0';
    assert_true(channel_send(world.left, operation_granted, .command_id = text));
}

static void a_peer_that_does_not_read_ends_the_channel(void **state)
{
    static uint8_t big[1000000];
    struct ipc_item chunk = {.name = "stdout", .value = (const char *)big, .length = sizeof(big)};
    int sent = 0;

    (void)state;
    memset(big, 'x', sizeof(big));
    channel_free(world.right);
    world.right = NULL;
    while (sent < 1000 && channel_send(world.left, output, .chunks = {&chunk, 1}))
        sent++;
    assert_in_range(sent, 1, CHANNEL_OUT_LIMIT / sizeof(big) + 1);
    assert_true(channel_is_ended(world.left));
    loop_run(world.loop);
    assert_null(world.left);
}

/* More than one read brings. */
static void what_a_dead_peer_has_said_is_heard(void **state)
{
    static char text[LIMIT_REASON];

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    for (int i = 0; i < 8; i++)
        assert_true(channel_send(world.left, operation_refused, .text = text));
    channel_flush(world.left);
    assert_int_equal(channel_backlog(world.left), 0);
    channel_free(world.left);
    world.left = NULL;
    channel_drain(world.right);
    assert_int_equal(world.got, 8);
    assert_true(channel_is_ended(world.right));
}

/* Writes one frame with a descriptor along, as no channel would. */
static void write_with_fd(int fd, enum message_type type, const void *body, int along)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    struct buffer frame;
    struct iovec data;
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};

    buffer_init(&frame, 1000);
    assert_true(message_encode(&frame, type, body));
    data = (struct iovec){buffer_bytes(&frame), buffer_length(&frame)};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &along, sizeof(int));
    assert_int_equal(sendmsg(fd, &message, MSG_NOSIGNAL), (int)data.iov_len);
    buffer_free(&frame);
}

/* The far end of a channel from `peer` to `receiver`; world.right is the near one. */
static int far_end_of(enum process receiver, enum process peer)
{
    int pair[2];

    channel_free(world.right);
    assert_true(channel_pair(pair));
    world.right = channel_new(world.loop, pair[1], receiver, peer, &events, NULL);
    channel_set_state(world.right, CHANNEL_serving);
    return pair[0];
}

/* S-33. What a descriptor leads to is closed when all of them are. */
static void descriptors_that_no_message_has_end_the_channel(void **state)
{
    static const struct {
        enum process receiver, peer;
        const char *why;
    } rows[] = {
        {PROCESS_net, PROCESS_shell_host, "sent a descriptor, which none of its messages has"},
        {PROCESS_broker, PROCESS_shell_host, "sent a descriptor, which none of its messages has"},
        {PROCESS_net, PROCESS_broker, "sent a descriptor that belongs to no message"},
    };
    const struct message_host_answer answer = {.request = 1};
    const struct message_shell_ended ended = {.operation = 1};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int far = far_end_of(rows[i].receiver, rows[i].peer);
        int along[2];
        char byte;

        assert_int_equal(pipe(along), 0);
        if (rows[i].peer == PROCESS_broker)
            write_with_fd(far, MESSAGE_operation_refused, &(struct message_operation_refused){0},
                          along[1]);
        else if (rows[i].receiver == PROCESS_net)
            write_with_fd(far, MESSAGE_host_answer, &answer, along[1]);
        else
            write_with_fd(far, MESSAGE_shell_ended, &ended, along[1]);
        close(along[1]);
        world.why[0] = '\0';
        loop_run(world.loop);
        assert_true(world.fault);
        assert_string_equal(world.why, rows[i].why);
        assert_int_equal(read(along[0], &byte, 1), 0);
        close(along[0]);
        close(far);
    }
}

/* S-34: the header is enough to refuse what is longer than any of its type. */
static void what_is_too_long_is_refused_by_its_header(void **state)
{
    uint32_t header[2] = {0, MESSAGE_shell_ended};
    int far;

    (void)state;
    header[0] = (uint32_t)message_size_most(MESSAGE_shell_ended) + 1;
    far = far_end_of(PROCESS_broker, PROCESS_shell_host);
    assert_int_equal(write(far, header, sizeof(header)), (int)sizeof(header));
    loop_run(world.loop);
    assert_true(world.fault);
    assert_string_equal(world.why, "sent a malformed shell_ended");
    close(far);
}

static size_t incomplete[8];
static size_t incomplete_count;

static void remember_incomplete(struct channel *channel, size_t memory)
{
    assert_true(incomplete_count < 8);
    incomplete[incomplete_count++] = memory;
    loop_stop(channel_loop(channel));
}

/* S-34 */
static void who_holds_memory_with_part_of_a_message_is_seen(void **state)
{
    static const struct channel_events telling = {handlers, remember_end, remember_incomplete};
    struct message_operation_refused refused = {.text = "some text"};
    struct buffer frame;
    int pair[2];

    (void)state;
    buffer_init(&frame, 1000);
    assert_true(message_encode(&frame, MESSAGE_operation_refused, &refused));
    channel_free(world.right);
    assert_true(channel_pair(pair));
    world.right = channel_new(world.loop, pair[1], PROCESS_net, PROCESS_broker, &telling, NULL);
    channel_set_state(world.right, CHANNEL_serving);
    incomplete_count = 0;
    assert_int_equal(write(pair[0], buffer_bytes(&frame), 3), 3);
    loop_run(world.loop);
    assert_int_equal(incomplete_count, 1);
    assert_true(incomplete[0] >= 3);
    assert_int_equal(world.got, 0);
    assert_int_equal(write(pair[0], buffer_bytes(&frame) + 3, buffer_length(&frame) - 3),
                     (int)buffer_length(&frame) - 3);
    loop_run(world.loop);
    assert_int_equal(incomplete_count, 2);
    assert_int_equal(incomplete[1], 0);
    assert_int_equal(world.got, 1);
    channel_break(world.right, "did something else");
    loop_run(world.loop);
    assert_true(world.fault);
    assert_string_equal(world.why, "did something else");
    close(pair[0]);
    buffer_free(&frame);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, world_open, world_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(descriptors_arrive_with_their_own_message),
        CASE(a_message_without_descriptor_takes_no_other_ones),
        CASE(without_room_a_message_comes_without_its_descriptor),
        CASE(what_is_not_permitted_ends_the_channel),
        CASE(bytes_that_are_no_message_end_the_channel),
        CASE(a_handler_may_free_its_channel),
        CASE(a_field_above_its_limit_is_not_sent),
        CASE(a_peer_that_does_not_read_ends_the_channel),
        CASE(what_a_dead_peer_has_said_is_heard),
        CASE(descriptors_that_no_message_has_end_the_channel),
        CASE(what_is_too_long_is_refused_by_its_header),
        CASE(who_holds_memory_with_part_of_a_message_is_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
