/* SPDX-License-Identifier: ISC */

/*
 * Requests: whatever is read, what goes to the other processes fits the messages, and what is
 * answered (the response to it, or the fault) is well-formed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wsman/items.h"
#include "wsman/response.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct soap_reader *reader;

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_answer(struct buffer *out)
{
    struct arena arena;
    struct soap_document document;

    require(!out->failed);
    arena_init(&arena, 4 * 1024 * 1024);
    require(soap_read(reader, buffer_bytes(out), buffer_length(out), "utf-8", &arena, &document) ==
            SOAP_OK);
    arena_free(&arena);
    require(soap_encode(out, SOAP_UTF16));
    buffer_reset(out);
}

static void check_message(enum message_type type, const void *body)
{
    struct buffer frame;

    buffer_init(&frame, 16u * 1024 * 1024);
    require(message_encode(&frame, type, body));
    buffer_free(&frame);
}

static void check_payload(const struct wsman_request *request)
{
    check_message(MESSAGE_operation, &request->operation);
    switch (request->operation.kind) {
    case OPERATION_shell:
        check_message(MESSAGE_shell_create, &request->payload);
        break;
    case OPERATION_command:
        check_message(MESSAGE_command_create, &request->payload);
        break;
    case OPERATION_send:
        check_message(MESSAGE_send_input, &request->payload);
        break;
    case OPERATION_receive:
        check_message(MESSAGE_receive_output, &request->payload);
        break;
    case OPERATION_signal:
        check_message(MESSAGE_signal_command, &request->payload);
        break;
    case OPERATION_connect:
        check_message(MESSAGE_connect_shell, &request->payload);
        break;
    case OPERATION_reconnect:
        check_message(MESSAGE_reconnect_shell, &request->payload);
        break;
    default:
        break;
    }
}

static void answer(struct buffer *out, const struct wsman_request *request)
{
    static const struct ipc_item chunk = {"stdout", "data", 4, ITEM_END};
    const struct message_output output = {.chunks = {&chunk, 1}, .state = COMMAND_STATE_done};
    const struct message_shell_details shell = {
        .shell_id = request->operation.shell_id != NULL ? request->operation.shell_id : "",
        .name = request->operation.shell_name,
        .resource_uri = request->operation.resource_uri,
        .input_streams = request->operation.input_streams};

    /* What a plug-in says is what it likes. */
    const struct message_connect_answer connected = {.input_streams = "stdin",
                                                     .response = request->operation.action};

    wsman_write_connected(out, reader, request, &connected);
    check_answer(out);
    wsman_write_shell_created(out, request, &shell);
    check_answer(out);
    wsman_write_command(out, request, request->operation.command_id);
    check_answer(out);
    wsman_write_output(out, request, &output);
    check_answer(out);
    wsman_write_done(out, request);
    check_answer(out);
}

/* As many as the request asks for, and whatever limit it has. */
static void answer_items(struct buffer *out, const struct wsman_request *request)
{
    const struct message_operation *operation = &request->operation;
    const struct message_shell_item shell = {.shell_id = operation->message_id,
                                             .resource_uri = operation->resource_uri};
    const struct message_command_item command = {.command_id = operation->enumeration,
                                                 .command_line = operation->action};
    const struct wsman_item second = {.type = MESSAGE_command_item, .message = &command};
    const struct wsman_item first = {.next = (struct wsman_item *)(uintptr_t)&second,
                                     .type = MESSAGE_shell_item,
                                     .message = &shell};
    const struct wsman_page page = {
        .items = operation->max_elements > 0 ? &first : NULL,
        .context = "uuid:3B2C8B55-35F5-4B3C-9D4A-1C9B4A3F2E11",
        .form =
            (enum item_form)(operation->item_form != 0 ? operation->item_form : ITEM_FORM_object),
        .last = operation->max_elements > 2};
    size_t limit = out->limit;
    bool last;

    wsman_write_items(out, request, &page, &last);
    check_answer(out);
    /* An answer without items is about as long as its headers. */
    wsman_write_done(out, request);
    out->limit = buffer_length(out) + 400;
    buffer_reset(out);
    wsman_write_items(out, request, &page, &last);
    require(buffer_length(out) <= out->limit);
    out->limit = limit;
    check_answer(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct wsman_limits limits = {.max_envelope = 512000, .max_time = 60000};
    struct arena arena;
    struct buffer out;
    struct wsman_request request;
    struct wsman_fault fault;
    enum wsman_result result;

    if (reader == NULL)
        reader = soap_reader_new();
    arena_init(&arena, 8u * 1024 * 1024);
    buffer_init(&out, 4u * 1024 * 1024);
    result = wsman_read_request(reader, data, size, NULL, &limits, &arena, &request, &fault);
    if (result == WSMAN_request && !request.identify) {
        check_payload(&request);
        answer(&out, &request);
        if (request.operation.kind == OPERATION_enumerate ||
            request.operation.kind == OPERATION_pull)
            answer_items(&out, &request);
        fault = (struct wsman_fault){
            .code = FAULT_access_denied, .provider = "p", .extended = request.operation.action};
    }
    if (result == WSMAN_fault || result == WSMAN_request) {
        require(result == WSMAN_request || fault.code != FAULT_none);
        wsman_write_fault(&out, reader, &request, &fault);
        check_answer(&out);
    }
    buffer_free(&out);
    arena_free(&arena);
    return 0;
}
