/* SPDX-License-Identifier: ISC */

/* What GSS-API says of an error, as one line for the log. */
#ifndef GSS_TEXT_H
#define GSS_TEXT_H

#include <gssapi/gssapi.h>
#include <stddef.h>

/* `mechanism`: whose the minor status is; may be GSS_C_NO_OID. Control characters become '?'. */
void gss_text(char *out, size_t size, gss_OID mechanism, OM_uint32 major, OM_uint32 minor);

#endif
