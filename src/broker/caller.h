/* SPDX-License-Identifier: ISC */

/* Who calls, as authentication found it. */
#ifndef BROKER_CALLER_H
#define BROKER_CALLER_H

#include <stdbool.h>

#include "base/arena.h"
#include "broker/token.h"

/* What the client's certificate says; all NULL when it was another method. */
struct caller_certificate {
    const char *thumbprint; /* SHA-256 */
    const char *issuer;
    const char *issuer_thumbprint; /* SHA-1, as Windows has it */
    const char *subject_name;
};

struct caller {
    const char *name; /* as the client sent it; of a certificate its subject */
    const char *mechanism;
    const char *address;
    struct caller_certificate certificate;
    struct token *token;
};

/* A copy whose texts and reference to the token are its own, until caller_clear(). */
struct caller caller_copy(const struct caller *caller);
void caller_clear(struct caller *caller);
/* A copy whose texts are the arena's; only the reference to the token has to be given back. */
struct caller caller_keep(const struct caller *caller, struct arena *arena);

/* Is it that user, by the canonical account or by the name as sent? */
bool caller_is(const struct caller *caller, const char *user);

/* Does it come from a loopback address (127.0.0.0/8, ::1)? What is no address is not. */
bool caller_is_local(const struct caller *caller);

/* For a message with FIELDS_CERTIFICATE. */
#define CALLER_CERTIFICATE(caller)                                \
    .certificate_issuer = (caller)->certificate.issuer,           \
    .issuer_thumbprint = (caller)->certificate.issuer_thumbprint, \
    .subject_name = (caller)->certificate.subject_name

#endif
