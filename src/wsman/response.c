/* SPDX-License-Identifier: ISC */

#include "wsman/response.h"

#include "base/guid.h"
#include "soap/writer.h"
#include "wsman/write.h"

/* The namespaces declared on s:Envelope; the others are declared where they are used. */
static const char root[] = "<s:Envelope xml:lang=\"en-US\""
                           " xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\""
                           " xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\""
                           " xmlns:x=\"http://schemas.xmlsoap.org/ws/2004/09/transfer\""
                           " xmlns:e=\"http://schemas.xmlsoap.org/ws/2004/08/eventing\""
                           " xmlns:n=\"http://schemas.xmlsoap.org/ws/2004/09/enumeration\""
                           " xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd\""
                           " xmlns:p=\"http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd\""
                           " xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\">"
                           "<s:Header>";

void wsman_put_root(struct buffer *out)
{
    buffer_append(out, root, sizeof(root) - 1);
}

void wsman_put_headers(struct buffer *out, const struct wsman_request *request)
{
    char id[GUID_SIZE];

    guid_make(id);
    soap_put(out, "<a:MessageID>uuid:");
    buffer_append(out, id, GUID_LENGTH);
    soap_put(out, "</a:MessageID>");
    if (request != NULL && request->operation.operation_id != NULL) {
        soap_put(out, "<p:OperationID s:mustUnderstand=\"false\">");
        soap_put_text(out, request->operation.operation_id);
        soap_put(out, "</p:OperationID>");
    }
    if (request != NULL)
        soap_put_element(out, "p:SequenceId", request->sequence_id);
    soap_put(out, "<a:To>" ANONYMOUS_ADDRESS "</a:To>");
    if (request != NULL)
        soap_put_element(out, "a:RelatesTo", request->operation.message_id);
    soap_put(out, "</s:Header>");
}

void wsman_begin(struct buffer *out, const struct wsman_request *request)
{
    wsman_put_root(out);
    soap_put(out, "<a:Action>");
    soap_put_text(out, request->operation.action);
    soap_put(out, "Response</a:Action>");
    wsman_put_headers(out, request);
    soap_put(out, "<s:Body>");
}

void wsman_end(struct buffer *out)
{
    soap_put(out, "</s:Body></s:Envelope>");
}

void wsman_begin_reference(struct buffer *out, const struct wsman_request *request,
                           const char *resource_uri)
{
    soap_put_element(out, "a:Address", request->to != NULL ? request->to : ANONYMOUS_ADDRESS);
    soap_put(out, "<a:ReferenceParameters>");
    soap_put_element(out, "w:ResourceURI", resource_uri);
    soap_put(out, "<w:SelectorSet>");
}

void wsman_put_selector(struct buffer *out, const char *name, const char *value)
{
    soap_put(out, "<w:Selector");
    soap_put_attribute(out, "Name", name);
    soap_put(out, ">");
    soap_put_text(out, value);
    soap_put(out, "</w:Selector>");
}

void wsman_end_reference(struct buffer *out)
{
    soap_put(out, "</w:SelectorSet></a:ReferenceParameters>");
}

void wsman_write_done(struct buffer *out, const struct wsman_request *request)
{
    wsman_begin(out, request);
    if (request->operation.kind == OPERATION_send)
        soap_put(out, "<rsp:SendResponse/>");
    else if (request->operation.kind == OPERATION_signal)
        soap_put(out, "<rsp:SignalResponse/>");
    wsman_end(out);
}
