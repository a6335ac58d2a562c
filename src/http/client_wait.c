/* SPDX-License-Identifier: ISC */

/* What a connection waits for in each of its states, and how long that may take in all. */
#include "http/client.h"

static enum http_wait wait_kind(const struct http_client *client)
{
    const struct http_connection *connection = &client->connection;

    if (client->transport.opening)
        return client->listener->retired ? HTTP_WAIT_RETIRED_GUEST : HTTP_WAIT_HANDSHAKE;
    switch (connection->state) {
    case HTTP_STATE_HEAD:
        if (!http_connection_idle(connection))
            return HTTP_WAIT_HEAD;
        if (client->listener->retired)
            return connection->authenticated ? HTTP_WAIT_RETIRED_IDLE : HTTP_WAIT_RETIRED_GUEST;
        return connection->authenticated ? HTTP_WAIT_IDLE : HTTP_WAIT_GUEST_IDLE;
    case HTTP_STATE_BODY:
    case HTTP_STATE_DRAINING:
        return HTTP_WAIT_BODY;
    case HTTP_STATE_ANSWERING:
        return HTTP_WAIT_ANSWER;
    case HTTP_STATE_LINGERING:
        return HTTP_WAIT_LINGER;
    default:
        return HTTP_WAIT_NONE;
    }
}

static uint64_t wait_time(const struct http_client *client, enum http_wait wait)
{
    const struct http_settings *settings = &client->server->settings;
    uint64_t size = client->connection.body_left;

    switch (wait) {
    case HTTP_WAIT_HANDSHAKE:
        return settings->handshake_time;
    case HTTP_WAIT_GUEST_IDLE:
        return settings->guest_idle_time;
    case HTTP_WAIT_IDLE:
        return settings->idle_time;
    case HTTP_WAIT_HEAD:
        return settings->head_time;
    case HTTP_WAIT_BODY:
        if (client->connection.chunking)
            size = client->connection.chunked.limit;
        return settings->body_time + size * 1000 / settings->body_rate;
    case HTTP_WAIT_ANSWER:
        return settings->answer_time + buffer_length(&client->out) * 1000 / settings->body_rate;
    case HTTP_WAIT_RETIRED_GUEST:
        return settings->retired_guest_time;
    case HTTP_WAIT_RETIRED_IDLE:
        return settings->retired_idle_time;
    default:
        return settings->linger_time;
    }
}

/* When the request that is coming in has to be there, whatever its parts may take. */
static uint64_t request_end(struct http_client *client, enum http_wait wait)
{
    if (wait != HTTP_WAIT_HEAD && client->connection.state != HTTP_STATE_BODY)
        return UINT64_MAX;
    if (client->arriving != client->served + 1) {
        client->arriving = client->served + 1;
        client->arriving_since = loop_now(client->server->loop);
    }
    return client->arriving_since + client->server->settings.request_time;
}

void http_client_await(struct http_client *client)
{
    struct http_server *server = client->server;
    enum http_wait wait = wait_kind(client);
    uint64_t end;
    uint64_t at;

    if (wait == client->wait && client->wait_for == client->served &&
        !list_empty(&client->deadline.link))
        return;
    client->wait = (uint8_t)wait;
    client->wait_for = client->served;
    if (wait == HTTP_WAIT_NONE) {
        http_deadline_clear(&client->deadline);
        return;
    }
    at = loop_now(server->loop) + wait_time(client, wait);
    if (!client->connection.authenticated && wait < HTTP_WAIT_ANSWER &&
        at > client->guest_since + server->settings.guest_time)
        at = client->guest_since + server->settings.guest_time;
    end = request_end(client, wait);
    if (at > end)
        at = end;
    http_deadline_set(&server->deadlines[wait], &client->deadline, at);
}
