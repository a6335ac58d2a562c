/* SPDX-License-Identifier: ISC */

/*
 * Real logins in the tests of winrmd-net: both sides of NTLM, in this process. The client's side
 * makes tokens, seals what it sends and opens what it gets; the other side is what winrmd-gss has
 * in the product, up to the exported context. The frame around sealed bodies is written here as
 * MS-WSMV 2.2.9.1.1.2.1 shows it, not by the code under test.
 */
#ifndef NET_TEST_LOGIN_H
#define NET_TEST_LOGIN_H

#include <gssapi/gssapi.h>

#include "base/buffer.h"
#include "net/test_world.h"

struct login {
    gss_cred_id_t credential; /* the client's */
    gss_ctx_id_t client;
    gss_ctx_id_t server;
    struct buffer token; /* the one made last */
};

/* Setup and teardown of a group: the NTLM password file that this process uses. */
int login_prepare(void **state);
int login_unprepare(void **state);

void login_open(struct login *login);
void login_close(struct login *login);

/* A side takes a token (NULL: none) and makes the next, into `token`. True: it has finished. */
bool login_client_step(struct login *login, const void *token, size_t length);
bool login_server_step(struct login *login, const void *token, size_t length);
/* What the finished server's side becomes; free with gss_release_buffer(). */
gss_buffer_desc login_export(struct login *login);

/* "Authorization: <scheme> <token>" with its CRLF, in memory of the test; for the token made last.
 */
const char *login_header(const struct login *login, const char *scheme);
/* The client takes the token of a WWW-Authenticate line with that scheme. */
bool login_client_answer(struct login *login, const char *line, const char *scheme);

/* The token made last, for a message. */
struct ipc_bytes login_token(const struct login *login);
/* Begins a login on `client`: what was made last is the client's second token. */
void login_first_leg(struct world *world, struct login *login, struct client *client);
/* Sends that, and takes it to where winrmd-auth is to say yes; returns the exchange. */
uint64_t login_last_leg(struct world *world, struct login *login, struct client *client,
                        const char *scheme, const char *body);

/*
 * The whole on a connection of winrmd-net, winrmd-auth and the broker played: two legs, both
 * without body. `lifetime` in milliseconds.
 */
void login_through(struct login *login, struct world *world, struct client *client,
                   uint64_t session, uint64_t lifetime);
/* What the played winrmd-auth does with the last leg: it sends the context. */
void login_send_context(struct login *login, struct world *world, uint64_t exchange,
                        uint64_t lifetime);

/* The broker tells what is offered, and winrmd-net goes by it. */
void login_offer(struct world *world, uint32_t methods, bool kerberos, bool ntlm);
/* The same for Negotiate by NTLM and Basic, where messages have to be sealed or not. */
void login_offer_sealed(struct world *world, bool must_seal);

#define OFFER_NEGOTIATE "WWW-Authenticate: Negotiate\r\n"
#define OFFER_KERBEROS  "WWW-Authenticate: Kerberos\r\n"
#define OFFER_BASIC     "WWW-Authenticate: Basic realm=\"WSMAN\"\r\n"
#define OFFER_ALL       OFFER_NEGOTIATE OFFER_KERBEROS OFFER_BASIC
/* The next response: a 401 with exactly these lines, together; the connection goes on. */
void login_expect_offer(struct client *client, const char *lines);

#define SPNEGO_PROTOCOL   "application/HTTP-SPNEGO-session-encrypted"
#define KERBEROS_PROTOCOL "application/HTTP-Kerberos-session-encrypted"

/* Posts a text sealed; `headers` are more whole lines. */
void login_post(struct login *login, struct client *client, const char *protocol,
                const char *headers, const char *text);
/* Makes the body of that, NUL-terminated behind its end. */
void login_seal(struct login *login, const char *protocol, const char *text, struct buffer *body);
/* Posts any bytes as a sealed body. */
void login_post_bytes(struct client *client, const char *protocol, const char *headers,
                      const void *bytes, size_t length);
/* What a sealed response says; in memory of the test, until the next call. Fails for others. */
const char *login_opened(struct login *login, const struct response *response,
                         const char *protocol);

#endif
