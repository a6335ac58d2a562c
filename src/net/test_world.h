/* SPDX-License-Identifier: ISC */

/*
 * What the tests of winrmd-net share: they start the real program and play everybody around it.
 * The broker, winrmd-auth and shell hosts are ends of channels that speak the typed messages;
 * clients are plain sockets that speak HTTP. Everything waits at most WORLD_PATIENCE and fails the
 * test then.
 */
#ifndef NET_TEST_WORLD_H
#define NET_TEST_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "ipc/message.h"

enum { WORLD_PATIENCE = 60000, WORLD_LISTENER = 7, WORLD_APPLICATION = 2 };

/* The other end of one of winrmd-net's channels. */
struct peer {
    int fd;
    struct buffer in;
    size_t last; /* length of the frame that was received last */
    struct arena arena;
    union message_body body;
};

void peer_open(struct peer *peer, int fd);
void peer_close(struct peer *peer);
/* Sends a message, with its descriptor, which is closed then. */
void peer_write(struct peer *peer, enum message_type type, const void *body);
#define peer_send(peer, message, ...) \
    peer_write((peer), MESSAGE_##message, &(struct message_##message){__VA_ARGS__})
/* The next message, which must be of that type; valid until the next call. */
const union message_body *peer_receive(struct peer *peer, enum message_type type);
#define peer_expect(peer, message) (&peer_receive((peer), MESSAGE_##message)->message)
/* Has nothing come that was not received? */
bool peer_silent(struct peer *peer);

/* winrmd-net with its broker and winrmd-auth. */
struct world {
    pid_t pid;
    int port;
    struct peer broker;
    struct peer auth;
};

/* Where the program is: argument 1 of the test. */
extern const char *world_program;

/* Setup and teardown of cmocka; the state is the struct world. Teardown checks the orderly end. */
int world_setup(void **state);
int world_teardown(void **state);

/* Hands the world a new winrmd-auth. */
void world_new_auth(struct world *world);

struct client {
    int fd;
    struct buffer in;
};

struct response {
    unsigned status;
    char *head; /* in the client's buffer; valid until the next response */
    char *body;
    size_t body_length;
};

void client_connect(struct client *client, const struct world *world);
void client_close(struct client *client);
void client_write(struct client *client, const char *bytes, size_t length);
/*
 * Sends a POST. `headers` are whole lines, each with its CRLF; `body` may be NULL. Content-Type is
 * that of SOAP when there is a body.
 */
void client_post(struct client *client, const char *path, const char *headers, const char *body);
struct response client_response(struct client *client);
/* The value of a header, in memory of the test (freed at its end), or NULL. */
const char *response_header(const struct response *response, const char *name);

/* Authorization lines; the base64 of alice:secret and bob:x:y. */
#define AS_ALICE "Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
#define AS_BOB   "Authorization: Basic Ym9iOng6eQ==\r\n"

/* Opens a session with that number for a client that is alice: one empty POST. */
void world_login(struct world *world, struct client *client, uint64_t session);

/* Envelopes. `action` and `uri` whole; `shell` NULL: no selector; `body` inner XML of s:Body. */
#define MESSAGE_ID "uuid:6C1D4E5A-0001-4F00-8000-0123456789AB"
#define CMD_SHELL  "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"
#define TRANSFER_  "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
#define SHELL_     "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/"
#define SHELL_ID   "11111111-2222-3333-4444-555555555555"
#define COMMAND_ID "AAAAAAAA-2222-3333-4444-555555555555"

/* The result is a static buffer. */
const char *envelope(const char *action, const char *shell, const char *body);
/* An Identify. */
extern const char identify_envelope[];

#endif
