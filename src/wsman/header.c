/* SPDX-License-Identifier: ISC */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"
#include "headers.h"
#include "input_limits.h"

#define ROLE_NEXT "http://www.w3.org/2003/05/soap-envelope/role/next"
#define ROLE_LAST "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"
#define ANONYMOUS "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"

static const struct header {
    enum namespace_id space;
    const char *name;
    bool required;
} headers[HEADERS] = {
#define H(id, space, name, required) [HEADER_##id] = {NS_##space, name, required},
    HEADER_TABLE(H)
#undef H
};

/*
 * A header for another node is none of ours, whatever it is and demands (SOAP 1.2 Part 1, 2.2);
 * this service is the next one and the last one. s:relay says something to nodes in between only.
 */
static bool is_for_us(const struct soap_element *element)
{
    const char *role = soap_attribute(element, NS_soap, "role");
    size_t length;

    if (role == NULL)
        return true;
    role = text_trim(role, &length);
    return length == 0 ||
           (length == sizeof(ROLE_NEXT) - 1 && memcmp(role, ROLE_NEXT, length) == 0) ||
           (length == sizeof(ROLE_LAST) - 1 && memcmp(role, ROLE_LAST, length) == 0);
}

static bool must_understand(const struct soap_element *element)
{
    const char *text = soap_attribute(element, NS_soap, "mustUnderstand");
    bool value;

    return text != NULL && soap_boolean(text, &value) && value;
}

static bool refuse_header(struct wsman_read *read, const char *name, const char *why)
{
    return wsman_refuse(read, FAULT_header_invalid, "The header %s %s.", name, why);
}

static void name_header(struct wsman_read *read, const struct soap_element *element)
{
    struct wsman_fault *fault = read->fault;

    if (fault->header_count == FAULT_HEADERS)
        return;
    fault->headers[fault->header_count].uri = element->uri;
    fault->headers[fault->header_count++].name = element->name;
}

static bool refuse_to_understand(struct wsman_read *read)
{
    return wsman_refuse(read, FAULT_must_understand,
                        "The header %s must be understood, and this service does not.",
                        read->fault->headers[0].name);
}

/* A header whose value is kept as it came, without the blanks around it. */
static bool read_id(struct wsman_read *read, struct soap_element *element, size_t limit,
                    const char **id)
{
    const char *text = soap_trimmed(element);

    if (text[0] == 0)
        return refuse_header(read, element->name, "is empty");
    if (element->text_length > limit)
        return refuse_header(read, element->name, "is too long");
    *id = text;
    return true;
}

static bool read_uri(struct wsman_read *read, struct soap_element *element, const char **uri)
{
    *uri = soap_trimmed(element);
    if (**uri == 0)
        return refuse_header(read, element->name, "is empty");
    if (element->text_length > WSMAN_URI_BYTES)
        return wsman_refuse(read, FAULT_uri_too_long, "The header %s is longer than %d bytes.",
                            element->name, WSMAN_URI_BYTES);
    return true;
}

bool wsman_read_header_message_id(struct wsman_read *read, struct soap_element *element)
{
    return read_id(read, element, LIMIT_ID, &read->request->operation.message_id);
}

static bool read_header_operation_id(struct wsman_read *read, struct soap_element *element)
{
    return read_id(read, element, LIMIT_ID, &read->request->operation.operation_id);
}

static bool read_header_sequence_id(struct wsman_read *read, struct soap_element *element)
{
    static const char highest[] = "18446744073709551615"; /* of an xs:unsignedLong */
    const char *text = soap_trimmed(element);
    size_t length = element->text_length;

    if (length == 0 || length > sizeof(highest) - 1 || text[strspn(text, "0123456789")] != 0 ||
        (length == sizeof(highest) - 1 && strcmp(text, highest) > 0))
        return refuse_header(read, element->name, "is not a number of 64 bits");
    read->request->sequence_id = text;
    return true;
}

static bool read_header_session_id(struct wsman_read *read, struct soap_element *element)
{
    return read_id(read, element, LIMIT_ID, &read->request->operation.session_id);
}

static bool read_header_activity_id(struct wsman_read *read, struct soap_element *element)
{
    const char *text = soap_trimmed(element);
    size_t characters = 0;

    for (const char *at = text; *at != 0; at++)
        characters += ((unsigned char)*at & 0xc0) != 0x80;
    if (characters > WSMAN_ACTIVITY_CHARACTERS)
        return refuse_header(read, element->name, "is too long");
    read->request->activity_id = text[0] != 0 ? text : NULL;
    return true;
}

static bool read_header_to(struct wsman_read *read, struct soap_element *element)
{
    return read_uri(read, element, &read->request->to);
}

static bool read_header_reply_to(struct wsman_read *read, struct soap_element *element)
{
    struct soap_element *address = soap_child(element, NS_addressing, "Address");

    if (address != NULL && strcmp(soap_trimmed(address), ANONYMOUS) == 0)
        return true;
    return wsman_refuse(read, FAULT_addressing_mode,
                        "The header %s must hold the anonymous address; this service answers on "
                        "the connection of the request only.",
                        element->name);
}

