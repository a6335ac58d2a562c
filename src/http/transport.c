/* SPDX-License-Identifier: ISC */

#include "http/transport.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static ssize_t plain_read(struct http_transport *transport, void *room, size_t size)
{
    return recv(transport->fd, room, size, 0);
}

static ssize_t plain_write(struct http_transport *transport, const struct iovec *parts, int count)
{
    struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)count};

    return sendmsg(transport->fd, &message, MSG_NOSIGNAL);
}

static void plain_finish(struct http_transport *transport)
{
    shutdown(transport->fd, SHUT_WR);
}

static void plain_close(struct http_transport *transport)
{
    close(transport->fd);
    transport->fd = -1;
}

const struct http_transport_methods http_transport_plain = {
    .read = plain_read,
    .write = plain_write,
    .finish = plain_finish,
    .close = plain_close,
};

struct http_transport http_transport_on(int fd)
{
    return (struct http_transport){.methods = &http_transport_plain,
                                   .fd = fd,
                                   .read_awaits = EPOLLIN,
                                   .write_awaits = EPOLLOUT};
}
