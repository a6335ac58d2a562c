/* SPDX-License-Identifier: ISC */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/test_flow.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ipc/channel.h"

const char flow_receive_body[] = "<rsp:Receive><rsp:DesiredStream CommandId=\"" COMMAND_ID
                                 "\">stdout stderr</rsp:DesiredStream></rsp:Receive>";

struct client flow_open_client(struct world *world)
{
    struct client client;

    client_connect(&client, world);
    world_login(world, &client, FLOW_SESSION);
    return client;
}

void flow_leave(struct world *world, struct client *client)
{
    client_close(client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, FLOW_SESSION);
}

void flow_post(struct client *client, const char *action, const char *shell, const char *body)
{
    client_post(client, "/wsman?PSVersion=5.1", AS_ALICE, envelope(action, shell, body));
}

const struct message_operation *flow_expect_operation(struct world *world, enum operation_kind kind)
{
    const struct message_operation *operation = peer_expect(&world->broker, operation);

    assert_int_equal(operation->kind, kind);
    assert_int_equal(operation->session, FLOW_SESSION);
    assert_int_equal(operation->application, WORLD_APPLICATION);
    return operation;
}

void flow_expect_written(struct world *world)
{
    assert_int_equal(peer_expect(&world->broker, operation_written)->operation, FLOW_OPERATION);
}

void flow_grant(struct world *world, struct peer *host, uint64_t request)
{
    int pair[2] = {-1, -1};

    if (host != NULL) {
        assert_true(channel_pair(pair));
        assert_int_equal(fcntl(pair[0], F_SETFL, 0), 0);
        peer_open(host, pair[0]);
    }
    peer_send(&world->broker, operation_granted, .request = request, .operation = FLOW_OPERATION,
              .host = FLOW_HOST, .sequence = FLOW_SEQUENCE, .ticket = FLOW_TICKET,
              .command_id = COMMAND_ID, .channel = pair[1]);
}

static void expect_related(const struct response *response, const char *part)
{
    assert_non_null(strstr(response->body, "<a:RelatesTo>" MESSAGE_ID "</a:RelatesTo>"));
    if (part != NULL && strstr(response->body, part) == NULL)
        fail_msg("no %s in %s", part, response->body);
}

void flow_expect_fault(struct client *client, uint32_t code, const char *part)
{
    struct response response = client_response(client);
    char attribute[32];

    assert_int_equal(response.status, 500);
    snprintf(attribute, sizeof(attribute), "Code=\"%u\"", code);
    assert_non_null(strstr(response.body, attribute));
    assert_non_null(strstr(response.body, "Machine=\"testhost\""));
    expect_related(&response, part);
}

void flow_expect_success(struct client *client, const char *part)
{
    struct response response = client_response(client);

    assert_int_equal(response.status, 200);
    assert_string_equal(response_header(&response, "Content-Type"),
                        "application/soap+xml;charset=UTF-8");
    expect_related(&response, part);
}
