/* SPDX-License-Identifier: ISC */

/*
 * Operations in the tests of winrmd-net: one client that is alice, one shell on one host, and the
 * answers of the broker to what she asks.
 */
#ifndef NET_TEST_FLOW_H
#define NET_TEST_FLOW_H

#include "net/test_world.h"
#include "operations.h"

enum {
    FLOW_SESSION = 42,
    FLOW_HOST = 9,
    FLOW_OPERATION = 1000,
    FLOW_SEQUENCE = 5,
    FLOW_TICKET = 77
};

/* A client with a session; and: it closes, the broker hears of it. */
struct client flow_open_client(struct world *world);
void flow_leave(struct world *world, struct client *client);

/* Posts an envelope (test_world.h). */
void flow_post(struct client *client, const char *action, const char *shell, const char *body);

/* What the broker is asked, or told. */
const struct message_operation *flow_expect_operation(struct world *world,
                                                      enum operation_kind kind);
void flow_expect_written(struct world *world);

/* Grants a request. `host` is opened with the channel that goes along; NULL: none goes along. */
void flow_grant(struct world *world, struct peer *host, uint64_t request);

/* What the host is asked; it carries the ticket of the grant. */
#define flow_expect_payload(peer, message)                                      \
    ({                                                                          \
        const struct message_##message *payload = peer_expect((peer), message); \
        assert_int_equal(payload->operation, FLOW_OPERATION);                   \
        assert_int_equal(payload->sequence, FLOW_SEQUENCE);                     \
        assert_int_equal(payload->ticket, FLOW_TICKET);                         \
        payload;                                                                \
    })

/* The client's response, with `part` in its body unless that is NULL. */
void flow_expect_fault(struct client *client, uint32_t code, const char *part);
void flow_expect_success(struct client *client, const char *part);

#define FLOW_DETAILS(id)                                                                           \
    .request = (id), .operation = FLOW_OPERATION, .shell_id = SHELL_ID, .resource_uri = CMD_SHELL, \
    .owner = "alice", .client_address = "127.0.0.1", .process = 4711, .idle_timeout = 7200000,     \
    .input_streams = "stdin", .output_streams = "stdout stderr"

extern const char flow_receive_body[];

#endif
