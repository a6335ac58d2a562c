/* SPDX-License-Identifier: ISC */

/*
 * Enumerate, Pull and Release (WS-Enumeration; DSP0226, section 8), and the answers that hold the
 * items (docs/protocol.md, P-4.4).
 */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"
#include "soap/writer.h"
#include "wsman/items.h"
#include "wsman/response.h"
#include "wsman/write.h"

#define COMMANDS        SHELL "/Command"
#define SELECTOR_FILTER "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"

/* ---- what is asked for ---- */

/* A number above zero; what is too large to count becomes the largest. An absent one is `*number`.
 */
static bool read_number(struct wsman_read *read, struct soap_element *element, uint32_t *number)
{
    const char *text = element != NULL ? soap_trimmed(element) : NULL;
    uint64_t value = 0;

    if (text == NULL)
        return true;
    for (const char *digit = text; *digit >= '0' && *digit <= '9'; text = ++digit)
        value = value < UINT32_MAX ? 10 * value + (uint64_t)(*digit - '0') : value;
    if (*text != 0 || value == 0)
        return wsman_refuse(read, FAULT_schema, "%s must be a number above zero.", element->name);
    *number = value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
    return true;
}

/* Without OptimizeEnumeration the answer has no items, whatever MaxElements says. */
static bool read_optimization(struct wsman_read *read)
{
    uint32_t number = 1;

    if (!read_number(read, soap_child(read->body, NS_wsman, "MaxElements"), &number))
        return false;
    if (soap_child(read->body, NS_wsman, "OptimizeEnumeration") != NULL)
        read->request->operation.max_elements = number;
    return true;
}

static bool read_mode(struct wsman_read *read)
{
    static const struct {
        const char *name;
        enum item_form form;
    } modes[] = {
        {"EnumerateEPR", ITEM_FORM_reference},
        {"EnumerateObjectAndEPR", ITEM_FORM_both},
    };
    struct soap_element *element = soap_child(read->body, NS_wsman, "EnumerationMode");
    uint32_t *form = &read->request->operation.item_form;

    *form = ITEM_FORM_object;
    if (element == NULL)
        return true;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
        if (strcmp(soap_trimmed(element), modes[i].name) == 0) {
            *form = modes[i].form;
            return true;
        }
    return wsman_refuse(read, FAULT_enumeration_mode, "The EnumerationMode %.64s is not supported.",
                        element->text);
}

/* The one filter there is: the selector ShellId. */
static bool read_selector_filter(struct wsman_read *read, struct soap_element *filter)
{
    struct soap_element *set = soap_child(filter, NS_wsman, "SelectorSet");
    struct soap_element *selector = soap_child(set, NS_wsman, "Selector");
    const char *name = selector != NULL ? soap_attribute(selector, NS_none, "Name") : NULL;

    if (name == NULL || !text_equal_case(name, "ShellId") || selector->first != NULL ||
        wsman_count(set, NS_wsman, "Selector") != 1)
        return wsman_refuse(read, FAULT_filter,
                            "The filter must be a SelectorSet with the one selector ShellId.");
    read->request->operation.shell_id = soap_trimmed(selector);
    if (selector->text_length == 0 || selector->text_length > LIMIT_ID)
        return wsman_refuse(read, FAULT_filter, "The ShellId of the filter is no ShellId.");
    return true;
}

static bool read_filter(struct wsman_read *read)
{
    struct soap_element *filter = soap_child(read->body, NS_wsman, "Filter");
    struct soap_element *other = soap_child(read->body, NS_enumeration, "Filter");
    const char *dialect;

    if (filter != NULL && other != NULL)
        return wsman_refuse(read, FAULT_filter, "The request has two filters.");
    if (filter == NULL)
        filter = other;
    if (filter == NULL)
        return true;
    /* XPath, when none is named. */
    dialect = soap_attribute(filter, NS_none, "Dialect");
    if (dialect == NULL || strcmp(dialect, SELECTOR_FILTER) != 0)
        return wsman_refuse(read, FAULT_filter_dialect,
                            "The filter dialect is not supported; there is " SELECTOR_FILTER ".");
    return read_selector_filter(read, filter);
}

