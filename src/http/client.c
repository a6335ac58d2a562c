/* SPDX-License-Identifier: ISC */

#include "http/client.h"

#include <errno.h>
#include <sys/socket.h>

/* Sends or keeps for later; false when the connection has failed. */
static bool client_send(struct http_client *client, struct iovec *parts, int count)
{
    ssize_t sent = 0;

    if (buffer_length(&client->out) == 0 && !client->transport.opening) {
        sent = client->transport.methods->write(&client->transport, parts, count);
        if (sent < 0 && errno != EAGAIN && errno != EINTR)
            return false;
    }
    for (int i = 0; i < count; i++) {
        size_t done = sent > 0 ? (size_t)sent : 0;

        if (done > parts[i].iov_len)
            done = parts[i].iov_len;
        sent -= (ssize_t)done;
        if (done < parts[i].iov_len &&
            !buffer_append(&client->out, (uint8_t *)parts[i].iov_base + done,
                           parts[i].iov_len - done))
            return false;
    }
    return true;
}

/* Writes what was kept; false when the connection has failed. */
static bool client_flush(struct http_client *client)
{
    struct iovec part = {.iov_base = buffer_bytes(&client->out),
                         .iov_len = buffer_length(&client->out)};
    ssize_t sent = client->transport.methods->write(&client->transport, &part, 1);

    if (sent < 0)
        return errno == EAGAIN || errno == EINTR;
    buffer_consume(&client->out, (size_t)sent);
    if (buffer_length(&client->out) == 0)
        buffer_free(&client->out);
    return true;
}

/* The answer has left; makes the connection ready for what follows. */
static void client_answered(struct http_client *client)
{
    http_connection_answered(&client->connection);
    http_client_tell_written(client, true);
}

void http_client_answer(struct http_client *client, unsigned status,
                        const struct http_headers *headers, const void *body, size_t length)
{
    struct http_server *server = client->server;
    bool close = headers->close || (client->listener->retired && !headers->keep);
    enum http_persistence persistence = http_connection_answering(&client->connection, close);
    struct iovec parts[2];

    client->served++;
    buffer_reset(&server->head);
    if (!http_answer_head(&server->head, status, headers, length, persistence,
                          http_date_now(&server->date))) {
        const struct http_headers plain = {.close = headers->close};

        length = 0;
        http_client_tell_written(client, false);
        http_answer_head(&server->head, 500, &plain, 0, persistence, http_date_now(&server->date));
    }
    parts[0] = (struct iovec){buffer_bytes(&server->head), buffer_length(&server->head)};
    parts[1] = (struct iovec){(void *)body, length};
    if (!client_send(client, parts, length > 0 ? 2 : 1))
        http_client_end(client, false);
    else if (buffer_length(&client->out) == 0)
        client_answered(client);
    if (!client->stepping)
        http_client_run(client);
}

static void client_dispatch(struct http_client *client)
{
    struct http_server *server = client->server;
    struct http_slot *slot = &server->slots[client->index];
    struct http_request request = {
        .user = &client->user,
        .listener = client->listener->number,
        .peer = client->peer,
        .peer_port = client->port,
        .transport = &client->transport,
        .authenticated = client->connection.authenticated,
    };

    client->handle = ++slot->serial << HTTP_INDEX_BITS | client->index;
    request.handle = client->handle;
    http_connection_request(&client->connection, &request);
    client->waits = true;
    server->counts.waiting++;
    server->counts.requests++;
    server->events->request(server->context, &request);
}

void http_client_refuse(struct http_client *client)
{
    const struct http_headers headers = {.allow = client->connection.status == 405 ? "POST" : NULL};

    http_client_answer(client, client->connection.status, &headers, NULL, 0);
}

static void client_continue(struct http_client *client)
{
    struct iovec part = {(void *)HTTP_CONTINUE, sizeof(HTTP_CONTINUE) - 1};

    if (!client_send(client, &part, 1))
        http_client_end(client, false);
}

/* Nobody but the user knows what else depends on an idle connection. */
static bool client_stays(struct http_client *client)
{
    struct http_server *server = client->server;

    if (client->wait != HTTP_WAIT_IDLE || server->events->idle == NULL ||
        !server->events->idle(server->context, client->user))
        return false;
    http_client_await(client);
    return true;
}

void http_client_expired(struct http_deadline *deadline)
{
    struct http_client *client = container_of(deadline, struct http_client, deadline);

    if (client_stays(client))
        return;
    if (client->wait != HTTP_WAIT_HEAD && client->connection.state != HTTP_STATE_BODY) {
        http_client_end(client, false);
        return;
    }
    http_connection_refuse(&client->connection, 408);
    http_client_refuse(client);
}

/*
 * While an answer is owed, reading stays armed until the client sends more (few do), because
 * disarming it would cost two system calls for each request. An encrypted transport has to be
 * heard meanwhile, until there is data: the client's farewell is a message in it.
 */
static uint32_t client_events(const struct http_client *client)
{
    const struct http_transport *transport = &client->transport;

    if (transport->opening || transport->read_awaits != EPOLLIN)
        return transport->read_awaits;
    if (client->connection.state == HTTP_STATE_ANSWERING)
        return transport->write_awaits;
    if (client->connection.state != HTTP_STATE_DISPATCHED)
        return EPOLLIN | EPOLLRDHUP;
    if (transport->methods->watch == NULL)
        return (client->watch.events & EPOLLIN) | EPOLLRDHUP;
    return transport->methods->pending(transport) ? EPOLLRDHUP : EPOLLIN | EPOLLRDHUP;
}

