/* SPDX-License-Identifier: ISC */

/*
 * Somebody leaves in the middle of an operation: the client, or the shell host. Whoever is left is
 * told what became of it, exactly once (test_flow.h).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "faults.h"
#include "net/test_flow.h"

/* ---- hosts ---- */

static void host_ends(void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;

    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, &host, flow_expect_operation(world, OPERATION_receive)->request);
    flow_expect_payload(&host, receive_output);
    peer_close(&host);
    flow_expect_fault(&client, FAULT_provider_failure, "has ended");
    assert_int_equal(peer_expect(&world->broker, channel_lost)->host, FLOW_HOST);
    flow_expect_written(world);

    /* A grant for a host that is gone, before the broker has noticed. */
    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, NULL, flow_expect_operation(world, OPERATION_receive)->request);
    flow_expect_fault(&client, FAULT_provider_failure, "has ended");
    assert_int_equal(peer_expect(&world->broker, channel_lost)->host, FLOW_HOST);
    flow_expect_written(world);
    flow_leave(world, &client);
}

/* The host's last words are heard although the broker says first that it is gone. */
static void host_gone_comes_early(void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;
    uint64_t request;

    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, &host, flow_expect_operation(world, OPERATION_receive)->request);
    request = flow_expect_payload(&host, receive_output)->request;
    peer_send(&world->broker, host_gone, .host = FLOW_HOST);
    /* A round through the same channel, so that host_gone has been seen. */
    struct client other = flow_open_client(world);
    peer_send(&host, host_answer, .request = request, .code = 995);
    peer_close(&host);
    flow_expect_fault(&client, 995, NULL);
    flow_expect_written(world);
    client_close(&other);
    peer_receive(&world->broker, MESSAGE_session_closed);
    flow_leave(world, &client);
}

/* What a host did not read any more, the broker having said how it ends. */
static void unread_by_a_host(struct world *world, bool in_order, uint32_t code)
{
    struct client client = flow_open_client(world);
    struct peer host;

    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, &host, flow_expect_operation(world, OPERATION_receive)->request);
    flow_expect_payload(&host, receive_output);
    peer_send(&world->broker, host_gone, .host = FLOW_HOST, .in_order = in_order);
    /* A round through the same channel, so that host_gone has been seen. */
    struct client other = flow_open_client(world);
    peer_close(&host);
    flow_expect_fault(&client, code, NULL);
    flow_expect_written(world);
    client_close(&other);
    peer_receive(&world->broker, MESSAGE_session_closed);
    flow_leave(world, &client);
}

static void host_goes_before_it_reads(void **state)
{
    unread_by_a_host(*state, true, FAULT_aborted);
}

static void host_is_lost_before_it_reads(void **state)
{
    unread_by_a_host(*state, false, FAULT_provider_failure);
}

/* ---- clients that leave ---- */

static void client_leaves_before_the_answer(void **state)
{
    struct world *world = *state;
    struct client client = flow_open_client(world);
    uint64_t request;

    flow_post(&client, TRANSFER_ "Get", SHELL_ID, "");
    request = flow_expect_operation(world, OPERATION_get)->request;
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, operation_cancel)->request, request);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
    peer_send(&world->broker, operation_refused, .request = request, .code = 995);

    /* The same, but the grant crosses: no payload goes out. */
    struct peer host;

    client = flow_open_client(world);
    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    request = flow_expect_operation(world, OPERATION_receive)->request;
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, operation_cancel)->request, request);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
    flow_grant(world, &host, request);
    flow_expect_written(world);
    assert_true(peer_silent(&host));

    /* The channel that came with it is kept for the next one. */
    client = flow_open_client(world);
    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, NULL, flow_expect_operation(world, OPERATION_receive)->request);
    flow_expect_payload(&host, receive_output);
    client_close(&client);
    peer_receive(&host, MESSAGE_request_cancel);
    peer_close(&host);
}

static void client_leaves_a_receive(void **state)
{
    static const struct ipc_item chunk = {.name = "stdout", .value = "late", .length = 4};
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;
    uint64_t request;

    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, &host, flow_expect_operation(world, OPERATION_receive)->request);
    request = flow_expect_payload(&host, receive_output)->request;
    client_close(&client);
    assert_int_equal(peer_expect(&host, request_cancel)->request, request);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
    peer_send(&host, output, .request = request, .chunks = {&chunk, 1},
              .state = COMMAND_STATE_running);
    const struct message_output_written *written = peer_expect(&host, output_written);
    assert_int_equal(written->request, request);
    assert_false(written->delivered);
    flow_expect_written(world);
    peer_close(&host);
}

/* The output is on its way, but the client does not read it, and then resets the connection. */
static void client_leaves_while_output_is_written(void **state)
{
    /* More than the sockets between them hold. */
    enum { SIZE = 950 * 1024, CHUNKS = 4 };
    char *bytes = calloc(1, SIZE);
    struct ipc_item chunks[CHUNKS];
    struct world *world = *state;
    struct client client = flow_open_client(world);
    struct peer host;
    int room = 4096;
    uint64_t request;
    const struct message_output_written *written;

    for (int i = 0; i < CHUNKS; i++)
        chunks[i] = (struct ipc_item){.name = "stdout", .value = bytes, .length = SIZE};
    assert_int_equal(setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)), 0);
    flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
    flow_grant(world, &host, flow_expect_operation(world, OPERATION_receive)->request);
    request = flow_expect_payload(&host, receive_output)->request;
    peer_send(&host, output, .request = request, .chunks = {chunks, CHUNKS},
              .state = COMMAND_STATE_running);
    /* The answer has begun. */
    assert_int_equal(recv(client.fd, bytes, 1, MSG_PEEK), 1);
    client_close(&client);
    written = peer_expect(&host, output_written);
    assert_int_equal(written->request, request);
    assert_false(written->delivered);
    flow_expect_written(world);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
    peer_close(&host);
    free(bytes);
}

