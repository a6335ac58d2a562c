/* SPDX-License-Identifier: ISC */

/*
 * The mechanisms of GSS-API that logins are by, as both sides of a context see them: winrmd-gss,
 * which accepts it, and winrmd-net, which seals with it.
 */
#ifndef GSS_MECHANISM_H
#define GSS_MECHANISM_H

#include <gssapi/gssapi.h>
#include <stdbool.h>

/* RFC 4178: chooses one of the others, and is none that messages are sealed with. */
extern gss_OID_desc mechanism_spnego;
/* RFC 4121. */
extern gss_OID_desc mechanism_kerberos;
/* MS-NLMP. */
extern gss_OID_desc mechanism_ntlm;

/* `oid` may be NULL. */
bool mechanism_is(const gss_OID_desc *oid, const gss_OID_desc *mechanism);

/*
 * Are the messages of this Kerberos context those of RFC 4121 4.2? So they are with AES (RFC 3962,
 * RFC 8009) and Camellia (RFC 6803). Not with DES, 3DES and RC4, which are deprecated (RFC 6649,
 * RFC 8429) and pad their data, about which clients do not agree; nor where it cannot be told.
 */
bool mechanism_encryption_good(gss_ctx_id_t context);

#endif
