/* SPDX-License-Identifier: ISC */

/* A certificate for a listener that has none: better than a password in clear text. */
#ifndef TLS_SELF_SIGNED_H
#define TLS_SELF_SIGNED_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buffer.h"

enum { TLS_FINGERPRINT = 96 };

/*
 * Appends a fresh P-256 key and a certificate of it (signed with itself and SHA-256, for ten
 * years) to `pem`. It holds for `machine`, localhost, the loopback addresses and the numeric
 * `addresses`. `fingerprint` becomes its SHA-256 as "AB:CD:...". False: OpenSSL could not.
 */
bool tls_self_signed_make(struct buffer *pem, const char *machine, const char *const *addresses,
                          size_t count, time_t now, char fingerprint[TLS_FINGERPRINT]);

#endif
