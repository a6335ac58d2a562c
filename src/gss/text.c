/* SPDX-License-Identifier: ISC */

#include "gss/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/* gss-ntlmssp has no words for most of its codes. */
static bool says_nothing(const gss_buffer_desc *said)
{
    static const char unknown[] = "Unknown Error";

    return said->length == strlen(unknown) && memcmp(said->value, unknown, said->length) == 0;
}

/* Appends each message of a status. */
static void status_append(char *out, size_t size, gss_OID mechanism, OM_uint32 status, int kind)
{
    OM_uint32 more = 0, minor;

    do {
        gss_buffer_desc said = GSS_C_EMPTY_BUFFER;
        size_t used = strlen(out);

        if (gss_display_status(&minor, status, kind, mechanism, &more, &said) != GSS_S_COMPLETE)
            return;
        if (!says_nothing(&said))
            snprintf(out + used, size - used, "%s%.*s", used > 0 ? "; " : "",
                     said.length > 300 ? 300 : (int)said.length, (const char *)said.value);
        gss_release_buffer(&minor, &said);
    } while (more != 0);
}

void gss_text(char *out, size_t size, gss_OID mechanism, OM_uint32 major, OM_uint32 minor)
{
    char text[1024] = "";
    size_t used;

    status_append(text, sizeof(text), GSS_C_NO_OID, major, GSS_C_GSS_CODE);
    /* Without an error the minor status says nothing of why. */
    if (GSS_ERROR(major) && minor != 0)
        status_append(text, sizeof(text), mechanism, minor, GSS_C_MECH_CODE);
    used = strlen(text);
    snprintf(text + used, sizeof(text) - used, " (%#x, %#x)", major, minor);
    log_safe(out, size, text);
}
