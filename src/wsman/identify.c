/* SPDX-License-Identifier: ISC */

/* Identify (DSP0226, clause 11). It has no addressing headers, neither asked nor answered. */

#include "wsman/response.h"

#include "soap/writer.h"

#define PROFILE "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/"

void wsman_write_identify(struct buffer *out, const struct wsman_identity *identity)
{
    soap_put(out, "<s:Envelope xml:lang=\"en-US\""
                  " xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Header/><s:Body>"
                  "<wsmid:IdentifyResponse"
                  " xmlns:wsmid=\"http://schemas.dmtf.org/wbem/wsman/identity/1/"
                  "wsmanidentity.xsd\"><wsmid:ProtocolVersion>"
                  "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</wsmid:ProtocolVersion>");
    soap_put_element(out, "wsmid:ProductVendor", identity->vendor);
    soap_put_element(out, "wsmid:ProductVersion", identity->version);
    if (identity->profile_count > 0)
        soap_put(out, "<wsmid:SecurityProfiles>");
    for (size_t i = 0; i < identity->profile_count; i++) {
        soap_put(out, "<wsmid:SecurityProfileName>" PROFILE);
        soap_put_text(out, identity->profiles[i]);
        soap_put(out, "</wsmid:SecurityProfileName>");
    }
    if (identity->profile_count > 0)
        soap_put(out, "</wsmid:SecurityProfiles>");
    soap_put(out, "</wsmid:IdentifyResponse></s:Body></s:Envelope>");
}
