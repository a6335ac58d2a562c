/* SPDX-License-Identifier: ISC */

#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
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
        .head_time = HTTP_HEAD_TIME,
        .body_time = HTTP_BODY_TIME,
        .body_rate = HTTP_BODY_RATE,
        .answer_time = HTTP_ANSWER_TIME,
        .guest_idle_time = HTTP_GUEST_IDLE_TIME,
        .idle_time = HTTP_IDLE_TIME,
        .guest_time = HTTP_GUEST_TIME,
        .linger_time = HTTP_LINGER_TIME,
    };
}

static void bury_ended(struct loop_task *task)
{
    struct http_server *server = container_of(task, struct http_server, bury);

    list_each(link, &server->ended) {
        struct http_client *client = container_of(link, struct http_client, link);

        list_remove(link);
        buffer_free(&client->out);
        free(client);
    }
    if (server->draining && server->counts.connections == 0 && server->events->drained != NULL)
        server->events->drained(server->context);
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
    server->draining = false;
    bury_ended(&server->bury);
    loop_task_cancel(&server->bury);
    list_each(link, &server->listeners) {
        struct http_listener *listener = container_of(link, struct http_listener, link);

        http_accept_stop(listener);
        free(listener);
    }
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

static struct http_listener *listener_new(struct http_server *server, uint32_t number,
                                          size_t head_limit)
{
    struct http_listener *listener = mem_alloc(sizeof(*listener));

    listener->server = server;
    listener->number = number;
    listener->watch.fd = -1;
    listener->settings = (struct http_connection_settings){
        .head_limit = head_limit > 0 ? head_limit : HTTP_HEAD_BYTES,
        .body_limit = server->settings.body_limit,
        .guest_total_limit = server->settings.guest_total_limit,
        .path_known = server->events->path_known,
        .context = server->context,
        .pool = &server->pool,
    };
    list_append(&server->listeners, &listener->link);
    return listener;
}

bool http_server_listen(struct http_server *server, int fd, uint32_t listener, size_t head_limit)
{
    struct http_listener *new = listener_new(server, listener, head_limit);

    new->watch.fd = fd;
    if (http_accept_start(new))
        return true;
    close(fd);
    list_remove(&new->link);
    free(new);
    return false;
}

bool http_server_adopt(struct http_server *server, int fd, uint32_t listener, size_t head_limit)
{
    static const uint8_t unknown[16];
    struct http_listener *found = NULL;
    int flags = fcntl(fd, F_GETFL);
    int one = 1;

    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        close(fd);
        return false;
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
        log_debug("TCP_NODELAY: %s", strerror(errno));
    list_each(link, &server->listeners) {
        struct http_listener *one_of = container_of(link, struct http_listener, link);

        if (one_of->number == listener && one_of->settings.head_limit == head_limit)
            found = one_of;
    }
    if (found == NULL)
        found = listener_new(server, listener, head_limit);
    server->counts.accepted++;
    return http_client_new(found, fd, unknown, 0) != NULL;
}

void http_server_drain(struct http_server *server)
{
    struct list *idle = &server->deadlines[HTTP_WAIT_GUEST_IDLE].waiting;

    server->draining = true;
    list_each(link, &server->listeners)
        http_accept_stop(container_of(link, struct http_listener, link));
    while (!list_empty(idle)) {
        struct http_deadline *first = container_of(idle->next, struct http_deadline, link);

        http_client_end(container_of(first, struct http_client, deadline), false);
    }
    loop_defer(server->loop, &server->bury);
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
    if (authenticated)
        server->counts.guests--;
    else
        server->counts.guests++;
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
