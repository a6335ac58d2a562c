/* SPDX-License-Identifier: ISC */

/*
 * The transport's state is its SSL object, which reads and writes the socket itself. After a fatal
 * error that object is marked as shut down, because nothing may be sent with it any more.
 */
#include "tls/transport.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "tls/tls.h"

/* Bytes encrypted at a time: a record, RFC 8446 section 5.1. */
enum { RECORD = 16384 };

static SSL *ssl_of(const struct http_transport *transport)
{
    return transport->state;
}

/*
 * What became of a call that returned no bytes: 0 when the client has said that it leaves, else -1
 * and errno. `awaits` is what an EAGAIN waits for.
 */
static int result_of(const struct http_transport *transport, int result, uint32_t *awaits)
{
    int error = errno;

    switch (SSL_get_error(ssl_of(transport), result)) {
    case SSL_ERROR_WANT_READ:
        *awaits = EPOLLIN;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_WANT_WRITE:
        *awaits = EPOLLOUT;
        errno = EAGAIN;
        return -1;
    case SSL_ERROR_ZERO_RETURN:
        return 0;
    case SSL_ERROR_SYSCALL:
        errno = error != 0 && error != EAGAIN ? error : ECONNRESET;
        break;
    default:
        log_debug("TLS: %s", ERR_reason_error_string(ERR_peek_error()));
        errno = EPROTO;
    }
    SSL_set_shutdown(ssl_of(transport), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return -1;
}

/* ---- handshake ---- */

/* What OpenSSL says of a request line where a handshake should begin. */
static bool is_plain_http(void)
{
    int reason = ERR_GET_REASON(ERR_peek_error());

    return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST;
}

static void become_plain(struct http_transport *transport)
{
    SSL_free(ssl_of(transport));
    ERR_clear_error();
    *transport = http_transport_on(transport->fd);
}

static int tls_open(struct http_transport *transport)
{
    int result;
    int one = 1;

    ERR_clear_error();
    errno = 0;
    result = SSL_accept(ssl_of(transport));
    if (result == 1) {
        transport->opening = false;
        transport->read_awaits = EPOLLIN;
        /* A client may hold its request back until this end has acknowledged the handshake. */
        setsockopt(transport->fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one));
        return 0;
    }
    if (is_plain_http()) {
        become_plain(transport);
        errno = EPROTONOSUPPORT;
        return -1;
    }
    if (result_of(transport, result, &transport->read_awaits) == 0)
        errno = ECONNRESET;
    return -1;
}

/* ---- data ---- */

static ssize_t tls_read(struct http_transport *transport, void *room, size_t size)
{
    int count;

    ERR_clear_error();
    errno = 0;
    count = SSL_read(ssl_of(transport), room, size < INT32_MAX ? (int)size : INT32_MAX);
    if (count <= 0)
        return result_of(transport, count, &transport->read_awaits);
    transport->read_awaits = EPOLLIN;
    return count;
}

static bool tls_pending(const struct http_transport *transport)
{
    return SSL_pending(ssl_of(transport)) > 0;
}

static int tls_watch(struct http_transport *transport)
{
    char byte;
    int count;

    ERR_clear_error();
    errno = 0;
    count = SSL_peek(ssl_of(transport), &byte, 1);
    return count > 0 ? 1 : result_of(transport, count, &transport->read_awaits);
}

/*
 * Up to a record of what stands behind the first `skip` bytes of the parts, in one piece, so that
 * a head and its body leave as one record. Valid until the next call.
 */
static const uint8_t *gather(const struct iovec *parts, int count, size_t skip, size_t *length)
{
    static uint8_t piece[RECORD];
    size_t filled = 0;

    for (int i = 0; i < count && filled < RECORD; i++) {
        const uint8_t *from = (const uint8_t *)parts[i].iov_base + skip;
        size_t there = parts[i].iov_len;

        if (skip >= there) {
            skip -= there;
            continue;
        }
        there -= skip;
        skip = 0;
        if (there > RECORD - filled)
            there = RECORD - filled;
        if (filled == 0 && (there == RECORD || i == count - 1)) {
            *length = there;
            return from;
        }
        memcpy(piece + filled, from, there);
        filled += there;
    }
    *length = filled;
    return piece;
}

