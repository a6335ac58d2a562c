/* SPDX-License-Identifier: ISC */

/* Send (MS-WSMV, type Send). The data is decoded here, in place. */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"

static bool read_stream(struct wsman_read *read, struct soap_element *element,
                        struct ipc_item *item)
{
    const char *name = soap_attribute(element, NS_none, "Name");
    const char *end = soap_attribute(element, NS_none, "End");
    bool is_end = false;
    ptrdiff_t length;

    if (name == NULL || name[0] == 0 || strlen(name) > LIMIT_NAME)
        return wsman_refuse(read, FAULT_schema, "A Stream has no valid name.");
    if (end != NULL && !soap_boolean(end, &is_end))
        return wsman_refuse(read, FAULT_schema, "End of a Stream is neither true nor false.");
    length = element->first != NULL
                 ? -1
                 : base64_decode((uint8_t *)element->text, element->text, element->text_length);
    if (length < 0)
        return wsman_refuse(read, FAULT_schema, "The data of a Stream is not base64.");
    if (element->text_length > 0)
        element->text[length] = 0;
    item->name = name;
    item->value = element->text;
    item->length = (uint32_t)length;
    item->flags = is_end ? ITEM_END : 0;
    return true;
}

/* One message goes to one command, or to the shell. */
static bool same_command(struct wsman_read *read, const struct soap_element *element, bool first)
{
    struct message_send_input *send = &read->request->payload.send_input;
    const char *id;

    if (!wsman_read_command_id(read, element, &id))
        return false;
    if (first)
        send->command_id = id;
    else if (id == NULL || send->command_id == NULL ? id != send->command_id
                                                    : !text_equal_case(id, send->command_id))
        return wsman_refuse(read, FAULT_invalid_parameter,
                            "All streams of a Send must be of the same command.");
    return true;
}

bool wsman_read_send(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_send_input *send = &request->payload.send_input;
    struct ipc_item *items;
    uint32_t count;
    uint32_t at = 0;

    if (!wsman_expect_body(read, NS_shell, "Send"))
        return false;
    count = wsman_count(read->body, NS_shell, "Stream");
    if (count == 0)
        return wsman_refuse(read, FAULT_schema, "Send has no Stream.");
    items = wsman_items(read, count, LIMIT_CHUNKS, "streams");
    if (items == NULL)
        return false;
    for (struct soap_element *child = read->body->first; child != NULL; child = child->next) {
        if (!soap_is(child, NS_shell, "Stream"))
            continue;
        if (!same_command(read, child, at == 0) || !read_stream(read, child, &items[at]))
            return false;
        at++;
    }
    send->streams = (struct ipc_items){items, count};
    send->timeout = request->operation.timeout;
    request->operation.command_id = send->command_id;
    return true;
}
