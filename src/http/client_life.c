/* SPDX-License-Identifier: ISC */

/* How a client begins and ends: its transport, its handle, what it counts against, who is told. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/client.h"

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

        if (count > 1u << HTTP_INDEX_BITS)
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
    client->watch = (struct loop_watch){.fd = fd, .ready = http_client_ready};
    client->guest_since = loop_now(server->loop);
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
        http_client_refuse(client);
    } else {
        http_client_run(client);
    }
    return client;
}

void http_client_tell_written(struct http_client *client, bool delivered)
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
    http_client_tell_written(client, false);
    if (client->user != NULL && server->events->closed != NULL)
        server->events->closed(server->context, client->user);
    client->user = NULL;
    forget_client(client);
}

/* Nobody has read the last answer if nothing came from the client since. */
void http_client_was_reset(struct http_client *client)
{
    const struct http_server *server = client->server;
    bool unread =
        client->connection.state == HTTP_STATE_LINGERING ||
        (client->connection.state == HTTP_STATE_HEAD && http_connection_idle(&client->connection));

    if (unread && client->served > 0 && client->user != NULL && server->events->unread != NULL)
        server->events->unread(server->context, client->user);
    http_client_end(client, true);
}
