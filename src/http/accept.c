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

static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\n"
                           "Content-Type: text/plain\r\n"
                           "Server: winrmd\r\n"
                           "Connection: close\r\n"
                           "Content-Length: 0\r\n\r\n";

void http_turn_away(struct http_listener *listener, int fd)
{
    char unread[4096];

    listener->server->counts.refused++;
    if (listener->source == NULL &&
        send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
        shutdown(fd, SHUT_WR);
        /* Closing with unread bytes would reset the connection and lose the answer. */
        for (int i = 0; i < 16; i++)
            if (recv(fd, unread, sizeof(unread), MSG_DONTWAIT) < (ssize_t)sizeof(unread))
                break;
    }
    close(fd);
}

struct http_address *http_address_enter(struct http_server *server, const uint8_t key[16])
{
    struct http_address *address = map_get(&server->addresses, key, 16);

    if (address != NULL && address->count >= server->settings.address_connections)
        return NULL;
    if (address == NULL) {
        address = mem_alloc(sizeof(*address));
        memcpy(address->key, key, 16);
        map_put(&server->addresses, key, 16, address);
    }
    address->count++;
    return address;
}

void http_address_leave(struct http_server *server, struct http_address *address)
{
    if (address == NULL || --address->count > 0)
        return;
    map_remove(&server->addresses, address->key, 16);
    free(address);
}

/* The address in IPv6 form, an IPv4 address as ::ffff:a.b.c.d; all zero for other sockets. */
static uint16_t read_address(const struct sockaddr_storage *from, uint8_t key[16])
{
    memset(key, 0, 16);
    if (from->ss_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *)from;

        memcpy(key, &six->sin6_addr, 16);
        return ntohs(six->sin6_port);
    }
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)from;

        key[10] = key[11] = 0xff;
        memcpy(key + 12, &four->sin_addr, 4);
        return ntohs(four->sin_port);
    }
    return 0;
}

static bool is_full(const struct http_server *server)
{
    return server->counts.connections >= server->settings.connections ||
           server->counts.guests >= server->settings.guest_connections;
}

static void let_in(struct http_listener *listener, int fd, const struct sockaddr_storage *from)
{
    struct http_server *server = listener->server;
    uint8_t key[16];
    uint16_t port = read_address(from, key);
    const struct http_address *address = map_get(&server->addresses, key, 16);

    server->counts.accepted++;
    if (!is_full(server) &&
        (address == NULL || address->count < server->settings.address_connections)) {
        http_client_new(listener, fd, key, port);
    } else if (server->turned_away < HTTP_TURNED_AWAY) {
        server->counts.refused++;
        http_client_new(listener, fd, NULL, 0);
    } else {
        http_turn_away(listener, fd);
    }
}

static void pause_accepting(struct http_server *server)
{
    list_each(link, &server->listeners) {
        struct http_listener *listener = container_of(link, struct http_listener, link);

        if (listener->watch.fd >= 0)
            loop_rewatch(server->loop, &listener->watch, 0);
    }
    loop_timer_start(server->loop, &server->pause, HTTP_ACCEPT_PAUSE);
}

void http_accept_resume(struct loop_timer *pause)
{
    struct http_server *server = container_of(pause, struct http_server, pause);

    if (server->spare < 0)
        server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    list_each(link, &server->listeners) {
        struct http_listener *listener = container_of(link, struct http_listener, link);

        if (listener->watch.fd >= 0)
            loop_rewatch(server->loop, &listener->watch, EPOLLIN);
    }
}

/*
 * Out of descriptors, accept() fails and the connection stays in the queue, which would wake us at
 * once again. So one descriptor is kept to take it out of the queue and send it away. False: there
 * was none to take, or none to do it with.
 */
static bool accept_with_spare(struct http_listener *listener)
{
    struct http_server *server = listener->server;
    int fd = -1;

    if (server->spare >= 0) {
        close(server->spare);
        server->spare = -1;
        fd = accept4(listener->watch.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            http_turn_away(listener, fd);
        server->spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (server->spare < 0)
        pause_accepting(server);
    return fd >= 0;
}

/* Takes one connection out of the queue; false: there is none, or it cannot be done now. */
static bool accept_one(struct http_listener *listener)
{
    struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof(from);
    int fd =
        accept4(listener->watch.fd, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd >= 0) {
        let_in(listener, fd, &from);
        return true;
    }
    if (errno == EMFILE || errno == ENFILE)
        return accept_with_spare(listener);
    if (errno == EINTR || errno == ECONNABORTED)
        return true;
    if (errno != EAGAIN)
        pause_accepting(listener->server);
    return false;
}

static void listener_ready(struct loop_watch *watch, uint32_t events)
{
    struct http_listener *listener = container_of(watch, struct http_listener, watch);

    (void)events;
    for (int i = 0; i < HTTP_ACCEPTS && watch->fd >= 0; i++)
        if (!accept_one(listener))
            return;
}

void http_accept_rest(struct http_listener *listener)
{
    for (int i = 0; i < HTTP_LISTEN_QUEUE && listener->watch.fd >= 0; i++)
        if (!accept_one(listener))
            return;
}

/*
 * Both are inherited by what is accepted; other than TCP sockets have neither. Connections may be
 * idle for hours, and of a client that was switched off nothing else would ever tell.
 */
static void set_options(int fd)
{
    static const struct {
        int level;
        int name;
        int value;
        const char *text;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY"},
        {SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE"},
        {IPPROTO_TCP, TCP_KEEPIDLE, HTTP_KEEPALIVE_IDLE, "TCP_KEEPIDLE"},
        {IPPROTO_TCP, TCP_KEEPINTVL, HTTP_KEEPALIVE_INTERVAL, "TCP_KEEPINTVL"},
        {IPPROTO_TCP, TCP_KEEPCNT, HTTP_KEEPALIVE_COUNT, "TCP_KEEPCNT"},
    };

    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
        if (setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                       sizeof(options[i].value)) < 0)
            log_debug("%s: %s", options[i].text, strerror(errno));
}

bool http_accept_start(struct http_listener *listener)
{
    int flags = fcntl(listener->watch.fd, F_GETFL);

    if (flags < 0 || fcntl(listener->watch.fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
        fcntl(listener->watch.fd, F_SETFD, FD_CLOEXEC) < 0)
        return false;
    set_options(listener->watch.fd);
    listener->watch.ready = listener_ready;
    return loop_watch(listener->server->loop, &listener->watch, EPOLLIN);
}

void http_accept_stop(struct http_listener *listener)
{
    if (listener->watch.fd < 0)
        return;
    loop_unwatch(listener->server->loop, &listener->watch);
    close(listener->watch.fd);
    listener->watch.fd = -1;
}
