/* SPDX-License-Identifier: ISC */

/*
 * The schemes Negotiate (RFC 4559) and Kerberos of the Authorization header: tokens of the GSS-API,
 * which winrmd-auth is shown one after the other and none of which is looked into here. What proves
 * the client is the connection from then on, not a header: later requests have none.
 *
 *   Authorization: Negotiate TOKEN ──> auth_token ··> auth_continue   401, Negotiate TOKEN: one leg
 *                                                 ··> auth_refused    401, what is offered
 *                                                 ··> auth_context    and, in either order,
 *                                 (broker) ·······> session_opened    the request goes on
 *
 * The answer to the request that completes it carries the last token, whatever it says besides.
 */
#ifndef NET_NEGOTIATE_H
#define NET_NEGOTIATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/message.h"

struct connection;
struct gss_context;
struct request;
struct site;

enum {
    NEGOTIATE_CHALLENGES = 2,
    NEGOTIATE_ROOM = LIMIT_TOKEN + 6 /* bytes that decoding the longest token may touch */
};

/* What of a login has come for a request. All zero: nothing. */
struct negotiate_login {
    bool opened; /* the broker has a session for it: */
    struct message_session_opened session;
    struct gss_context *context; /* owned until the connection takes it over; NULL: not yet */
    uint64_t expires;            /* clock_elapsed(): until then it is good */
    const char *token;           /* the answer's WWW-Authenticate; in the request's arena */
};

/*
 * Takes a header value apart: `Negotiate` or `Kerberos`, in any case, blanks, and strict base64 of
 * 1 to LIMIT_TOKEN bytes, which `token` has room for. Returns their number; 0: it is none.
 */
size_t negotiate_decode(const char *authorization, bool *kerberos, uint8_t token[NEGOTIATE_ROOM]);

/* A row of authentication.c. */
bool negotiate_ask(struct request *request);

/* The lines of WWW-Authenticate with which it is offered now; returns how many. */
size_t negotiate_offer(const struct site *site, const char *lines[NEGOTIATE_CHALLENGES]);

/* winrmd-auth's answers to a request of this method. The request may have ended afterwards. */
void negotiate_continue(struct request *request, const struct message_auth_continue *message);
void negotiate_accept(struct request *request, const struct message_auth_context *message);
/* And the broker's. */
void negotiate_opened(struct request *request, const struct message_session_opened *opened);

/* Gives back what has come for a request and nobody has taken over. */
void negotiate_forget(struct request *request);

/* A login that was to be continued on this connection will not be: winrmd-auth is told. */
void negotiate_end_legs(struct connection *connection);

#endif
