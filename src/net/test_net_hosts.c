/* SPDX-License-Identifier: ISC */

/*
 * A shell host that does what no honest one does to the winrmd-net it talks to, whose other hosts
 * and clients are other users'. It loses the channel, the broker is told why, and nobody else
 * notices (docs/walls.md, "What comes from a host"; test_flow.h).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "faults.h"
#include "ipc/channel.h"
#include "net/test_flow.h"

enum { OTHER_HOST = 30, CROWD = 9, PIECE = 65536 };

/* One user's shell: a client whose Receive waits at a host. */
struct user {
    struct client client;
    struct peer host;
    uint32_t number; /* of the host */
    uint64_t request;
};

static void user_connect(struct world *world, struct user *user, uint32_t number)
{
    user->number = number;
    user->host.fd = -1;
    user->client = flow_open_client(world);
}

/* Asks, is granted, and has its payload passed to the host. */
static void user_ask(struct world *world, struct user *user, const char *action, const char *body,
                     enum operation_kind kind, enum message_type payload)
{
    int pair[2] = {-1, -1};

    flow_post(&user->client, action, SHELL_ID, body);
    user->request = flow_expect_operation(world, kind)->request;
    if (user->host.fd < 0) {
        assert_true(channel_pair(pair));
        assert_int_equal(fcntl(pair[0], F_SETFL, 0), 0);
        peer_open(&user->host, pair[0]);
    }
    peer_send(&world->broker, operation_granted, .request = user->request,
              .operation = FLOW_OPERATION, .host = user->number, .sequence = FLOW_SEQUENCE,
              .ticket = FLOW_TICKET, .command_id = COMMAND_ID, .channel = pair[1]);
    peer_receive(&user->host, payload);
}

static void user_receive(struct world *world, struct user *user)
{
    user_ask(world, user, SHELL_ "Receive", flow_receive_body, OPERATION_receive,
             MESSAGE_receive_output);
}

/* The request is still there, and its host can answer it. */
static void user_is_served(struct world *world, struct user *user)
{
    static const struct ipc_item chunk = {.name = "stdout", .value = "hello", .length = 5};

    peer_send(&user->host, output, .request = user->request, .chunks = {&chunk, 1},
              .state = COMMAND_STATE_running);
    flow_expect_success(&user->client, ">aGVsbG8=</rsp:Stream>");
    assert_true(peer_expect(&user->host, output_written)->delivered);
    flow_expect_written(world);
}

static void user_leave(struct world *world, struct user *user)
{
    flow_leave(world, &user->client);
    peer_close(&user->host);
}

/* The broker hears of it, the host's channel is closed. */
static void expect_broken(struct world *world, struct user *user, const char *why)
{
    const struct message_host_broke *broke = peer_expect(&world->broker, host_broke);
    char byte;

    assert_int_equal(broke->host, user->number);
    if (strstr(broke->reason, why) == NULL)
        fail_msg("%s instead of %s", broke->reason, why);
    while (recv(user->host.fd, &byte, 1, 0) > 0)
        continue;
}

/* S-31 */
static void answers_for_somebody_else(void **state)
{
    struct world *world = *state;
    struct user alice, mallory;
    char why[64];

    user_connect(world, &alice, FLOW_HOST);
    user_receive(world, &alice);
    for (int kind = 0; kind < 3; kind++) {
        user_connect(world, &mallory, OTHER_HOST + (uint32_t)kind);
        user_receive(world, &mallory);
        if (kind == 0)
            peer_send(&mallory.host, host_answer, .request = alice.request, .code = 995);
        else if (kind == 1)
            peer_send(&mallory.host, output, .request = alice.request);
        else
            peer_send(&mallory.host, connect_answer, .request = alice.request);
        snprintf(why, sizeof(why), "answered request %llx, which it was not asked",
                 (unsigned long long)alice.request);
        expect_broken(world, &mallory, why);
        flow_expect_fault(&mallory.client, FAULT_provider_failure, "has ended");
        flow_expect_written(world);
        user_leave(world, &mallory);
    }
    user_is_served(world, &alice);
    user_leave(world, &alice);
}

