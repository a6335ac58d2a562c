/* SPDX-License-Identifier: ISC */

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

static struct http_listener *listener_of(struct list *link)
{
    return container_of(link, struct http_listener, link);
}

static void listener_set(struct http_listener *listener)
{
    const struct http_settings *settings = &listener->server->settings;

    listener->settings.body_limit = settings->body_limit;
    listener->settings.guest_total_limit = settings->guest_total_limit;
}

static size_t head_bytes(size_t limit)
{
    return limit > 0 && limit < HTTP_HEAD_BYTES ? limit : HTTP_HEAD_BYTES;
}

static struct http_listener *listener_new(struct http_server *server, uint32_t number,
                                          size_t head_limit)
{
    struct http_listener *listener = mem_alloc(sizeof(*listener));

    listener->server = server;
    listener->number = number;
    listener->watch.fd = -1;
    listener->settings = (struct http_connection_settings){
        .head_limit = head_bytes(head_limit),
        .path_known = server->events->path_known,
        .context = server->context,
        .pool = &server->pool,
    };
    listener_set(listener);
    list_append(&server->listeners, &listener->link);
    return listener;
}

static void listener_free(struct http_listener *listener)
{
    http_accept_stop(listener);
    list_remove(&listener->link);
    free(listener);
}

bool http_server_listen(struct http_server *server, int fd, uint32_t listener, size_t head_limit)
{
    struct http_listener *new;

    if (server->draining) {
        close(fd);
        return false;
    }
    new = listener_new(server, listener, head_limit);
    new->watch.fd = fd;
    if (http_accept_start(new))
        return true;
    close(fd);
    new->watch.fd = -1;
    listener_free(new);
    return false;
}

/* For adopted connections: a listener with no socket of its own serves as well. */
static struct http_listener *listener_find(struct http_server *server, uint32_t number,
                                           size_t head_limit)
{
    list_each(link, &server->listeners) {
        struct http_listener *listener = listener_of(link);

        if (listener->number == number && !listener->retired &&
            listener->settings.head_limit == head_bytes(head_limit))
            return listener;
    }
    return listener_new(server, number, head_limit);
}

bool http_server_adopt(struct http_server *server, int fd, uint32_t listener, size_t head_limit)
{
    static const uint8_t unknown[16];
    int flags = fcntl(fd, F_GETFL);
    int one = 1;

    if (server->draining || flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        close(fd);
        return false;
    }
    if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
        log_debug("TCP_NODELAY: %s", strerror(errno));
    server->counts.accepted++;
    return http_client_new(listener_find(server, listener, head_limit), fd, unknown, 0) != NULL;
}

/* Nobody is told anything here: the connections that end now do so by their deadlines. */
static void listener_retire(struct http_listener *listener)
{
    struct http_server *server = listener->server;

    if (listener->retired)
        return;
    http_accept_rest(listener);
    http_accept_stop(listener);
    listener->retired = true;
    list_each(link, &server->clients) {
        struct http_client *client = container_of(link, struct http_client, link);

        if (client->listener == listener && !client->ended)
            http_client_await(client);
    }
    loop_defer(server->loop, &server->bury);
}

bool http_server_encrypt(struct http_server *server, uint32_t listener,
                         struct http_transport_source *source)
{
    bool found = false;

    list_each(link, &server->listeners) {
        if (listener_of(link)->number != listener || listener_of(link)->retired)
            continue;
        listener_of(link)->source = source;
        found = true;
    }
    return found;
}

bool http_server_unlisten(struct http_server *server, uint32_t listener)
{
    bool found = false;

    list_each(link, &server->listeners) {
        if (listener_of(link)->number != listener || listener_of(link)->retired)
            continue;
        listener_retire(listener_of(link));
        found = true;
    }
    return found;
}

void http_server_drain(struct http_server *server)
{
    server->draining = true;
    list_each(link, &server->listeners)
        listener_retire(listener_of(link));
    loop_defer(server->loop, &server->bury);
}

void http_server_set_settings(struct http_server *server, const struct http_settings *settings)
{
    server->settings = *settings;
    list_each(link, &server->listeners)
        listener_set(listener_of(link));
}

/* A listener of that number other than this one still has connections. */
static bool number_is_used(const struct http_listener *listener)
{
    list_each(link, &listener->server->listeners)
        if (listener_of(link) != listener && listener_of(link)->number == listener->number)
            return true;
    return false;
}

static struct http_listener *find_unused(struct http_server *server)
{
    list_each(link, &server->listeners)
        if (listener_of(link)->retired && listener_of(link)->clients == 0)
            return listener_of(link);
    return NULL;
}

void http_listeners_bury(struct http_server *server)
{
    struct http_listener *unused;

    while ((unused = find_unused(server)) != NULL) {
        uint32_t number = unused->number;
        bool last = !number_is_used(unused);

        listener_free(unused);
        if (last && server->events->unlistened != NULL)
            server->events->unlistened(server->context, number);
    }
}

void http_listeners_free(struct http_server *server)
{
    while (!list_empty(&server->listeners))
        listener_free(listener_of(server->listeners.next));
}
