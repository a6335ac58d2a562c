/* SPDX-License-Identifier: ISC */

#include "broker/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/broker.h"

enum { BACKLOG = 1024 };

static socklen_t listener_address(const struct listener *listener, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, listener->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(listener->port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, listener->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(listener->port);
        return sizeof(*v6);
    }
    return 0;
}

static bool port_share(int fd, int on)
{
    return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0;
}

static bool port_used(const struct configuration *old, uint16_t port)
{
    for (size_t i = 0; old != NULL && i < old->listener_count; i++) {
        struct sockaddr_storage address;
        socklen_t length = sizeof(address);

        if (getsockname(old->listeners[i].socket, (struct sockaddr *)&address, &length) == 0 &&
            ntohs(address.ss_family == AF_INET6
                      ? ((struct sockaddr_in6 *)&address)->sin6_port
                      : ((struct sockaddr_in *)&address)->sin_port) == port)
            return true;
    }
    return false;
}

static void ports_share(const struct configuration *old, int on)
{
    for (size_t i = 0; i < old->listener_count; i++)
        port_share(old->listeners[i].socket, on);
}

static bool bind_and_listen(int fd, const struct sockaddr_storage *address, socklen_t length)
{
    return bind(fd, (const struct sockaddr *)address, length) == 0 && listen(fd, BACKLOG) == 0;
}

/*
 * A port may be shared only for the moment in which an overlapping socket of our own takes over;
 * a port that stays shared could be taken by any other program of this uid.
 */
static bool bind_beside(int fd, const struct sockaddr_storage *address, socklen_t length,
                        const struct configuration *old)
{
    bool bound;

    ports_share(old, 1);
    bound = port_share(fd, 1) && bind_and_listen(fd, address, length);
    port_share(fd, 0);
    ports_share(old, 0);
    return bound;
}

static char *listener_url(const struct listener *listener, const struct sockaddr_storage *address)
{
    const char *scheme = listener->tls ? "https" : "http";

    if (address->ss_family == AF_INET)
        return mem_printf("%s://%s:%u", scheme, listener->address,
                          ntohs(((const struct sockaddr_in *)address)->sin_port));
    return mem_printf("%s://[%s]:%u", scheme, listener->address,
                      ntohs(((const struct sockaddr_in6 *)address)->sin6_port));
}

/* The socket of another configuration's listener, for this one too. */
static bool listener_inherit(struct listener *listener, const struct listener *same)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof(address);

    listener->socket = fcntl(same->socket, F_DUPFD_CLOEXEC, CHANNEL_FD);
    if (listener->socket < 0 ||
        getsockname(listener->socket, (struct sockaddr *)&address, &length) != 0)
        return false;
    listener->url = listener_url(listener, &address);
    return true;
}

static bool listener_bind(struct listener *listener, const struct configuration *old)
{
    struct sockaddr_storage address;
    socklen_t length = listener_address(listener, &address);
    int on = 1;
    int fd;

    errno = EADDRNOTAVAIL;
    fd =
        length == 0 ? -1 : socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if ((!bind_and_listen(fd, &address, length) &&
         !(errno == EADDRINUSE && port_used(old, listener->port) &&
           bind_beside(fd, &address, length, old))) ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return false;
    }
    listener->socket = fd;
    listener->url = listener_url(listener, &address);
    return true;
}

const struct listener *listener_same(const struct configuration *configuration,
                                     const struct listener *listener)
{
    for (size_t i = 0; configuration != NULL && i < configuration->listener_count; i++) {
        const struct listener *other = &configuration->listeners[i];

        if (other->port == listener->port && strcmp(other->address, listener->address) == 0 &&
            (other->port != 0 || strcmp(other->name, listener->name) == 0))
            return other;
    }
    return NULL;
}

bool listener_continues(const struct configuration *configuration, const struct listener *listener)
{
    const struct listener *same = listener_same(configuration, listener);

    return same != NULL && same->tls == listener->tls;
}

const struct listener *listener_by_number(const struct configuration *configuration,
                                          uint32_t number)
{
    for (size_t i = 0; i < configuration->listener_count; i++)
        if (configuration->listeners[i].number == number)
            return &configuration->listeners[i];
    return NULL;
}

bool listeners_bind(struct broker *broker, struct configuration *fresh,
                    const struct configuration *old, struct listener_problem *problem)
{
    for (size_t i = 0; i < fresh->listener_count; i++) {
        struct listener *listener = &fresh->listeners[i];
        const struct listener *same = listener_same(old, listener);

        listener->number =
            listener_continues(old, listener) && same->header_limit == listener->header_limit
                ? same->number
                : (uint32_t)broker_next_id(broker);
        if (same != NULL ? listener_inherit(listener, same) : listener_bind(listener, old))
            continue;
        problem->listener = listener;
        snprintf(problem->cause, sizeof(problem->cause),
                 "listener \"%s\" cannot listen on %s port %u (%s)", listener->name,
                 listener->address, listener->port, strerror(errno));
        problem->remedy = errno == EADDRINUSE ? "is another program using it?"
                                              : "is it an address of this machine?";
        return false;
    }
    return true;
}