/* S-31: requests that are over, that never were, and those that nobody was asked. */
static void answers_what_nobody_asked(void **state)
{
    struct world *world = *state;
    struct client asks = flow_open_client(world);
    uint64_t asked;

    flow_post(&asks, TRANSFER_ "Get", SHELL_ID, "");
    asked = flow_expect_operation(world, OPERATION_get)->request;
    for (int kind = 0; kind < 4; kind++) {
        struct user mallory;
        uint64_t id;

        user_connect(world, &mallory, OTHER_HOST + (uint32_t)kind);
        user_receive(world, &mallory);
        id = mallory.request;
        if (kind == 0) {
            user_is_served(world, &mallory);
        } else {
            id = kind == 1 ? asked : kind == 2 ? UINT64_MAX : id - ((uint64_t)1 << 32);
        }
        peer_send(&mallory.host, host_answer, .request = id);
        expect_broken(world, &mallory, "which it was not asked");
        if (kind != 0) {
            flow_expect_fault(&mallory.client, FAULT_provider_failure, "has ended");
            flow_expect_written(world);
        }
        user_leave(world, &mallory);
    }
    peer_send(&world->broker, shell_details, FLOW_DETAILS(asked));
    flow_expect_success(&asks, "<rsp:ShellId>" SHELL_ID "</rsp:ShellId>");
    flow_expect_written(world);
    flow_leave(world, &asks);
}

/* S-31: output is for Receives, and a Connect alone has an answer of its own. */
static void answers_as_another_operation(void **state)
{
    struct world *world = *state;
    struct user mallory;

    user_connect(world, &mallory, OTHER_HOST);
    user_ask(world, &mallory, SHELL_ "Send",
             "<rsp:Send><rsp:Stream Name='stdin'>eA==</rsp:Stream></rsp:Send>", OPERATION_send,
             MESSAGE_send_input);
    peer_send(&mallory.host, output, .request = mallory.request);
    expect_broken(world, &mallory, "as if it was another operation");
    flow_expect_fault(&mallory.client, FAULT_provider_failure, NULL);
    flow_expect_written(world);
    user_leave(world, &mallory);

    user_connect(world, &mallory, OTHER_HOST + 1);
    user_receive(world, &mallory);
    peer_send(&mallory.host, connect_answer, .request = mallory.request);
    expect_broken(world, &mallory, "as if it was another operation");
    flow_expect_fault(&mallory.client, FAULT_provider_failure, NULL);
    flow_expect_written(world);
    user_leave(world, &mallory);
}

/* S-31: a host that was given up may not know yet; once. */
static void answers_late(void **state)
{
    struct world *world = *state;
    struct user slow;
    char *text = strdup(envelope(SHELL_ "Receive", SHELL_ID, flow_receive_body));
    char *time = strstr(text, "PT20S");

    assert_non_null(time);
    memcpy(time, "PT01S", 5);
    user_connect(world, &slow, FLOW_HOST);
    user_receive(world, &slow);
    user_is_served(world, &slow);
    client_post(&slow.client, "/wsman?PSVersion=5.1", AS_ALICE, text);
    free(text);
    slow.request = flow_expect_operation(world, OPERATION_receive)->request;
    flow_grant(world, NULL, slow.request);
    flow_expect_payload(&slow.host, receive_output);
    flow_expect_fault(&slow.client, FAULT_timed_out, NULL);
    flow_expect_written(world);
    assert_int_equal(peer_expect(&slow.host, request_cancel)->request, slow.request);
    peer_send(&slow.host, output, .request = slow.request);
    assert_false(peer_expect(&slow.host, output_written)->delivered);
    user_receive(world, &slow);
    user_is_served(world, &slow);
    peer_send(&slow.host, output, .request = slow.request);
    expect_broken(world, &slow, "which it was not asked");
    user_leave(world, &slow);
}

static void write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t sent = send(fd, at, length, MSG_NOSIGNAL);

        if (sent <= 0)
            return; /* it has been cut off, which the test sees otherwise */
        at += sent;
        length -= (size_t)sent;
    }
}

/* S-33 */
static void sends_a_descriptor(void **state)
{
    struct world *world = *state;
    struct user alice, mallory;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    char frame[] = {0};
    struct iovec data = {frame, sizeof(frame)};
    struct msghdr message = {.msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control.bytes)};

    user_connect(world, &alice, FLOW_HOST);
    user_receive(world, &alice);
    user_connect(world, &mallory, OTHER_HOST);
    user_receive(world, &mallory);
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(&control.header), &mallory.host.fd, sizeof(int));
    assert_int_equal(sendmsg(mallory.host.fd, &message, MSG_NOSIGNAL), 1);
    expect_broken(world, &mallory, "sent a descriptor");
    flow_expect_fault(&mallory.client, FAULT_provider_failure, NULL);
    flow_expect_written(world);
    user_leave(world, &mallory);
    user_is_served(world, &alice);
    user_leave(world, &alice);
}

