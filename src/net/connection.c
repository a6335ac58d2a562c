/* SPDX-License-Identifier: ISC */

#include "net/connection.h"

#include <stdlib.h>

#include "base/memory.h"
#include "gss/context.h"
#include "net/host_channel.h"
#include "net/negotiate.h"
#include "net/net.h"

struct connection *connection_of(struct net *net, const struct http_request *http)
{
    struct connection *connection = *http->user;

    if (connection == NULL) {
        connection = mem_alloc(sizeof(*connection));
        connection->net = net;
        connection->number = ++net->connections;
        *http->user = connection;
    }
    connection->output_host = 0;
    return connection;
}

const struct session_ref *connection_session(const struct connection *connection)
{
    return connection->session;
}

void connection_take_session(struct connection *connection, struct session_ref *session)
{
    connection->session = session;
    map_put_u64(&connection->net->sessions, session_ref_id(session), connection);
}

void connection_take_context(struct connection *connection, struct gss_context *context,
                             uint64_t expires)
{
    connection->context = context;
    connection->expires = expires;
}

static void session_forget(struct connection *connection)
{
    map_remove_u64(&connection->net->sessions, session_ref_id(connection->session));
    session_ref_free(connection->session);
    connection->session = NULL;
}

void connection_revoke_session(struct net *net, uint64_t session)
{
    struct connection *connection = map_get_u64(&net->sessions, session);

    if (connection == NULL)
        return;
    session_forget(connection);
    connection->revoked = true;
}

void connection_drop_session(struct connection *connection)
{
    gss_context_free(connection->context);
    connection->context = NULL;
    connection->idle_time = 0;
    if (connection->session == NULL)
        return;
    channel_send(connection->net->broker, session_closed,
                 .session = session_ref_id(connection->session));
    session_forget(connection);
}

void connection_unread(const struct connection *connection)
{
    struct host_channel *host = map_get_u64(&connection->net->hosts, connection->output_host);

    host_channel_output_written(host, connection->output_request, false);
}

void connection_used_by_shell(struct connection *connection, uint64_t idle_timeout)
{
    if (connection->idle_time < idle_timeout)
        connection->idle_time = idle_timeout;
}

bool connection_stays(const struct connection *connection)
{
    return connection->session != NULL &&
           loop_now(connection->net->loop) - connection->answered < connection->idle_time;
}

void connection_closed(struct connection *connection)
{
    struct request *request = connection->request;

    if (request != NULL && request->state == REQUEST_ANSWERED)
        request->connection = NULL;
    else if (request != NULL)
        request_client_gone(request);
    negotiate_end_legs(connection);
    connection_drop_session(connection);
    free(connection);
}
