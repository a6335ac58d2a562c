/* SPDX-License-Identifier: ISC */

/* Receive (MS-WSMV, types Receive and ReceiveResponse): which streams are wanted, and the output.
 */

#include "wsman/read.h"

#include "base/text.h"
#include "soap/writer.h"
#include "wsman/response.h"
#include "wsman/write.h"

#define TEXT_SHELL SHELL "/cmd"
#define STATE      SHELL "/CommandState/"

/* Everything of a response that is no stream data, at most, headers with echoed values included. */
enum { FRAME = 4096 };

static uint32_t response_room(const struct wsman_request *request)
{
    size_t limit = request->response_limit;
    size_t room = limit > FRAME ? (limit - FRAME) / 4 * 3 : 0;

    return room < LIMIT_PAYLOAD ? (uint32_t)room : LIMIT_PAYLOAD;
}

bool wsman_read_receive(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_receive_output *receive = &request->payload.receive_output;
    struct soap_element *desired;

    if (!wsman_expect_body(read, NS_shell, "Receive"))
        return false;
    if (wsman_count(read->body, NS_shell, "DesiredStream") != 1)
        return wsman_refuse(read, FAULT_schema, "Receive must hold one DesiredStream.");
    desired = soap_child(read->body, NS_shell, "DesiredStream");
    if (!wsman_read_command_id(read, desired, &receive->command_id) ||
        !wsman_read_streams(read, desired->text, &receive->streams))
        return false;
    receive->timeout = request->operation.timeout;
    receive->room = response_room(request);
    request->operation.command_id = receive->command_id;
    return true;
}

static void put_stream_start(struct buffer *out, const char *name, const char *command_id)
{
    soap_put(out, "<rsp:Stream");
    soap_put_attribute(out, "Name", name);
    if (command_id != NULL)
        soap_put_attribute(out, "CommandId", command_id);
}

/* Data and End stand in elements of their own, and no element is without both (P-4.9.3). */
static void put_chunk(struct buffer *out, const struct ipc_item *chunk, const char *command_id)
{
    const char *name = chunk->name != NULL ? chunk->name : "";

    if (chunk->length > 0) {
        put_stream_start(out, name, command_id);
        soap_put(out, ">");
        base64_append(out, chunk->value, chunk->length);
        soap_put(out, "</rsp:Stream>");
    }
    if ((chunk->flags & ITEM_END) != 0) {
        put_stream_start(out, name, command_id);
        soap_put(out, " End=\"true\"></rsp:Stream>");
    }
}

/*
 * A plug-in that reports no state gets none, except in the text shell, where clients rely on one
 * (P-4.9.2).
 */
static const char *state_uri(const struct wsman_request *request,
                             const struct message_output *output)
{
    switch (output->state) {
    case COMMAND_STATE_pending:
        return STATE "Pending";
    case COMMAND_STATE_running:
        return STATE "Running";
    case COMMAND_STATE_done:
        return STATE "Done";
    case COMMAND_STATE_other:
        return output->state_uri;
    default:
        return text_equal_case(request->operation.resource_uri, TEXT_SHELL) ? STATE "Running"
                                                                            : NULL;
    }
}

static void put_state(struct buffer *out, const struct wsman_request *request,
                      const struct message_output *output)
{
    const char *state = state_uri(request, output);

    if (state == NULL)
        return;
    soap_put(out, "<rsp:CommandState");
    soap_put_attribute(out, "CommandId", request->operation.command_id);
    soap_put_attribute(out, "State", state);
    soap_put(out, ">");
    if (output->state == COMMAND_STATE_done)
        soap_put_number(out, "rsp:ExitCode", output->exit_code);
    soap_put(out, "</rsp:CommandState>");
}

void wsman_write_output(struct buffer *out, const struct wsman_request *request,
                        const struct message_output *output)
{
    const char *command_id = request->operation.command_id;

    wsman_begin(out, request);
    soap_put(out, "<rsp:ReceiveResponse>");
    for (uint32_t i = 0; i < output->chunks.count; i++)
        put_chunk(out, &output->chunks.item[i], command_id);
    if (command_id != NULL)
        put_state(out, request, output);
    soap_put(out, "</rsp:ReceiveResponse>");
    wsman_end(out);
}
