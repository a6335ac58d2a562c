/* SPDX-License-Identifier: ISC */

/* What a PEM file holds. Nobody is asked for a passphrase. */
#ifndef TLS_PEM_H
#define TLS_PEM_H

#include <openssl/x509.h>

#include "tls/tls.h"

/* All certificates of the file, in order; NULL: there is none, or one is damaged. */
STACK_OF(X509) * tls_pem_certificates(const struct tls_file *file);

/* The first private key of the file; NULL: there is none that can be read. */
EVP_PKEY *tls_pem_key(const struct tls_file *file);

#endif
