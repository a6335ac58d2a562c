/* SPDX-License-Identifier: ISC */

/*
 * The channel binding value tls-server-end-point of a listener (RFC 5929, 4.1): a digest of its
 * certificate, which a client that has it authenticates together with itself. winrmd-auth makes it
 * from the certificate as the broker handed it over, not from anything winrmd-net says.
 */
#ifndef AUTH_BINDING_H
#define AUTH_BINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/trusted_file.h"

#define BINDING_PREFIX "tls-server-end-point:"

enum { BINDING_DIGEST_LIMIT = 64 };

struct binding {
    uint8_t digest[BINDING_DIGEST_LIMIT];
    size_t length;    /* of the digest; 0: there is none */
    const char *hash; /* "SHA256"; constant */
};

/*
 * Of the first certificate in the PEM text: with the digest of its signature, or SHA-256 for MD5
 * and SHA-1. False with the reason; so for a signature without a digest of its own (Ed25519), for
 * which the RFC defines no value.
 */
bool binding_make(const char *pem, size_t length, struct binding *binding,
                  struct file_fault *fault);

/* Hexadecimal in small letters; "" without a value. */
void binding_write(const struct binding *binding, char out[2 * BINDING_DIGEST_LIMIT + 1]);

#endif
