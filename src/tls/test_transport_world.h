/* SPDX-License-Identifier: ISC */

/*
 * The encrypted transport, over a socket pair whose buffers are as small as they get, against an
 * OpenSSL client that speaks through memory: nothing moves but what the test moves.
 */
#ifndef TLS_TEST_TRANSPORT_WORLD_H
#define TLS_TEST_TRANSPORT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <openssl/ssl.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "tls/tls.h"
#include "tls/transport.h"

enum { ROUNDS = 100000 };

struct world {
    struct tls_server *server;
    struct http_transport transport;
    SSL_CTX *context;
    SSL *client;
    BIO *in;  /* what has come for the client */
    BIO *out; /* what the client wants to send */
    int socket;
};

extern struct buffer pem; /* of a key and its certificate */
/* Around a program's tests: `pem`. */
int make_certificate(void **state);
int forget_certificate(void **state);
struct tls_settings settings_of(const struct buffer *file);

/* A server with these settings, or with those of `pem`, and a client of that version of TLS. */
void world_open_with(struct world *world, const struct tls_settings *settings, int version);
void world_open(struct world *world, int version);
void world_close(struct world *world);

/* Moves up to `most` bytes from the client to the socket, and all that is there the other way. */
void carry(struct world *world, size_t most);
/* Both ends until they are done; the server's events have to be those it waits for. */
void shake_hands(struct world *world, size_t piece);

#endif
