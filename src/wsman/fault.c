/* SPDX-License-Identifier: ISC */

#include "wsman/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buffer.h"
#include "base/text.h"
#include "soap/writer.h"
#include "wsman/write.h"

#define FAULT_DETAIL "http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"

enum { TEXT_LIMIT = 65536 };

/* Some clients know a time-out only by this word in the text. */
static const char *const timeout_word = "OperationTimeout";

/* The text of the place that found the error, or of the plug-in, unless that is markup. */
static const char *given_text(const struct wsman_fault *fault)
{
    size_t length;

    if (fault->text != NULL || fault->extended == NULL ||
        *text_trim(fault->extended, &length) == '<')
        return fault->text;
    return fault->extended;
}

/* What people read: the text given, else the table's, and the decision that the audit explains. */
static void compose_text(struct buffer *text, const struct wsman_fault *fault,
                         const struct wsman_fault_row *row)
{
    const char *given = given_text(fault);

    if (given != NULL && given[0] != 0 &&
        (fault->code != FAULT_timed_out || strstr(given, timeout_word) != NULL))
        buffer_text(text, given);
    else if (row->code == fault->code)
        buffer_text(text, row->text);
    else
        buffer_printf(text, "The operation failed with error %" PRIu32 " (0x%08" PRIX32 ").",
                      fault->code, fault->code);
    if (fault->decision != NULL && (given == NULL || strstr(given, fault->decision) == NULL))
        buffer_printf(text, " Decision %s.", fault->decision);
    buffer_append(text, "", 1);
    if (text->failed)
        buffer_free(text);
}

static void put_code(struct buffer *out, const struct wsman_fault_row *row, const char *text)
{
    soap_put(out, "<s:Body><s:Fault><s:Code>");
    soap_put_element(out, "s:Value", row->value);
    if (row->subcode != NULL) {
        soap_put(out, "<s:Subcode>");
        soap_put_element(out, "s:Value", row->subcode);
        soap_put(out, "</s:Subcode>");
    }
    soap_put(out, "</s:Code><s:Reason><s:Text xml:lang=\"en-US\">");
    soap_put_text(out, text);
    soap_put(out, "</s:Text></s:Reason>");
}

static void put_provider(struct buffer *out, struct soap_reader *reader,
                         const struct wsman_fault *fault, const char *text)
{
    const char *extended = fault->extended != NULL ? fault->extended : text;
    const char *start;
    size_t length;

    soap_put(out, "<f:ProviderFault");
    soap_put_attribute(out, "provider", fault->provider);
    soap_put_attribute(out, "path", fault->provider_path != NULL ? fault->provider_path : "");
    soap_put(out, ">");
    if (reader != NULL && soap_is_document(reader, extended, &start, &length))
        buffer_append(out, start, length);
    else
        soap_put_text(out, extended);
    soap_put(out, "</f:ProviderFault>");
}

static void put_wsman_fault(struct buffer *out, struct soap_reader *reader,
                            const struct wsman_fault *fault, const char *text)
{
    soap_put(out, "<f:WSManFault"
                  " xmlns:f=\"http://schemas.microsoft.com/wbem/wsman/1/wsmanfault\"");
    buffer_printf(out, " Code=\"%" PRIu32 "\"", fault->code);
    soap_put_attribute(out, "Machine", fault->machine != NULL ? fault->machine : "localhost");
    soap_put(out, "><f:Message>");
    /* Beside a provider's own words the text of the table says nothing. */
    if (fault->provider == NULL || fault->text != NULL || fault->decision != NULL)
        soap_put_text(out, text);
    if (fault->provider != NULL)
        put_provider(out, reader, fault, text);
    soap_put(out, "</f:Message></f:WSManFault>");
}

/* Ansible makes a new shell only when it finds the code of a quota in this element. */
static void put_wmi_error(struct buffer *out, const struct wsman_fault *fault, const char *text)
{
    soap_put(out, "<p:MSFT_WmiError"
                  " xmlns:p=\"http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/MSFT_WmiError\">"
                  "<p:CIMStatusCode>27</p:CIMStatusCode>");
    soap_put_element(out, "p:Message", text);
    buffer_printf(out, "<p:MessageID>HRESULT 0x%08" PRIx32 "</p:MessageID>", fault->code);
    soap_put(out, "<p:error_Category>30</p:error_Category>");
    soap_put_number(out, "p:error_Code", fault->code);
    soap_put(out, "<p:error_Type>HRESULT</p:error_Type>");
    soap_put_element(out, "p:error_WindowsErrorMessage", text);
    soap_put(out, "</p:MSFT_WmiError>");
}

static void put_not_understood(struct buffer *out, const char *uri, const char *name)
{
    soap_put(out, "<s:NotUnderstood");
    if (uri[0] != 0) {
        soap_put(out, " qname=\"q:");
        soap_put_text(out, name);
        soap_put(out, "\"");
        soap_put_attribute(out, "xmlns:q", uri);
    } else {
        soap_put_attribute(out, "qname", name);
    }
    soap_put(out, "/>");
}

/* Headers that two of the SOAP faults have (SOAP 1.2 Part 1, 5.4.7 and 5.4.8). */
static void put_fault_headers(struct buffer *out, const struct wsman_fault *fault)
{
    if (fault->code == FAULT_version_mismatch)
        soap_put(out, "<s:Upgrade><s:SupportedEnvelope qname=\"s:Envelope\"/></s:Upgrade>");
    if (fault->code != FAULT_must_understand)
        return;
    for (unsigned i = 0; i < fault->header_count; i++)
        put_not_understood(out, fault->headers[i].uri, fault->headers[i].name);
}

void wsman_write_fault(struct buffer *out, struct soap_reader *reader,
                       const struct wsman_request *request, const struct wsman_fault *fault)
{
    const struct wsman_fault_row *row = wsman_fault_row(fault->code);
    const char *detail = fault->detail != NULL ? fault->detail : row->detail;
    struct buffer composed;
    const char *text;

    buffer_init(&composed, TEXT_LIMIT);
    compose_text(&composed, fault, row);
    text = buffer_length(&composed) > 0 ? (const char *)buffer_bytes(&composed) : row->text;
    wsman_put_root(out);
    soap_put_element(out, "a:Action", row->action);
    put_fault_headers(out, fault);
    wsman_put_headers(out, request);
    put_code(out, row, text);
    soap_put(out, "<s:Detail>");
    if (detail != NULL) {
        soap_put(out, "<w:FaultDetail>" FAULT_DETAIL);
        soap_put_text(out, detail);
        soap_put(out, "</w:FaultDetail>");
    }
    put_wsman_fault(out, reader, fault, text);
    if (row->subcode != NULL && strcmp(row->subcode, "w:QuotaLimit") == 0)
        put_wmi_error(out, fault, text);
    soap_put(out, "</s:Detail></s:Fault></s:Body></s:Envelope>");
    buffer_free(&composed);
}
