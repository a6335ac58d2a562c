/* SPDX-License-Identifier: ISC */

#include "host/sender.h"

#include <string.h>

#include "base/text.h"
#include "host/text16.h"
#include "methods.h"

static const char16_t *text_of(struct arena *arena, const char *text)
{
    return utf16_arena(arena, text != NULL ? text : "");
}

static WSMAN_CERTIFICATE_DETAILS *certificate_describe(struct arena *arena, const char *name,
                                                       const struct sender_certificate *certificate)
{
    WSMAN_CERTIFICATE_DETAILS *details = arena_alloc(arena, sizeof(*details));

    if (details == NULL)
        return NULL;
    details->subject = text_of(arena, name);
    details->issuerName = text_of(arena, certificate->issuer);
    details->issuerThumbprint = text_of(arena, certificate->issuer_thumbprint);
    details->subjectName = text_of(arena, certificate->subject_name);
    return details->subject != NULL && details->issuerName != NULL &&
                   details->issuerThumbprint != NULL && details->subjectName != NULL
               ? details
               : NULL;
}

bool sender_describe(WSMAN_SENDER_DETAILS *details, struct arena *arena, const char *name,
                     const char *mechanism, const char *url,
                     const struct sender_certificate *certificate)
{
    bool shown = mechanism != NULL && strcmp(mechanism, MECHANISM_CERTIFICATE) == 0;

    details->senderName = text_of(arena, name);
    details->authenticationMechanism = text_of(arena, mechanism);
    details->httpURL = text_of(arena, url);
    details->certificateDetails = shown ? certificate_describe(arena, name, certificate) : NULL;
    return details->senderName != NULL && details->authenticationMechanism != NULL &&
           details->httpURL != NULL && (!shown || details->certificateDetails != NULL);
}
