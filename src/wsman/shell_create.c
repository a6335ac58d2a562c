/* SPDX-License-Identifier: ISC */

/* The Create of a shell (MS-WSMV, type Shell). */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"
#include "input_limits.h"

static bool read_shell_id(struct wsman_read *read)
{
    const char *id = soap_attribute(read->body, NS_none, "ShellId");

    if (id != NULL && !guid_valid(id))
        return wsman_refuse(read, FAULT_shell_id, "The ShellId of the request is not a GUID.");
    read->request->operation.shell_id = id;
    return true;
}

static bool read_name(struct wsman_read *read)
{
    const char *name = soap_attribute(read->body, NS_none, "Name");
    struct soap_element *child = soap_child(read->body, NS_shell, "Name");

    if (name == NULL && child != NULL)
        name = soap_trimmed(child);
    if (name != NULL && strlen(name) > WSMAN_SHELL_NAME)
        return wsman_refuse(read, FAULT_shell_name, "The name of the shell is longer than %d.",
                            WSMAN_SHELL_NAME);
    read->request->operation.shell_name = name != NULL && name[0] != 0 ? name : NULL;
    return true;
}

static bool read_environment(struct wsman_read *read, struct soap_element *element)
{
    struct message_shell_create *create = &read->request->payload.shell_create;
    uint32_t count = wsman_count(element, NS_shell, "Variable");
    struct ipc_item *items = wsman_items(read, count, LIMIT_ENVIRONMENT, "environment variables");
    uint32_t at = 0;

    if (items == NULL)
        return false;
    for (struct soap_element *child = element->first; child != NULL; child = child->next) {
        const char *name;

        if (!soap_is(child, NS_shell, "Variable"))
            continue;
        name = soap_attribute(child, NS_none, "Name");
        if (name == NULL || name[0] == 0 || strchr(name, '=') != NULL || strlen(name) > LIMIT_NAME)
            return wsman_refuse(read, FAULT_schema, "An environment variable has no valid name.");
        items[at].name = name;
        items[at].value = child->text;
        items[at].length = child->text_length;
        at++;
    }
    create->environment = (struct ipc_items){items, count};
    return true;
}

static bool read_idle_timeout(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_time(read, element, FAULT_idle_timeout,
                           &read->request->operation.idle_timeout);
}

static bool read_lifetime(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_time(read, element, FAULT_invalid_parameter,
                           &read->request->operation.lifetime);
}

static bool read_working_directory(struct wsman_read *read, struct soap_element *element)
{
    if (element->text_length > LIMIT_URI)
        return wsman_refuse(read, FAULT_schema, "WorkingDirectory is too long.");
    if (element->text_length > 0)
        read->request->payload.shell_create.working_directory = element->text;
    return true;
}

static bool read_input_streams(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_streams(read, element->text, &read->request->operation.input_streams);
}

static bool read_output_streams(struct wsman_read *read, struct soap_element *element)
{
    return wsman_read_streams(read, element->text, &read->request->operation.output_streams);
}

static const struct part {
    const char *name;
    bool (*read)(struct wsman_read *, struct soap_element *);
} parts[] = {
    {"Environment", read_environment},    {"WorkingDirectory", read_working_directory},
    {"Lifetime", read_lifetime},          {"IdleTimeOut", read_idle_timeout},
    {"InputStreams", read_input_streams}, {"OutputStreams", read_output_streams},
};

enum { PARTS = sizeof(parts) / sizeof(parts[0]) };

static bool read_part(struct wsman_read *read, struct soap_element *element, unsigned *seen)
{
    if (element->space != NS_shell)
        return wsman_read_foreign(read, element, "shell",
                                  &read->request->payload.shell_create.creation_xml);
    for (unsigned i = 0; i < PARTS; i++) {
        if (strcmp(element->name, parts[i].name) != 0)
            continue;
        if ((*seen & 1u << i) != 0)
            return wsman_refuse(read, FAULT_schema, "The shell has two elements %s.",
                                parts[i].name);
        *seen |= 1u << i;
        return parts[i].read(read, element);
    }
    return true;
}

/*
 * What the shell says of itself as ProfileLoaded. Whether this is a value at all is for the plug-in
 * to say.
 */
static void read_no_profile(struct wsman_request *request)
{
    const struct ipc_items *options = &request->options;
    bool value;

    for (uint32_t i = 0; i < options->count; i++)
        if (text_equal_case(options->item[i].name, "WINRS_NOPROFILE") &&
            soap_boolean(options->item[i].value, &value))
            request->operation.no_profile = value;
}

bool wsman_read_shell_create(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    unsigned seen = 0;

    if (!read_shell_id(read) || !read_name(read))
        return false;
    for (struct soap_element *child = read->body->first; child != NULL; child = child->next)
        if (!read_part(read, child, &seen))
            return false;
    read_no_profile(request);
    request->payload.shell_create.timeout = request->operation.timeout;
    request->payload.shell_create.options = request->options;
    request->payload.shell_create.option_types = request->option_types;
    request->payload.shell_create.options_must_understand = request->options_must_understand;
    return true;
}