/* S-34: the longest message, but for its end, from more hosts than may hold such ones. */
static void begins_messages_and_does_not_end_them(void **state)
{
    static struct user crowd[CROWD];
    struct world *world = *state;
    struct user alice;
    const uint32_t header[2] = {MESSAGE_SIZE_LIMIT, MESSAGE_output};
    char *bytes = calloc(1, PIECE);

    user_connect(world, &alice, FLOW_HOST);
    user_receive(world, &alice);
    for (uint32_t i = 0; i < CROWD; i++) {
        user_connect(world, &crowd[i], OTHER_HOST + i);
        user_receive(world, &crowd[i]);
        write_all(crowd[i].host.fd, header, sizeof(header));
        for (int piece = 0; piece < MESSAGE_SIZE_LIMIT / PIECE - 1; piece++)
            write_all(crowd[i].host.fd, bytes, PIECE);
    }
    /* Who began first is the one that has taken longest. */
    expect_broken(world, &crowd[0], "does not end the message that it has begun");
    flow_expect_fault(&crowd[0].client, FAULT_provider_failure, NULL);
    flow_expect_written(world);
    user_is_served(world, &alice);
    for (uint32_t i = 0; i < CROWD; i++)
        peer_close(&crowd[i].host);
    for (uint32_t i = 1; i < CROWD; i++) {
        peer_receive(&world->broker, MESSAGE_channel_lost);
        flow_expect_fault(&crowd[i].client, FAULT_provider_failure, NULL);
        flow_expect_written(world);
    }
    for (uint32_t i = 0; i < CROWD; i++)
        flow_leave(world, &crowd[i].client);
    user_leave(world, &alice);
    free(bytes);
}

/*
 * S-35: what a host does not read is kept up to a limit; then it is not asked any more, and others
 * are.
 */
static void does_not_read(void **state)
{
    struct world *world = *state;
    struct user alice, mallory;
    static char body[65536];
    int length = snprintf(body, sizeof(body), "<rsp:Send><rsp:Stream Name='stdin'>");
    unsigned asked = 0;
    struct pollfd answer;

    memset(body + length, 'A', 48000);
    strcpy(body + length + 48000, "</rsp:Stream></rsp:Send>");
    user_connect(world, &alice, FLOW_HOST);
    user_receive(world, &alice);
    user_connect(world, &mallory, OTHER_HOST);
    user_receive(world, &mallory);
    answer = (struct pollfd){.events = POLLIN};
    /* 36000 bytes each; the request of one that leaves stays with the host. */
    for (bool refused = false; !refused && asked < 1000; asked++) {
        struct client client = flow_open_client(world), other;
        uint64_t request;

        flow_post(&client, SHELL_ "Send", SHELL_ID, body);
        request = flow_expect_operation(world, OPERATION_send)->request;
        peer_send(&world->broker, operation_granted, .request = request,
                  .operation = FLOW_OPERATION, .host = OTHER_HOST, .channel = -1);
        /* A round through the same channel, so that the grant has been seen. */
        other = flow_open_client(world);
        answer.fd = client.fd;
        refused = poll(&answer, 1, 0) == 1;
        if (refused) {
            flow_expect_fault(&client, FAULT_provider_failure, "does not read");
            flow_expect_written(world);
        }
        client_close(&client);
        peer_receive(&world->broker, MESSAGE_session_closed);
        client_close(&other);
        peer_receive(&world->broker, MESSAGE_session_closed);
    }
    assert_in_range(asked, 1, CHANNEL_OUT_LIMIT / 36000);
    user_is_served(world, &alice);
    user_leave(world, &alice);
    client_close(&mallory.client);
    peer_close(&mallory.host);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(answers_for_somebody_else),
        WORLD_TEST(answers_what_nobody_asked),
        WORLD_TEST(answers_as_another_operation),
        WORLD_TEST(answers_late),
        WORLD_TEST(sends_a_descriptor),
        WORLD_TEST(begins_messages_and_does_not_end_them),
        WORLD_TEST(does_not_read),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_hosts WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