/* The kernel took the answer, but its client closes without having read it. */
static void client_leaves_without_reading(void **state)
{
    static const struct ipc_item chunk = {.name = "stdout", .value = "late", .length = 4};
    struct world *world = *state;
    const struct message_output_written *written;
    struct peer host;
    uint64_t request;
    char byte;

    for (int reads = 0; reads < 2; reads++) {
        struct client client = flow_open_client(world);

        flow_post(&client, SHELL_ "Receive", SHELL_ID, flow_receive_body);
        flow_grant(world, reads == 0 ? &host : NULL,
                   flow_expect_operation(world, OPERATION_receive)->request);
        request = flow_expect_payload(&host, receive_output)->request;
        peer_send(&host, output, .request = request, .chunks = {&chunk, 1},
                  .state = COMMAND_STATE_running);
        assert_true(peer_expect(&host, output_written)->delivered);
        flow_expect_written(world);
        if (reads > 0)
            client_response(&client);
        else
            assert_int_equal(recv(client.fd, &byte, 1, MSG_PEEK), 1);
        client_close(&client);
        if (reads == 0) {
            written = peer_expect(&host, output_written);
            assert_int_equal(written->request, request);
            assert_false(written->delivered);
        }
        assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
    }
    assert_true(peer_silent(&host));
    peer_close(&host);
}

static void client_leaves_while_the_host_works(void **state)
{
    static const struct {
        const char *action;
        const char *body;
        enum operation_kind kind;
        enum message_type payload;
    } rows[] = {
        {SHELL_ "Command", "<rsp:CommandLine><rsp:Command>x</rsp:Command></rsp:CommandLine>",
         OPERATION_command, MESSAGE_command_create},
        {SHELL_ "Send", "<rsp:Send><rsp:Stream Name='stdin'>eA==</rsp:Stream></rsp:Send>",
         OPERATION_send, MESSAGE_send_input},
        {SHELL_ "Signal", "<rsp:Signal><rsp:Code>x</rsp:Code></rsp:Signal>", OPERATION_signal,
         MESSAGE_signal_command},
    };
    struct world *world = *state;
    struct peer host;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct client client = flow_open_client(world);
        uint64_t request;

        flow_post(&client, rows[i].action, SHELL_ID, rows[i].body);
        request = flow_expect_operation(world, rows[i].kind)->request;
        flow_grant(world, i == 0 ? &host : NULL, request);
        peer_receive(&host, rows[i].payload);
        client_close(&client);
        assert_int_equal(peer_expect(&host, request_cancel)->request, request);
        assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
        peer_send(&host, host_answer, .request = request, .code = 995);
        flow_expect_written(world);
    }
    peer_close(&host);
}

/* ---- the broker ---- */

enum { CROWD = 100, CROWD_SELECTORS = 64 };

/* An envelope with as much as the headers for the broker may have: 100 kB. */
static char *large_envelope(void)
{
    static char value[1025], name[500];
    const char *small = envelope(TRANSFER_ "Get", NULL, "");
    const char *end = strstr(small, "</s:Header>");
    struct buffer large;

    assert_non_null(end);
    memset(value, 'v', sizeof(value) - 1);
    memset(name, 'n', sizeof(name) - 1);
    buffer_init(&large, 1024 * 1024);
    buffer_append(&large, small, (size_t)(end - small));
    buffer_text(&large, "<w:SelectorSet>");
    for (unsigned i = 0; i < CROWD_SELECTORS; i++)
        buffer_printf(&large, "<w:Selector Name=\"%s%u\">%s</w:Selector>", name, i, value);
    buffer_text(&large, "</w:SelectorSet>");
    buffer_append(&large, end, strlen(end) + 1);
    return (char *)large.data;
}

/* More is asked at a time than the channel to the broker takes: who comes last is told to wait. */
static void broker_is_slow(void **state)
{
    static struct client clients[CROWD];
    struct world *world = *state;
    struct pollfd ready[CROWD];
    char *large = large_envelope();
    size_t answered = 0;

    for (size_t i = 0; i < CROWD; i++)
        clients[i] = flow_open_client(world);
    for (size_t i = 0; i < CROWD; i++) {
        client_post(&clients[i], "/wsman?PSVersion=5.1", AS_ALICE, large);
        ready[i] = (struct pollfd){.fd = clients[i].fd, .events = POLLIN};
    }
    assert_in_range(poll(ready, CROWD, WORLD_PATIENCE), 1, CROWD);
    while (ready[answered].revents == 0)
        answered++;
    assert_int_equal(client_response(&clients[answered]).status, 503);
    assert_int_equal(flow_expect_operation(world, OPERATION_get)->selectors.count, CROWD_SELECTORS);
    for (size_t i = 0; i < CROWD; i++)
        client_close(&clients[i]);
    free(large);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(host_ends),
        WORLD_TEST(host_gone_comes_early),
        WORLD_TEST(host_goes_before_it_reads),
        WORLD_TEST(host_is_lost_before_it_reads),
        WORLD_TEST(client_leaves_before_the_answer),
        WORLD_TEST(client_leaves_a_receive),
        WORLD_TEST(client_leaves_while_output_is_written),
        WORLD_TEST(client_leaves_without_reading),
        WORLD_TEST(client_leaves_while_the_host_works),
        WORLD_TEST(broker_is_slow),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_departures WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
