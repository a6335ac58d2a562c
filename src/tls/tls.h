/* SPDX-License-Identifier: ISC */

/*
 * TLS for the listeners of winrmd-net, on OpenSSL: a transport of src/http that encrypts, made from
 * a certificate chain, its key and the settings of a listener. No other folder speaks TLS. One
 * thread. See docs/tls.md.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/transport.h"

/* What a file held; NULL: there is no such file. The owner keeps it during the call. */
struct tls_file {
    const char *bytes;
    size_t length;
};

struct tls_settings {
    struct tls_file certificate; /* PEM: the listener's own, then what it was issued by */
    struct tls_file key;         /* PEM; not encrypted */
    struct tls_file client_ca;   /* PEM: authorities; NULL: no client is asked for a certificate */
    const char *minimum;         /* "1.2" or "1.3" */
    const char *ciphers;         /* of TLS 1.2, as `openssl ciphers` takes them */
    const char *ciphersuites;    /* of TLS 1.3 */
};

enum { TLS_FILE_LIMIT = 1024 * 1024, TLS_WHY = 256 };

/* What the connections of one listener are encrypted with. */
struct tls_server;

struct tls_server *tls_server_new(void);
/* Connections that it encrypts live on. NULL is allowed. */
void tls_server_free(struct tls_server *server);

/*
 * Connections of the next handshakes go by these settings; those that stand keep what they have.
 * False: `why` says what is wrong with the settings, and everything stays as it was.
 */
bool tls_server_set(struct tls_server *server, const struct tls_settings *settings,
                    char why[TLS_WHY]);

/* For http_server_encrypt(); lives as long as the server. */
struct http_transport_source *tls_server_source(struct tls_server *server);

/*
 * The chain that the client of a connection has shown, its own certificate first: of each the
 * length as four bytes (in the machine's order), then the DER. Nothing of it has been verified but
 * that the client has the key of the first. Returns the number of bytes; 0: it has shown none, the
 * connection is not encrypted, or `size` is too small.
 */
size_t tls_peer_chain(const struct http_transport *transport, unsigned char *room, size_t size);

/* "TLSv1.3 TLS_AES_256_GCM_SHA384"; "" when the connection is not encrypted. Valid until the next
 * call. */
const char *tls_version_and_cipher(const struct http_transport *transport);

#endif
