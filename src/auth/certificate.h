/* SPDX-License-Identifier: ISC */

/*
 * A client's certificate, as winrmd-net passes it on: every certificate the client showed, its own
 * first, each in DER behind its length in four bytes of this machine's order. winrmd-net is not
 * believed: chain, validity and use are verified here (RFC 5280, 6.1). That the client has the key
 * is not seen from here; the TLS handshake proves it to winrmd-net alone.
 */
#ifndef AUTH_CERTIFICATE_H
#define AUTH_CERTIFICATE_H

#include <stdint.h>
#include <time.h>

#include "auth/authorities.h"
#include "auth/certificate_map.h"
#include "input_limits.h"

enum { THUMBPRINT_SIZE = 65, ISSUER_THUMBPRINT_SIZE = 41 };

struct certificate_facts {
    /* Of what the client showed, whether or not it is verified. */
    char thumbprint[THUMBPRINT_SIZE]; /* SHA-256, hexadecimal in capitals; "": it can not be read */
    char subject[CERTIFICATE_NAME_BYTES + 1]; /* CN=alice, O=Example (RFC 4514, with blanks) */
    /* With success only. */
    char issuer[CERTIFICATE_NAME_BYTES + 1];
    char subject_name[CERTIFICATE_NAME_BYTES + 1];  /* UPN, else DNS name, else common name */
    uint8_t issuer_sha1[SHA1_SIZE];                 /* of the verified chain's second certificate */
    char issuer_thumbprint[ISSUER_THUMBPRINT_SIZE]; /* the same, hexadecimal in capitals */
};

/*
 * NULL when it is verified at that time against the authorities; else why not, a constant text for
 * the audit.
 */
const char *certificate_verify(const struct authorities *authorities, const uint8_t *chain,
                               size_t length, time_t now, struct certificate_facts *facts);

#endif
