/* SPDX-License-Identifier: ISC */

/*
 * Who calls, as plug-ins see it (Microsoft's pages WSMAN_SENDER_DETAILS and
 * WSMAN_CERTIFICATE_DETAILS).
 */
#ifndef HOST_SENDER_H
#define HOST_SENDER_H

#include <stdbool.h>

#include "base/arena.h"
#include "host/api.h"

/* FIELDS_CERTIFICATE of a message. */
struct sender_certificate {
    const char *issuer;
    const char *issuer_thumbprint;
    const char *subject_name;
};

#define SENDER_CERTIFICATE(message)                                                                \
    {                                                                                              \
        .issuer = (message)->certificate_issuer,                                                   \
        .issuer_thumbprint = (message)->issuer_thumbprint, .subject_name = (message)->subject_name \
    }

/*
 * Fills in the texts, which are the arena's; clientToken is the caller's to set. With the mechanism
 * ClientCertificate there are certificateDetails, whatever is known of the certificate; with all
 * others there are none. False when a text is ill-formed or too long.
 */
bool sender_describe(WSMAN_SENDER_DETAILS *details, struct arena *arena, const char *name,
                     const char *mechanism, const char *url,
                     const struct sender_certificate *certificate);

#endif
