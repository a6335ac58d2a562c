/* SPDX-License-Identifier: ISC */

/* The encrypted row of http/transport.h. */
#ifndef TLS_TRANSPORT_H
#define TLS_TRANSPORT_H

#include <openssl/ssl.h>

#include "http/transport.h"

extern const struct http_transport_methods http_transport_tls;

/* Makes an encrypted transport, whose handshake is still to come, of a plain one. */
bool tls_transport_make(SSL_CTX *context, struct http_transport *transport);

#endif
