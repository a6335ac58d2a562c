/* SPDX-License-Identifier: ISC */

/* The settings of a listener as an SSL_CTX. */
#ifndef TLS_CONTEXT_H
#define TLS_CONTEXT_H

#include <openssl/ssl.h>

#include "tls/tls.h"

/* NULL: `why` says what is wrong with the settings. */
SSL_CTX *tls_context_new(const struct tls_settings *settings, char why[TLS_WHY]);

/* Most bytes of the chain that a client may show. */
enum { TLS_CLIENT_CHAIN = 65536 };

#endif