static bool check_commands(struct wsman_read *read)
{
    const struct message_operation *operation = &read->request->operation;

    if (!text_equal_case(operation->resource_uri, COMMANDS))
        return true;
    if (operation->shell_id == NULL)
        return wsman_refuse(read, FAULT_commands_filter,
                            "Commands are enumerated with a SelectorFilter that has the ShellId.");
    if (operation->item_form != ITEM_FORM_object)
        return wsman_refuse(read, FAULT_commands_references,
                            "Commands have no endpoint references.");
    return true;
}

static void set_room(struct wsman_request *request)
{
    request->operation.room =
        request->response_limit < UINT32_MAX ? (uint32_t)request->response_limit : UINT32_MAX;
}

bool wsman_read_enumerate(struct wsman_read *read)
{
    /* A selector of the header names one resource; which of many are meant is the filter's. */
    read->request->operation.shell_id = NULL;
    set_room(read->request);
    return wsman_expect_body(read, NS_enumeration, "Enumerate") && read_optimization(read) &&
           read_mode(read) && read_filter(read) && check_commands(read);
}

static bool read_context(struct wsman_read *read)
{
    struct soap_element *context = soap_child(read->body, NS_enumeration, "EnumerationContext");

    if (context == NULL)
        return wsman_refuse(read, FAULT_schema, "%s must have an EnumerationContext.",
                            read->body->name);
    read->request->operation.enumeration = soap_trimmed(context);
    if (context->text_length == 0 || context->text_length > LIMIT_ID)
        return wsman_refuse(read, FAULT_enumeration_context,
                            "The enumeration context is none of this service.");
    return true;
}

/* Nothing that is enumerated is waited for, so that MaxTime is never used up. */
static bool read_time(struct wsman_read *read)
{
    struct soap_element *element = soap_child(read->body, NS_enumeration, "MaxTime");
    uint64_t time;

    if (element == NULL || duration_parse(soap_trimmed(element), DURATION_NO_NUMBER, &time))
        return true;
    return wsman_refuse(read, FAULT_schema, "MaxTime is not a duration such as PT60S.");
}

bool wsman_read_pull(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_operation *operation = &request->operation;

    operation->max_elements = 1;
    operation->shell_id = NULL;
    set_room(request);
    return wsman_expect_body(read, NS_enumeration, "Pull") && read_context(read) &&
           read_time(read) &&
           read_number(read, soap_child(read->body, NS_enumeration, "MaxElements"),
                       &operation->max_elements) &&
           read_number(read, soap_child(read->body, NS_enumeration, "MaxCharacters"),
                       &request->max_characters);
}

bool wsman_read_release(struct wsman_read *read)
{
    read->request->operation.shell_id = NULL;
    return wsman_expect_body(read, NS_enumeration, "Release") && read_context(read);
}

/* ---- the items ---- */

/* How an item message is written, as the thing itself and as a reference to it. */
static const struct item_writer {
    void (*object)(struct buffer *out, const struct wsman_request *request, const void *item);
    void (*reference)(struct buffer *out, const struct wsman_request *request, const void *item);
} writers[MESSAGE_COUNT] = {
    [MESSAGE_shell_item] = {wsman_put_shell_item, wsman_put_shell_reference},
    [MESSAGE_command_item] = {wsman_put_command_item, NULL},
    [MESSAGE_listener_item] = {wsman_put_listener_item, wsman_put_listener_reference},
    [MESSAGE_plugin_item] = {wsman_put_plugin_item, wsman_put_plugin_reference},
};

