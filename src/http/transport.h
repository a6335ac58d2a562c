/* SPDX-License-Identifier: ISC */

/*
 * How the bytes of a connection travel. The plain socket is one row of methods; an encrypted
 * transport is another, and nothing above notices.
 */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

struct http_transport;

struct http_transport_methods {
    /* Like recv() and writev() on a non-blocking socket: -1 with EAGAIN when it would block. */
    ssize_t (*read)(struct http_transport *transport, void *room, size_t size);
    ssize_t (*write)(struct http_transport *transport, const struct iovec *parts, int count);
    /* Tells the client that nothing more follows. */
    void (*finish)(struct http_transport *transport);
    void (*close)(struct http_transport *transport);
};

struct http_transport {
    const struct http_transport_methods *methods;
    int fd;
};

extern const struct http_transport_methods http_transport_plain;

#endif
