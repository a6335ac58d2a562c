/* SPDX-License-Identifier: ISC */

/*
 * How the bytes of a connection travel. The plain socket is one row of methods; an encrypted
 * transport is another (src/tls), and nothing above notices.
 *
 * An encrypted transport has work of its own on the socket: reading may have to wait until the
 * socket takes bytes, writing until some have come. It says so in `read_awaits` and
 * `write_awaits`, the events to wait for after an EAGAIN. And it may hold bytes of which the
 * socket tells nothing any more: `pending` says so.
 */
#ifndef HTTP_TRANSPORT_H
#define HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

struct http_transport;

struct http_transport_methods {
    /*
     * The handshake, a step at a time: 0 when it is done, -1 with EAGAIN when it would block (on
     * `read_awaits`), -1 with EPROTONOSUPPORT when the client speaks HTTP without it, -1 with
     * another error when it has failed. NULL: there is none.
     */
    int (*open)(struct http_transport *transport);
    /* Like recv() and writev() on a non-blocking socket: -1 with EAGAIN when it would block. */
    ssize_t (*read)(struct http_transport *transport, void *room, size_t size);
    ssize_t (*write)(struct http_transport *transport, const struct iovec *parts, int count);
    /* Can read() give bytes although the socket may have none? NULL: never. */
    bool (*pending)(const struct http_transport *transport);
    /*
     * While nobody reads: takes in what is no data and tells whether the client still listens. 1:
     * there is data; 0: it has said that it leaves; -1 with EAGAIN: nothing yet, -1 with another
     * error: the connection has failed. NULL: what comes is data.
     */
    int (*watch)(struct http_transport *transport);
    /* Tells the client that nothing more follows. */
    void (*finish)(struct http_transport *transport);
    void (*close)(struct http_transport *transport);
};

struct http_transport {
    const struct http_transport_methods *methods;
    void *state; /* of the methods */
    int fd;
    bool opening;         /* the handshake is not done */
    uint32_t read_awaits; /* EPOLLIN or EPOLLOUT */
    uint32_t write_awaits;
};

extern const struct http_transport_methods http_transport_plain;

/* The plain transport of a socket, which it takes over. */
struct http_transport http_transport_on(int fd);

/* Makes the transports of a listener's connections; embedded in its owner. */
struct http_transport_source {
    /* Makes an encrypted transport of a plain one. False: there is no memory for it. */
    bool (*encrypt)(struct http_transport_source *source, struct http_transport *transport);
};

#endif