static bool read_header_fault_to(struct wsman_read *read, struct soap_element *element)
{
    return read_header_reply_to(read, element);
}

static bool read_header_action(struct wsman_read *read, struct soap_element *element)
{
    return read_uri(read, element, &read->request->operation.action);
}

static bool read_header_resource_uri(struct wsman_read *read, struct soap_element *element)
{
    return read_uri(read, element, &read->request->operation.resource_uri);
}

static bool read_header_max_envelope_size(struct wsman_read *read, struct soap_element *element)
{
    struct wsman_request *request = read->request;
    const char *text = soap_trimmed(element);
    size_t size = 0;

    if (text[0] == 0 || text[strspn(text, "0123456789")] != 0)
        return refuse_header(read, element->name, "is not a number");
    for (; *text != 0 && size < read->limits->max_envelope; text++)
        size = size * 10 + (size_t)(*text - '0');
    if (size < WSMAN_ENVELOPE_MINIMUM && *text == 0)
        return wsman_refuse(read, FAULT_envelope_too_small,
                            "The MaxEnvelopeSize of the request is %zu; the least is %d.", size,
                            WSMAN_ENVELOPE_MINIMUM);
    if (size < read->limits->max_envelope)
        request->response_limit = request->encoding == SOAP_UTF16 ? size / 2 - 1 : size;
    return true;
}

static bool read_header_operation_timeout(struct wsman_read *read, struct soap_element *element)
{
    uint64_t time;

    if (!duration_parse(element->text, DURATION_NO_NUMBER, &time)) {
        read->fault->detail = "InvalidTimeout";
        return refuse_header(read, element->name, "is not a duration such as PT60S");
    }
    if (time < read->limits->max_time)
        read->request->operation.timeout = time > 0 ? time : 1;
    return true;
}

static bool read_language(struct wsman_read *read, const struct soap_element *element,
                          const char **language)
{
    const char *text = soap_attribute(element, NS_xml, "lang");

    if (text != NULL && strlen(text) > LIMIT_ID)
        return refuse_header(read, element->name, "is too long");
    *language = text != NULL && text[0] != 0 ? text : NULL;
    return true;
}

static bool read_header_locale(struct wsman_read *read, struct soap_element *element)
{
    if (must_understand(element))
        return wsman_refuse(read, FAULT_locale,
                            "The service cannot promise the locale that the request insists on.");
    return read_language(read, element, &read->request->operation.locale);
}

static bool read_header_data_locale(struct wsman_read *read, struct soap_element *element)
{
    return read_language(read, element, &read->request->operation.data_locale);
}

static bool read_header_selector_set(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_header_selector_set(read, element);
}

static bool read_header_option_set(struct wsman_read *read, struct soap_element *element)
{
    read->request->options_must_understand = must_understand(element);
    return wsman_read_header_option_set(read, element);
}

static bool read_header_message_id(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_header_message_id(read, element);
}

/* A part of a resource is something else than the whole, so this cannot be ignored. */
static bool read_header_fragment_transfer(struct wsman_read *read, struct soap_element *element)
{
    (void)element;
    read->fault->detail = "FragmentLevelAccess";
    return wsman_refuse(read, FAULT_unsupported_feature, "Fragment transfer is not supported.");
}

/* Who sends this compresses what follows, so it cannot be ignored. */
static bool read_header_compression_type(struct wsman_read *read, struct soap_element *element)
{
    name_header(read, element);
    return refuse_to_understand(read);
}

static bool (*const readers[HEADERS])(struct wsman_read *, struct soap_element *) = {
#define H(id, space, name, required) [HEADER_##id] = read_header_##id,
    HEADER_TABLE(H)
#undef H
};

static enum header_id find_header(const struct soap_element *element)
{
    int id = 0;

    while (id < HEADERS && !soap_is(element, headers[id].space, headers[id].name))
        id++;
    return (enum header_id)id;
}

bool wsman_read_headers(struct wsman_read *read, const struct soap_element *header)
{
    struct soap_element *found[HEADERS] = {NULL};
    const struct soap_element *twice = NULL;

    for (struct soap_element *child = header->first; child != NULL; child = child->next) {
        enum header_id id = find_header(child);

        if (!is_for_us(child))
            continue;
        if (id == HEADERS) {
            if (must_understand(child))
                name_header(read, child);
        } else if (found[id] != NULL) {
            twice = child;
        } else {
            found[id] = child;
        }
    }
    if (found[HEADER_message_id] != NULL &&
        !wsman_read_header_message_id(read, found[HEADER_message_id]))
        return false;
    if (read->fault->header_count > 0)
        return refuse_to_understand(read);
    if (twice != NULL)
        return refuse_header(read, twice->name, "stands there twice");
    for (int id = 0; id < HEADERS; id++) {
        if (found[id] != NULL && !readers[id](read, found[id]))
            return false;
        if (found[id] == NULL && headers[id].required)
            return wsman_refuse(read, FAULT_header_required, "The header %s is missing.",
                                headers[id].name);
    }
    return true;
}
