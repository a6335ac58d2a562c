/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-net keeps with an HTTP connection: the session, once there is one, the security
 * context that its messages are sealed with, if it came with one, and the request in progress, at
 * most one. Made by the connection's first request, freed when the HTTP server says
 * that the connection has ended.
 */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "http/request.h"

struct gss_context;
struct net;
struct request;
struct session_ref;

struct connection {
    struct net *net;
    struct session_ref *session; /* NULL: has not authenticated */
    bool revoked;                /* has lost its session; the HTTP server has not been told */
    struct gss_context *context; /* of the login by Negotiate that is its session's; or NULL */
    uint64_t expires;            /* clock_elapsed() when that is not good for requests any more */
    uint64_t number;             /* what winrmd-auth knows it as; never 0, never used again */
    uint64_t idle_time;          /* the longest idle time-out of the shells that it has used */
    uint64_t answered;           /* loop_now() when the last answer was written */
    bool half_open;              /* winrmd-auth may hold what a login needs to be continued */
    struct request *request;     /* NULL between requests */
    uint32_t output_host;        /* whose output the last answer was; 0: of nobody */
    uint64_t output_request;     /* and for which request */
};

/* The connection a request came on; it has read what it was answered before. */
struct connection *connection_of(struct net *net, const struct http_request *http);

/* What an operation is built with (operation.h); NULL: the connection has not authenticated. */
const struct session_ref *connection_session(const struct connection *connection);

/* Makes the session the connection's, which had none. */
void connection_take_session(struct connection *connection, struct session_ref *session);
/* The same with the context of a login by Negotiate, good until `expires` (clock_elapsed()). */
void connection_take_context(struct connection *connection, struct gss_context *context,
                             uint64_t expires);

/*
 * The broker has revoked a session: whoever has it authenticates anew with the next request. What
 * the connection's request in progress is answered is still sealed.
 */
void connection_revoke_session(struct net *net, uint64_t session);

/* Gives the session and the context back, if there are any: authentication starts anew. */
void connection_drop_session(struct connection *connection);

/* The client has not read its last answer: a host whose output that was is told. */
void connection_unread(const struct connection *connection);

/*
 * A request on it was granted for a shell with that idle time-out, in milliseconds. Clients that
 * seal can not go on with a shell on another connection, so this one has to be there as long.
 */
void connection_used_by_shell(struct connection *connection, uint64_t idle_timeout);
/* May it still be idle? Asked when the time that every connection has is over. */
bool connection_stays(const struct connection *connection);

/* The HTTP connection has ended. */
void connection_closed(struct connection *connection);

#endif