static void client_watch(struct http_client *client)
{
    uint32_t events = client_events(client);

    if (buffer_length(&client->out) > 0 && !client->transport.opening)
        events |= client->transport.write_awaits;
    loop_rewatch(client->server->loop, &client->watch, events);
}

static void client_step(struct http_client *client)
{
    enum http_step step = HTTP_STEP_NONE;

    while (!client->ended && step != HTTP_STEP_READ && step != HTTP_STEP_WAIT) {
        step = http_connection_step(&client->connection);
        if (step == HTTP_STEP_REQUEST)
            client_dispatch(client);
        else if (step == HTTP_STEP_REFUSE)
            http_client_refuse(client);
        else if (step == HTTP_STEP_CONTINUE)
            client_continue(client);
    }
}

static bool client_reads(const struct http_client *client)
{
    return client->connection.state != HTTP_STATE_DISPATCHED &&
           client->connection.state != HTTP_STATE_ANSWERING;
}

/* Reads once. False: there was nothing, or the connection has ended. */
static bool client_receive(struct http_client *client)
{
    size_t room;
    uint8_t *bytes = http_connection_room(&client->connection, &room);
    ssize_t count;

    if (bytes == NULL && client->connection.state != HTTP_STATE_HEAD &&
        client->connection.state != HTTP_STATE_BODY) {
        http_client_end(client, false);
        return false;
    }
    if (bytes == NULL) {
        http_connection_refuse(&client->connection, 503);
        http_client_refuse(client);
        return !client->ended;
    }
    count = client->transport.methods->read(&client->transport, bytes, room);
    if (count > 0)
        http_connection_received(&client->connection, (size_t)count);
    else if (count < 0 && (errno == EAGAIN || errno == EINTR))
        http_connection_missed(&client->connection);
    else if (count < 0 && errno == ECONNRESET)
        http_client_was_reset(client);
    else
        http_client_end(client, false);
    return count > 0;
}

/* Takes what the transport holds already, for no event will tell of it: no more than a record. */
static bool client_pull(struct http_client *client)
{
    const struct http_transport *transport = &client->transport;

    return !client->ended && client_reads(client) && transport->methods->pending != NULL &&
           !transport->opening && transport->methods->pending(transport) && client_receive(client);
}

void http_client_run(struct http_client *client)
{
    client->stepping = true;
    do
        client_step(client);
    while (client_pull(client));
    client->stepping = false;
    if (client->ended)
        return;
    if (client->connection.state == HTTP_STATE_LINGERING && !client->finished) {
        client->finished = true;
        client->transport.methods->finish(&client->transport);
    }
    http_client_await(client);
    client_watch(client);
}

static void client_write(struct http_client *client)
{
    if (!client_flush(client)) {
        http_client_end(client, true);
        return;
    }
    if (buffer_length(&client->out) == 0 && client->connection.state == HTTP_STATE_ANSWERING)
        client_answered(client);
    http_client_run(client);
}

/* The next step of the handshake. Who speaks HTTP without one is told so, as it can be read. */
static void client_open(struct http_client *client)
{
    if (client->transport.methods->open(&client->transport) == 0) {
        if (buffer_length(&client->out) > 0)
            client_write(client);
        else
            http_client_run(client);
    } else if (errno == EAGAIN) {
        client_watch(client);
    } else if (errno == EPROTONOSUPPORT && !client->turned_away) {
        http_connection_refuse(&client->connection, 400);
        http_client_refuse(client);
    } else {
        http_client_end(client, false);
    }
}

/* Something has come while an answer is owed: data can wait, a farewell cannot. */
static void client_attend(struct http_client *client)
{
    const struct http_transport_methods *methods = client->transport.methods;
    int heard;

    if (methods->watch == NULL) {
        loop_rewatch(client->server->loop, &client->watch,
                     EPOLLRDHUP | (client->watch.events & (uint32_t)EPOLLOUT));
        return;
    }
    heard = methods->watch(&client->transport);
    if (heard > 0 || (heard < 0 && errno == EAGAIN))
        client_watch(client);
    else
        http_client_end(client, true);
}

void http_client_ready(struct loop_watch *watch, uint32_t events)
{
    struct http_client *client = container_of(watch, struct http_client, watch);
    uint8_t state = client->connection.state;

    if ((events & EPOLLERR) != 0) {
        http_client_was_reset(client);
        return;
    }
    if (client->transport.opening) {
        client_open(client);
        return;
    }
    if (((events & (EPOLLRDHUP | EPOLLHUP)) != 0 && state == HTTP_STATE_DISPATCHED) ||
        ((events & EPOLLHUP) != 0 && state == HTTP_STATE_ANSWERING)) {
        http_client_end(client, true);
        return;
    }
    if ((events & client->transport.write_awaits) != 0 && buffer_length(&client->out) > 0)
        client_write(client);
    else if (state == HTTP_STATE_DISPATCHED)
        client_attend(client);
    else if (state != HTTP_STATE_ANSWERING &&
             (events & (client->transport.read_awaits | EPOLLRDHUP | EPOLLHUP)) != 0 &&
             client_receive(client))
        http_client_run(client);
    else if (!client->ended)
        client_watch(client);
}
