/* SPDX-License-Identifier: ISC */

/* Command (MS-WSMV, type CommandLine), and commands as items of an enumeration. */

#include "wsman/read.h"

#include "base/text.h"
#include "soap/writer.h"
#include "wsman/items.h"
#include "wsman/response.h"
#include "wsman/write.h"

static bool read_arguments(struct wsman_read *read)
{
    uint32_t count = wsman_count(read->body, NS_shell, "Arguments");
    struct ipc_item *items = wsman_items(read, count, LIMIT_ARGUMENTS, "arguments");
    uint32_t at = 0;

    if (items == NULL)
        return false;
    for (struct soap_element *child = read->body->first; child != NULL; child = child->next) {
        if (!soap_is(child, NS_shell, "Arguments"))
            continue;
        items[at].value = child->text;
        items[at].length = child->text_length;
        at++;
    }
    read->request->payload.command_create.arguments = (struct ipc_items){items, count};
    return true;
}

bool wsman_read_command(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_command_create *create = &request->payload.command_create;
    const struct soap_element *command;

    if (!wsman_expect_body(read, NS_shell, "CommandLine"))
        return false;
    create->command_id = soap_attribute(read->body, NS_none, "CommandId");
    if (create->command_id != NULL && !guid_valid(create->command_id))
        return wsman_refuse(read, FAULT_command_id, "The CommandId of the request is not a GUID.");
    if (wsman_count(read->body, NS_shell, "Command") != 1)
        return wsman_refuse(read, FAULT_schema, "CommandLine must hold one Command.");
    command = soap_child(read->body, NS_shell, "Command");
    create->command_line = command->text;
    create->timeout = request->operation.timeout;
    create->options = request->options;
    create->option_types = request->option_types;
    create->options_must_understand = request->options_must_understand;
    request->operation.command_id = create->command_id;
    return read_arguments(read);
}

void wsman_write_command(struct buffer *out, const struct wsman_request *request,
                         const char *command_id)
{
    wsman_begin(out, request);
    soap_put(out, "<rsp:CommandResponse>");
    soap_put_element(out, "rsp:CommandId", command_id);
    soap_put(out, "</rsp:CommandResponse>");
    wsman_end(out);
}

/* Here CommandState is a plain word. */
void wsman_put_command_item(struct buffer *out, const struct wsman_request *request,
                            const void *item)
{
    const struct message_command_item *command = item;

    (void)request;
    soap_put(out, "<rsp:Command"
                  " xmlns:rsp=\"http://schemas.microsoft.com/wbem/wsman/1/windows/shell\">");
    soap_put_element(out, "rsp:CommandId", command->command_id);
    soap_put_element(out, "rsp:CommandLine", command->command_line);
    soap_put(out, "<rsp:CommandState>Running</rsp:CommandState></rsp:Command>");
}
