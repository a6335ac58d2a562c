/* SPDX-License-Identifier: ISC */

#include "wsman/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/text.h"
#include "input_limits.h"

bool wsman_refuse(struct wsman_read *read, uint32_t code, const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    read->fault->code = code;
    read->fault->text = arena_text(read->arena, text);
    return false;
}

bool wsman_refuse_memory(struct wsman_read *read)
{
    read->fault->code = FAULT_out_of_memory;
    return false;
}

uint32_t wsman_count(const struct soap_element *element, enum namespace_id space, const char *name)
{
    uint32_t count = 0;

    for (const struct soap_element *child = element->first; child != NULL; child = child->next)
        if (soap_is(child, space, name))
            count++;
    return count;
}

struct ipc_item *wsman_items(struct wsman_read *read, uint32_t count, uint32_t limit,
                             const char *what)
{
    struct ipc_item *items = NULL;

    if (count > limit) {
        wsman_refuse(read, FAULT_schema, "The request has %u %s; %u are allowed.", count, what,
                     limit);
    } else {
        items = arena_alloc(read->arena, (count + 1) * sizeof(*items));
        if (items == NULL)
            wsman_refuse_memory(read);
    }
    return items;
}

bool wsman_expect_body(struct wsman_read *read, enum namespace_id space, const char *name)
{
    if (soap_is(read->body, space, name))
        return true;
    return wsman_refuse(read, FAULT_schema, "The body of this action must be %s.", name);
}

bool wsman_read_command_id(struct wsman_read *read, const struct soap_element *element,
                           const char **command_id)
{
    const char *id = soap_attribute(element, NS_none, "CommandId");

    if (id != NULL && strlen(id) > LIMIT_ID)
        return wsman_refuse(read, FAULT_not_found, "The command does not exist.");
    *command_id = id != NULL && id[0] != 0 ? id : NULL;
    return true;
}

bool wsman_read_time(struct wsman_read *read, struct soap_element *element, uint32_t code,
                     uint64_t *time)
{
    const char *text = soap_trimmed(element);
    bool negative = text[0] == '-' && !text_is_space(text[1]);
    uint64_t value;

    if (text[0] == 0)
        return true;
    if (!duration_parse(negative ? text + 1 : text, DURATION_NUMBER_IS_SECONDS, &value))
        return wsman_refuse(read, FAULT_schema, "%s is not a duration such as PT7200S.",
                            element->name);
    if (negative || value == 0)
        return wsman_refuse(read, code, "%s must be a millisecond or more.", element->name);
    *time = value;
    return true;
}

bool wsman_read_foreign(struct wsman_read *read, const struct soap_element *element,
                        const char *whole, const char **xml)
{
    if (*xml != NULL)
        return wsman_refuse(read, FAULT_schema,
                            "The %s has more than one element from another namespace.", whole);
    *xml = soap_outer_xml(read->arena, element);
    if (*xml == NULL)
        return wsman_refuse_memory(read);
    if (strlen(*xml) > LIMIT_PAYLOAD)
        return wsman_refuse(read, FAULT_schema, "The element %.64s of the %s is too long.",
                            element->name, whole);
    return true;
}

bool wsman_read_streams(struct wsman_read *read, const char *text, const char **streams)
{
    const char *words = soap_words(read->arena, text);

    if (words == NULL)
        return wsman_refuse_memory(read);
    if (strlen(words) > LIMIT_STREAMS)
        return wsman_refuse(read, FAULT_schema, "The list of streams is too long.");
    for (const char *word = words; *word != 0; word += strspn(word, " ")) {
        size_t length = strcspn(word, " ");

        if (length > LIMIT_NAME)
            return wsman_refuse(read, FAULT_schema, "The name of a stream is too long.");
        word += length;
    }
    *streams = words;
    return true;
}
