/* SPDX-License-Identifier: ISC */

#include "http/server.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"
#include "http/client.h"

struct http_settings http_settings_default(void)
{
    return (struct http_settings){
        .body_limit = HTTP_BODY_BYTES,
        .guest_total_limit = HTTP_GUEST_TOTAL_BYTES,
        .connections = HTTP_CONNECTIONS,
        .guest_connections = HTTP_GUEST_CONNECTIONS,
        .address_connections = HTTP_ADDRESS_CONNECTIONS,
        .handshake_time = HTTP_HANDSHAKE_TIME,
        .head_time = HTTP_HEAD_TIME,
        .body_time = HTTP_BODY_TIME,
        .body_rate = HTTP_BODY_RATE,
        .request_time = HTTP_REQUEST_TIME,
        .answer_time = HTTP_ANSWER_TIME,
        .guest_idle_time = HTTP_GUEST_IDLE_TIME,
        .idle_time = HTTP_IDLE_TIME,
        .guest_time = HTTP_GUEST_TIME,
        .linger_time = HTTP_LINGER_TIME,
        .retired_guest_time = HTTP_RETIRED_GUEST_TIME,
        .retired_idle_time = HTTP_RETIRED_IDLE_TIME,
    };
}

static void free_ended(struct http_server *server)
{
    list_each(link, &server->ended) {
        struct http_client *client = container_of(link, struct http_client, link);

        list_remove(link);
        buffer_free(&client->out);
        free(client);
    }
}

static void bury_ended(struct loop_task *task)
{
    struct http_server *server = container_of(task, struct http_server, bury);

    free_ended(server);
    http_listeners_bury(server);
    if (server->draining && !server->drained && list_empty(&server->clients)) {
        server->drained = true;
        if (server->events->drained != NULL)
            server->events->drained(server->context);
    }
}

struct http_server *http_server_new(struct loop *loop, const struct http_events *events,
                                    void *context, const struct http_settings *settings)
{
    struct http_server *server = mem_alloc(sizeof(*server));

    server->loop = loop;
    server->events = events;
    server->context = context;
    server->settings = settings != NULL ? *settings : http_settings_default();
    list_init(&server->listeners);
    list_init(&server->clients);
    list_init(&server->ended);
    server->bury.run = bury_ended;
    server->pause.expired = http_accept_resume;
    for (int i = 0; i < HTTP_WAITS; i++)
        http_deadline_list_init(&server->deadlines[i], loop, http_client_expired);
    map_init(&server->addresses);
    buffer_init(&server->head, HTTP_ANSWER_HEAD_BYTES);
    server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    return server;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    while (!list_empty(&server->clients))
        http_client_end(container_of(server->clients.next, struct http_client, link), true);
    http_listeners_free(server);
    free_ended(server);
    loop_task_cancel(&server->bury);
    for (int i = 0; i < HTTP_WAITS; i++)
        http_deadline_list_stop(&server->deadlines[i]);
    loop_timer_stop(server->loop, &server->pause);
    if (server->spare >= 0)
        close(server->spare);
    map_free(&server->addresses);
    buffer_free(&server->head);
    http_pool_free(&server->pool);
    free(server->slots);
    free(server->free_slots);
    free(server);
}

/* The client whose unanswered request has that handle, or NULL. */
static struct http_client *find_waiting(const struct http_server *server, uint64_t handle)
{
    uint64_t index = handle & 0xffffff;
    struct http_client *client;

    if (index >= server->slot_count)
        return NULL;
    client = server->slots[index].client;
    if (client == NULL || client->ended || !client->waits || client->handle != handle)
        return NULL;
    return client;
}

bool http_answer(struct http_server *server, uint64_t handle, uint64_t token, unsigned status,
                 const struct http_headers *headers, const void *body, size_t length)
{
    static const struct http_headers none;
    struct http_client *client = find_waiting(server, handle);

    if (client == NULL)
        return false;
    client->waits = false;
    server->counts.waiting--;
    client->answers = true;
    client->token = token;
    http_client_answer(client, status, headers != NULL ? headers : &none, body, length);
    return true;
}

void http_server_authenticated(struct http_server *server, uint64_t handle, bool authenticated)
{
    struct http_client *client = find_waiting(server, handle);

    if (client == NULL || client->connection.authenticated == authenticated)
        return;
    http_connection_set_authenticated(&client->connection, authenticated);
    if (authenticated) {
        server->counts.guests--;
    } else {
        server->counts.guests++;
        client->guest_since = loop_now(server->loop);
    }
}

bool http_server_waits(const struct http_server *server, uint64_t handle)
{
    return find_waiting(server, handle) != NULL;
}

void http_server_close(struct http_server *server, uint64_t handle)
{
    struct http_client *client = find_waiting(server, handle);

    if (client != NULL)
        http_client_end(client, false);
}

struct http_counts http_server_counts(const struct http_server *server)
{
    return server->counts;
}
