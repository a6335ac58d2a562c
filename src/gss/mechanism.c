/* SPDX-License-Identifier: ISC */

#include "gss/mechanism.h"

#include <gssapi/gssapi_ext.h>
#include <string.h>

/* 1.3.6.1.5.5.2, 1.2.840.113554.1.2.2, 1.3.6.1.4.1.311.2.2.10 */
gss_OID_desc mechanism_spnego = {6, (char[]){"\x2b\x06\x01\x05\x05\x02"}};
gss_OID_desc mechanism_kerberos = {9, (char[]){"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"}};
gss_OID_desc mechanism_ntlm = {10, (char[]){"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"}};

bool mechanism_is(const gss_OID_desc *oid, const gss_OID_desc *mechanism)
{
    return oid != NULL && oid->length == mechanism->length &&
           memcmp(oid->elements, mechanism->elements, oid->length) == 0;
}

/*
 * The number of the encryption type in the registry of Kerberos; 0: it cannot be told. MIT krb5
 * shows it behind the session key: 1.2.840.113554.1.2.2.4.N. All that are known have one byte.
 */
static unsigned encryption_type(gss_ctx_id_t context)
{
    static const char prefix[] = "\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x04";
    const size_t length = sizeof(prefix) - 1;
    gss_buffer_set_t shown = GSS_C_NO_BUFFER_SET;
    OM_uint32 minor;
    unsigned type = 0;

    if (gss_inquire_sec_context_by_oid(&minor, context, GSS_C_INQ_SSPI_SESSION_KEY, &shown) !=
            GSS_S_COMPLETE ||
        shown == GSS_C_NO_BUFFER_SET)
        return 0;
    if (shown->count > 0 && shown->elements[0].value != NULL)
        explicit_bzero(shown->elements[0].value, shown->elements[0].length);
    if (shown->count > 1 && shown->elements[1].length == length + 1 &&
        memcmp(shown->elements[1].value, prefix, length) == 0)
        type = ((const unsigned char *)shown->elements[1].value)[length];
    gss_release_buffer_set(&minor, &shown);
    return type;
}

bool mechanism_encryption_good(gss_ctx_id_t context)
{
    unsigned type = encryption_type(context);

    return (type >= 17 && type <= 20) || type == 25 || type == 26;
}
