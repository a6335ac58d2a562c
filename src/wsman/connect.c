/* SPDX-License-Identifier: ISC */

/*
 * Disconnect, Reconnect and Connect (MS-WSMV, types Disconnect, Reconnect, Connect,
 * ConnectResponse).
 */

#include "wsman/read.h"

#include <string.h>

#include "base/text.h"
#include "soap/writer.h"
#include "wsman/response.h"
#include "wsman/write.h"

const char *wsman_buffer_mode(uint32_t buffering)
{
    static const char *const words[] = {
#define B(name, word) [BUFFERING_##name] = word,
        BUFFERING_TABLE(B)
#undef B
    };

    return words[buffering != BUFFERING_none && buffering < BUFFERINGS ? buffering
                                                                       : BUFFERING_block];
}

/* BufferMode, which stands here once at most. */
static bool read_buffer_mode(struct wsman_read *read)
{
    struct soap_element *mode = soap_child(read->body, NS_shell, "BufferMode");
    const char *word = mode != NULL ? soap_trimmed(mode) : "";

    if (wsman_count(read->body, NS_shell, "BufferMode") > 1)
        return wsman_refuse(read, FAULT_schema, "There are two elements BufferMode.");
    if (text_equal_case(word, wsman_buffer_mode(BUFFERING_block)))
        read->request->operation.buffering = BUFFERING_block;
    else if (text_equal_case(word, wsman_buffer_mode(BUFFERING_drop)))
        read->request->operation.buffering = BUFFERING_drop;
    else if (word[0] != 0)
        return wsman_refuse(read, FAULT_schema, "BufferMode is neither Block nor Drop.");
    return true;
}

bool wsman_read_disconnect(struct wsman_read *read)
{
    struct soap_element *idle;

    if (!wsman_expect_body(read, NS_shell, "Disconnect") || !read_buffer_mode(read))
        return false;
    if (wsman_count(read->body, NS_shell, "IdleTimeOut") > 1)
        return wsman_refuse(read, FAULT_schema, "There are two elements IdleTimeOut.");
    idle = soap_child(read->body, NS_shell, "IdleTimeOut");
    return idle == NULL ||
           wsman_read_time(read, idle, FAULT_idle_timeout, &read->request->operation.idle_timeout);
}

bool wsman_read_reconnect(struct wsman_read *read)
{
    struct message_reconnect_shell *reconnect = &read->request->payload.reconnect_shell;

    /* Clients send nothing at all for a shell (pypsrp). */
    if (read->body == NULL)
        return true;
    if (!wsman_expect_body(read, NS_shell, "Reconnect") || !read_buffer_mode(read) ||
        !wsman_read_command_id(read, read->body, &reconnect->command_id))
        return false;
    read->request->operation.command_id = reconnect->command_id;
    return true;
}

bool wsman_read_connect(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_connect_shell *connect = &request->payload.connect_shell;

    if (!wsman_expect_body(read, NS_shell, "Connect") || !read_buffer_mode(read) ||
        !wsman_read_command_id(read, read->body, &connect->command_id))
        return false;
    for (struct soap_element *child = read->body->first; child != NULL; child = child->next)
        if (child->space != NS_shell &&
            !wsman_read_foreign(read, child, "Connect", &connect->connect_xml))
            return false;
    connect->timeout = request->operation.timeout;
    connect->options = request->options;
    connect->options_must_understand = request->options_must_understand;
    request->operation.command_id = connect->command_id;
    return true;
}

/* What the plug-in said: as it is when it is one element, else as text. */
static void put_response(struct buffer *out, struct soap_reader *reader, const char *response)
{
    const char *start;
    size_t length;

    if (response == NULL)
        return;
    if (soap_is_document(reader, response, &start, &length))
        buffer_append(out, start, length);
    else
        soap_put_text(out, response);
}

void wsman_write_connected(struct buffer *out, struct soap_reader *reader,
                           const struct wsman_request *request,
                           const struct message_connect_answer *answer)
{
    bool empty = answer->input_streams == NULL && answer->output_streams == NULL &&
                 (answer->response == NULL || answer->response[0] == 0);

    wsman_begin(out, request);
    if (empty) {
        soap_put(out, "<rsp:ConnectResponse/>");
    } else {
        soap_put(out, "<rsp:ConnectResponse>");
        soap_put_element(out, "rsp:InputStreams", answer->input_streams);
        soap_put_element(out, "rsp:OutputStreams", answer->output_streams);
        put_response(out, reader, answer->response);
        soap_put(out, "</rsp:ConnectResponse>");
    }
    wsman_end(out);
}