/*
 * A record that has been encrypted and not taken by the socket is sent with the next call, which
 * has to come with the same bytes; the http server does so.
 */
static ssize_t tls_write(struct http_transport *transport, const struct iovec *parts, int count)
{
    size_t done = 0;
    size_t length;
    const uint8_t *piece = gather(parts, count, 0, &length);

    while (length > 0) {
        int sent;

        ERR_clear_error();
        errno = 0;
        sent = SSL_write(ssl_of(transport), piece, (int)length);
        if (sent <= 0) {
            if (result_of(transport, sent, &transport->write_awaits) == 0)
                errno = EPIPE;
            return done > 0 ? (ssize_t)done : -1;
        }
        transport->write_awaits = EPOLLOUT;
        done += (size_t)sent;
        piece = gather(parts, count, done, &length);
    }
    return (ssize_t)done;
}

/* ---- end ---- */

/* As far as the socket takes it; RFC 8446 section 6.1. */
static void say_farewell(struct http_transport *transport)
{
    SSL *ssl = ssl_of(transport);

    ERR_clear_error();
    if (SSL_is_init_finished(ssl) && (SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) == 0)
        SSL_shutdown(ssl);
    ERR_clear_error();
}

static void tls_finish(struct http_transport *transport)
{
    say_farewell(transport);
    shutdown(transport->fd, SHUT_WR);
}

static void tls_close(struct http_transport *transport)
{
    say_farewell(transport);
    SSL_free(ssl_of(transport));
    transport->state = NULL;
    http_transport_plain.close(transport);
}

const struct http_transport_methods http_transport_tls = {
    .open = tls_open,
    .read = tls_read,
    .write = tls_write,
    .pending = tls_pending,
    .watch = tls_watch,
    .finish = tls_finish,
    .close = tls_close,
};

bool tls_transport_make(SSL_CTX *context, struct http_transport *transport)
{
    SSL *ssl = SSL_new(context);

    if (ssl == NULL || SSL_set_fd(ssl, transport->fd) != 1) {
        SSL_free(ssl);
        ERR_clear_error();
        return false;
    }
    SSL_set_accept_state(ssl);
    transport->methods = &http_transport_tls;
    transport->state = ssl;
    transport->opening = true;
    return true;
}

/* ---- what others ask ---- */

static bool is_encrypted(const struct http_transport *transport)
{
    return transport->methods == &http_transport_tls && !transport->opening;
}

const char *tls_version_and_cipher(const struct http_transport *transport)
{
    static char text[128];

    if (!is_encrypted(transport))
        return "";
    snprintf(text, sizeof(text), "%s %s", SSL_get_version(ssl_of(transport)),
             SSL_get_cipher_name(ssl_of(transport)));
    return text;
}

/* Appends one certificate; false: it does not fit. */
static bool put_certificate(X509 *certificate, unsigned char *room, size_t size, size_t *used)
{
    int length = i2d_X509(certificate, NULL);
    uint32_t announced = (uint32_t)length;
    unsigned char *place = room + *used + sizeof(announced);

    if (length <= 0 || size - *used < sizeof(announced) ||
        size - *used - sizeof(announced) < (size_t)length)
        return false;
    memcpy(room + *used, &announced, sizeof(announced));
    *used += sizeof(announced) + (size_t)i2d_X509(certificate, &place);
    return true;
}

size_t tls_peer_chain(const struct http_transport *transport, unsigned char *room, size_t size)
{
    X509 *own = is_encrypted(transport) ? SSL_get0_peer_certificate(ssl_of(transport)) : NULL;
    STACK_OF(X509) * rest;
    size_t used = 0;

    if (own == NULL || !put_certificate(own, room, size, &used))
        return 0;
    /* Of a server's peer these are the others, without its own. */
    rest = SSL_get_peer_cert_chain(ssl_of(transport));
    for (int i = 0; i < sk_X509_num(rest); i++)
        if (!put_certificate(sk_X509_value(rest, i), room, size, &used))
            return 0;
    return used;
}
