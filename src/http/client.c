/* SPDX-License-Identifier: ISC */

#include "http/client.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { INDEX_BITS = 24 };

static void client_ready(struct loop_watch *watch, uint32_t events);
static void client_refuse(struct http_client *client);

static bool make_transport(struct http_client *client, int fd)
{
    struct http_transport_source *source = client->listener->source;

    client->transport = http_transport_on(fd);
    return source == NULL || source->encrypt(source, &client->transport);
}

static bool take_slot(struct http_client *client)
{
    struct http_server *server = client->server;

    if (server->free_count == 0) {
        uint32_t count = server->slot_count > 0 ? server->slot_count * 2 : 64;

        if (count > 1u << INDEX_BITS)
            return false;
        server->slots = mem_resize(server->slots, count, sizeof(*server->slots));
        server->free_slots = mem_resize(server->free_slots, count, sizeof(*server->free_slots));
        for (uint32_t i = server->slot_count; i < count; i++) {
            server->slots[i] = (struct http_slot){0};
            server->free_slots[server->free_count++] = i;
        }
        server->slot_count = count;
    }
    client->index = server->free_slots[--server->free_count];
    server->slots[client->index].client = client;
    return true;
}

static void name_peer(struct http_client *client, const uint8_t *key)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    if (key == NULL)
        return;
    if (memcmp(key, mapped, sizeof(mapped)) == 0)
        inet_ntop(AF_INET, key + 12, client->peer, sizeof(client->peer));
    else
        inet_ntop(AF_INET6, key, client->peer, sizeof(client->peer));
}

static void count_client(struct http_client *client, const uint8_t *key)
{
    struct http_server *server = client->server;

    client->listener->clients++;
    if (key == NULL) {
        client->turned_away = true;
        server->turned_away++;
        return;
    }
    client->address = http_address_enter(server, key);
    server->counts.connections++;
    server->counts.guests++;
}

static void uncount_client(struct http_client *client)
{
    struct http_server *server = client->server;

    client->listener->clients--;
    client->listener = NULL;
    if (client->turned_away) {
        server->turned_away--;
        return;
    }
    http_address_leave(server, client->address);
    server->counts.connections--;
    if (!client->connection.authenticated)
        server->counts.guests--;
}

struct http_client *http_client_new(struct http_listener *listener, int fd, const uint8_t *key,
                                    uint16_t port)
{
    struct http_server *server = listener->server;
    struct http_client *client = mem_alloc(sizeof(*client));

    client->server = server;
    client->listener = listener;
    client->watch = (struct loop_watch){.fd = fd, .ready = client_ready};
    client->opened = loop_now(server->loop);
    client->port = port;
    name_peer(client, key);
    buffer_init(&client->out, SIZE_MAX / 2);
    http_connection_init(&client->connection, &listener->settings);
    http_deadline_init(&client->deadline);
    if (!make_transport(client, fd) || !take_slot(client) ||
        !loop_watch(server->loop, &client->watch, EPOLLIN | EPOLLRDHUP)) {
        if (server->slots != NULL && server->slots[client->index].client == client) {
            server->slots[client->index].client = NULL;
            server->free_slots[server->free_count++] = client->index;
        }
        client->transport.methods->close(&client->transport);
        free(client);
        return NULL;
    }
    count_client(client, key);
    list_append(&server->clients, &client->link);
    if (client->turned_away) {
        http_connection_refuse(&client->connection, 503);
        client_refuse(client);
    } else {
        http_client_run(client);
    }
    return client;
}

/* Tells the user what has become of the answer it gave, if one is being written. */
static void tell_written(struct http_client *client, bool delivered)
{
    struct http_server *server = client->server;

    if (!client->answers)
        return;
    client->answers = false;
    if (server->events->written != NULL)
        server->events->written(server->context, client->handle, client->token, delivered);
}

static void forget_client(struct http_client *client)
{
    struct http_server *server = client->server;

    loop_unwatch(server->loop, &client->watch);
    client->transport.methods->close(&client->transport);
    http_deadline_clear(&client->deadline);
    uncount_client(client);
    http_connection_free(&client->connection);
    server->slots[client->index].client = NULL;
    server->free_slots[server->free_count++] = client->index;
    list_remove(&client->link);
    list_append(&server->ended, &client->link);
    loop_defer(server->loop, &server->bury);
}

void http_client_end(struct http_client *client, bool gone)
{
    struct http_server *server = client->server;
    bool owed = client->waits;

    if (client->ended)
        return;
    client->ended = true;
    client->waits = false;
    if (owed)
        server->counts.waiting--;
    if (owed && gone && server->events->gone != NULL)
        server->events->gone(server->context, client->handle, client->user);
    tell_written(client, false);
    if (client->user != NULL && server->events->closed != NULL)
        server->events->closed(server->context, client->user);
    client->user = NULL;
    forget_client(client);
}

/* The connection was reset. Nobody has read the last answer if nothing came from the client since.
 */
static void client_was_reset(struct http_client *client)
{
    const struct http_server *server = client->server;
    bool unread =
        client->connection.state == HTTP_STATE_LINGERING ||
        (client->connection.state == HTTP_STATE_HEAD && http_connection_idle(&client->connection));

    if (unread && client->served > 0 && client->user != NULL && server->events->unread != NULL)
        server->events->unread(server->context, client->user);
    http_client_end(client, true);
}

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
    tell_written(client, true);
}

void http_client_answer(struct http_client *client, unsigned status,
                        const struct http_headers *headers, const void *body, size_t length)
{
    struct http_server *server = client->server;
    enum http_persistence persistence =
        http_connection_answering(&client->connection, headers->close || client->listener->retired);
    struct iovec parts[2];

    client->served++;
    buffer_reset(&server->head);
    if (!http_answer_head(&server->head, status, headers, length, persistence,
                          http_date_now(&server->date))) {
        const struct http_headers plain = {.close = headers->close};

        length = 0;
        tell_written(client, false);
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

    client->handle = ++slot->serial << INDEX_BITS | client->index;
    request.handle = client->handle;
    http_connection_request(&client->connection, &request);
    client->waits = true;
    server->counts.waiting++;
    server->counts.requests++;
    server->events->request(server->context, &request);
}

static void client_refuse(struct http_client *client)
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

void http_client_expired(struct http_deadline *deadline)
{
    struct http_client *client = container_of(deadline, struct http_client, deadline);

    if (client->wait != HTTP_WAIT_HEAD && client->connection.state != HTTP_STATE_BODY) {
        http_client_end(client, false);
        return;
    }
    http_connection_refuse(&client->connection, 408);
    client_refuse(client);
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
            client_refuse(client);
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
        client_refuse(client);
        return !client->ended;
    }
    count = client->transport.methods->read(&client->transport, bytes, room);
    if (count > 0)
        http_connection_received(&client->connection, (size_t)count);
    else if (count < 0 && (errno == EAGAIN || errno == EINTR))
        http_connection_missed(&client->connection);
    else if (count < 0 && errno == ECONNRESET)
        client_was_reset(client);
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
        client_refuse(client);
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

static void client_ready(struct loop_watch *watch, uint32_t events)
{
    struct http_client *client = container_of(watch, struct http_client, watch);
    uint8_t state = client->connection.state;

    if ((events & EPOLLERR) != 0) {
        client_was_reset(client);
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
