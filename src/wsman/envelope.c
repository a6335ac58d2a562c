/* SPDX-License-Identifier: ISC */

/* From bytes to a request: the envelope, its headers, its action, its body. */

#include "wsman/read.h"

#include <string.h>

#include "input_limits.h"

static bool is_envelope(const struct soap_element *root)
{
    return soap_is(root, NS_soap, "Envelope") || soap_is(root, NS_soap11, "Envelope");
}

/* What could be read of a broken message may still tell which one the fault is about. */
static void read_message_id(struct wsman_read *read, const struct soap_element *root)
{
    struct wsman_fault fault = *read->fault;
    struct soap_element *id =
        soap_child(soap_child(root, NS_soap, "Header"), NS_addressing, "MessageID");

    if (id != NULL)
        wsman_read_header_message_id(read, id);
    *read->fault = fault;
}

static enum wsman_result refuse_document(struct wsman_read *read, enum soap_error error,
                                         const struct soap_document *document)
{
    if (error == SOAP_CHARSET) {
        read->fault->code = FAULT_charset;
        return WSMAN_fault;
    }
    if (error != SOAP_DOCTYPE && error != SOAP_INSTRUCTION && !is_envelope(document->root))
        return WSMAN_no_soap;
    if (error == SOAP_MEMORY)
        wsman_refuse_memory(read);
    else if (error == SOAP_DOCTYPE)
        wsman_refuse(read, FAULT_invalid_xml, "A document type declaration is not allowed.");
    else if (error == SOAP_INSTRUCTION)
        wsman_refuse(read, FAULT_invalid_xml, "A processing instruction is not allowed.");
    else if (error == SOAP_LIMIT)
        wsman_refuse(read, FAULT_invalid_xml, "The message is refused: %s.",
                     document->limit == NULL ? "it is too large" : document->limit);
    else
        read->fault->code = FAULT_invalid_xml;
    read_message_id(read, document->root);
    return WSMAN_fault;
}

/* With two of them it would depend on the reader which one counts. */
static bool check_parts(struct wsman_read *read, const struct soap_element *root)
{
    uint32_t bodies = wsman_count(root, NS_soap, "Body");

    if (bodies == 0)
        return wsman_refuse(read, FAULT_invalid_body, "The envelope has no body.");
    if (bodies > 1 || wsman_count(root, NS_soap, "Header") > 1)
        return wsman_refuse(read, FAULT_invalid_body, "The envelope has two %s.",
                            bodies > 1 ? "bodies" : "headers");
    return true;
}

static bool read_body(struct wsman_read *read, const struct soap_element *root)
{
    const struct soap_element *body = soap_child(root, NS_soap, "Body");

    if (body->first != NULL && body->first->next != NULL)
        return wsman_refuse(read, FAULT_invalid_body, "The body holds more than one element.");
    read->body = body->first;
    read->request->body = body->first;
    return true;
}

static bool read_payload(struct wsman_read *read)
{
    switch (read->request->operation.kind) {
    case OPERATION_shell:
        return wsman_read_shell_create(read);
    case OPERATION_command:
        return wsman_read_command(read);
    case OPERATION_send:
        return wsman_obey_options(read) && wsman_read_send(read);
    case OPERATION_receive:
        return wsman_obey_options(read) && wsman_read_receive(read);
    case OPERATION_signal:
        return wsman_obey_options(read) && wsman_read_signal(read);
    case OPERATION_disconnect:
        return wsman_read_disconnect(read);
    case OPERATION_reconnect:
        return wsman_read_reconnect(read);
    case OPERATION_connect:
        return wsman_read_connect(read);
    case OPERATION_enumerate:
        return wsman_read_enumerate(read);
    case OPERATION_pull:
        return wsman_read_pull(read);
    case OPERATION_release:
        return wsman_read_release(read);
    case OPERATION_delete:
        return wsman_obey_options(read);
    default:
        return true;
    }
}

/* An Identify has no addressing headers: the body alone makes it one. */
static bool is_identify(const struct soap_element *root)
{
    const struct soap_element *body = soap_child(root, NS_soap, "Body");

    return body != NULL && soap_is(body->first, NS_identity, "Identify");
}

static bool read_envelope(struct wsman_read *read, const struct soap_element *root)
{
    static const struct soap_element no_header;
    const struct soap_element *header = soap_child(root, NS_soap, "Header");

    if (!soap_is(root, NS_soap, "Envelope"))
        return wsman_refuse(read, FAULT_version_mismatch,
                            "The message is not a SOAP 1.2 envelope.");
    if (!check_parts(read, root)) {
        read_message_id(read, root);
        return false;
    }
    if (is_identify(root)) {
        read->request->identify = true;
        return true;
    }
    return wsman_read_headers(read, header == NULL ? &no_header : header) &&
           read_body(read, root) && wsman_read_action(read) && read_payload(read);
}

enum wsman_result wsman_read_request(struct soap_reader *reader, const void *body, size_t length,
                                     const char *charset, const struct wsman_limits *limits,
                                     struct arena *arena, struct wsman_request *request,
                                     struct wsman_fault *fault)
{
    struct wsman_read read = {.arena = arena, .limits = limits, .request = request, .fault = fault};
    struct soap_document document;
    enum soap_error error;

    memset(request, 0, sizeof(*request));
    memset(fault, 0, sizeof(*fault));
    request->encoding = SOAP_UTF8;
    request->operation.timeout = limits->max_time;
    request->response_limit = limits->max_envelope;
    if (length > limits->max_envelope) {
        wsman_refuse(&read, FAULT_request_too_large,
                     "The request has %zu bytes; this service accepts %zu.", length,
                     limits->max_envelope);
        return WSMAN_fault;
    }
    error = soap_read(reader, body, length, charset, arena, &document);
    if (document.encoding == SOAP_UTF16) {
        request->encoding = SOAP_UTF16;
        request->response_limit = limits->max_envelope / 2 - 1;
    }
    if (error != SOAP_OK)
        return refuse_document(&read, error, &document);
    return read_envelope(&read, document.root) ? WSMAN_request : WSMAN_fault;
}