static void put_item(struct buffer *out, const struct wsman_request *request,
                     const struct wsman_item *item, enum item_form form)
{
    const struct item_writer *writer = &writers[item->type];

    if (form == ITEM_FORM_both)
        soap_put(out, "<w:Item>");
    if (form != ITEM_FORM_reference && writer->object != NULL)
        writer->object(out, request, item->message);
    if (form != ITEM_FORM_object && writer->reference != NULL) {
        soap_put(out, "<a:EndpointReference>");
        writer->reference(out, request, item->message);
        soap_put(out, "</a:EndpointReference>");
    }
    if (form == ITEM_FORM_both)
        soap_put(out, "</w:Item>");
}

static size_t count_characters(const uint8_t *bytes, size_t length)
{
    size_t count = 0;

    for (size_t i = 0; i < length; i++)
        count += (bytes[i] & 0xc0) != 0x80 ? 1 : 0;
    return count;
}

/* As many as fit, each whole; `behind` bytes are to follow. */
static uint32_t put_items(struct buffer *out, const struct wsman_request *request,
                          const struct wsman_page *page, size_t behind)
{
    size_t limit = out->limit;
    size_t characters = request->max_characters > 0 ? request->max_characters : SIZE_MAX;
    uint32_t count = 0;

    if (out->failed)
        return 0;
    out->limit = limit > behind ? limit - behind : 0;
    for (const struct wsman_item *item = page->items; item != NULL; item = item->next) {
        size_t before = buffer_length(out);
        size_t used;

        put_item(out, request, item, page->form);
        used = count_characters(buffer_bytes(out) + before, buffer_length(out) - before);
        if (out->failed || used > characters) {
            out->end = out->start + before;
            out->failed = false;
            break;
        }
        characters -= used;
        count++;
    }
    out->limit = limit;
    return count;
}

static bool is_pull(const struct wsman_request *request)
{
    return request->operation.kind == OPERATION_pull;
}

static void put_context(struct buffer *out, const char *context)
{
    soap_put(out, "<n:EnumerationContext>");
    soap_put_text(out, context);
    soap_put(out, "</n:EnumerationContext>");
}

/*
 * Clients take a context for the sign that there is more. The last answer to a Pull has none; that
 * to an Enumerate has an empty one, as Windows writes it.
 */
static uint32_t put_page(struct buffer *out, const struct wsman_request *request,
                         const struct wsman_page *page, bool last)
{
    static const char enumerate_end[] = "</w:Items><w:EndOfSequence/></n:EnumerateResponse>";
    static const char pull_end[] = "</n:Items><n:EndOfSequence/></n:PullResponse>";
    static const char envelope_end[] = "</s:Body></s:Envelope>";
    size_t behind = sizeof(enumerate_end) + sizeof(envelope_end);
    uint32_t count = 0;

    wsman_begin(out, request);
    if (is_pull(request)) {
        soap_put(out, "<n:PullResponse>");
        if (!last)
            put_context(out, page->context);
        soap_put(out, "<n:Items>");
        count = put_items(out, request, page, behind);
        buffer_text(out, last ? pull_end : "</n:Items></n:PullResponse>");
    } else {
        soap_put(out, "<n:EnumerateResponse>");
        put_context(out, last ? "" : page->context);
        if (last || page->items != NULL) {
            soap_put(out, "<w:Items>");
            count = put_items(out, request, page, behind);
            buffer_text(out, last ? enumerate_end : "</w:Items></n:EnumerateResponse>");
        } else {
            soap_put(out, "</n:EnumerateResponse>");
        }
    }
    wsman_end(out);
    return count;
}

uint32_t wsman_write_items(struct buffer *out, const struct wsman_request *request,
                           const struct wsman_page *page, bool *last)
{
    uint32_t count = 0;

    *last = false;
    if (page->last) {
        const struct wsman_item *item = page->items;

        count = put_page(out, request, page, true);
        for (uint32_t i = 0; i < count; i++)
            item = item->next;
        *last = item == NULL && !out->failed;
        if (*last)
            return count;
        buffer_reset(out);
    }
    return put_page(out, request, page, false);
}
