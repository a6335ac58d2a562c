/* SPDX-License-Identifier: ISC */

/* WSManPluginReceiveResult, called by plug-ins on any thread. */

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/receive.h"
#include "host/request.h"
#include "host/stray.h"
#include "host/text16.h"
#include "operations.h"

/* The bytes of a result: as they are, or text as UTF-8 (`converted`, to be freed). */
static bool result_data(const WSMAN_DATA *data, struct output_result *result, char **converted)
{
    ptrdiff_t size;

    if (data == NULL || data->type == WSMAN_DATA_NONE)
        return true;
    if (data->type == WSMAN_DATA_TYPE_BINARY) {
        result->data = data->binaryData.data;
        result->length = data->binaryData.dataLength;
        return result->data != NULL || result->length == 0;
    }
    if (data->type != WSMAN_DATA_TYPE_TEXT)
        return false;
    if (data->text.bufferLength == 0)
        return true;
    if (data->text.buffer == NULL)
        return false;
    *converted = mem_alloc((size_t)data->text.bufferLength * 3);
    size = utf8_from_utf16(*converted, data->text.buffer, data->text.bufferLength);
    result->data = *converted;
    result->length = size > 0 ? (size_t)size : 0;
    return size >= 0;
}

static bool result_state(PCWSTR state, struct output_result *result, char **uri)
{
    static const struct {
        const char *uri;
        enum command_state state;
    } known[] = {{SHELL "/CommandState/Done", COMMAND_STATE_done},
                 {SHELL "/CommandState/Pending", COMMAND_STATE_pending},
                 {SHELL "/CommandState/Running", COMMAND_STATE_running}};

    if (state == NULL)
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text16_equal_case(state, known[i].uri))
            result->state = known[i].state;
    if (result->state != COMMAND_STATE_none)
        return true;
    *uri = utf8_new(state);
    result->state = COMMAND_STATE_other;
    result->state_uri = *uri;
    return *uri != NULL && strlen(*uri) < LIMIT_URI;
}

/* The output queue of an open receive, counted; or NULL. */
static struct output *receive_output(const void *address, const char **cause)
{
    struct output *output = NULL;
    struct request *request;

    address_lock();
    request = request_find(address, cause);
    if (request != NULL && request->output != NULL)
        output = output_ref(request->output);
    else if (request != NULL)
        *cause = "an operation that is no receive";
    address_unlock();
    return output;
}

DWORD service_receive_result(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PCWSTR stream,
                             WSMAN_DATA *streamResult, PCWSTR commandState, DWORD exitCode)
{
    static const DWORD known = WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA | WSMAN_FLAG_RECEIVE_FLUSH |
                               WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY;
    struct output_result result = {.stream = OUTPUT_NO_STREAM,
                                   .end = (flags & WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA) != 0,
                                   .flush = (flags & WSMAN_FLAG_RECEIVE_FLUSH) != 0,
                                   .boundary =
                                       (flags & WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY) != 0,
                                   .exit_code = exitCode};
    DWORD code = ERROR_INVALID_PARAMETER;
    char *name = NULL;
    char *converted = NULL;
    char *uri = NULL;
    const char *cause = NULL;
    struct output *output = receive_output(requestDetails, &cause);

    if (output == NULL) {
        stray_report("WSManPluginReceiveResult", cause);
        return code;
    }
    name = utf8_new(stream);
    if (name != NULL)
        result.stream = output_stream(output, name);
    if ((flags & ~known) != 0 || !result_data(streamResult, &result, &converted) ||
        !result_state(commandState, &result, &uri))
        goto out;
    if (result.stream == OUTPUT_NO_STREAM && (stream != NULL || result.end || result.length > 0))
        goto out;
    code = output_push(output, &result);
out:
    free(uri);
    free(converted);
    free(name);
    output_unref(output);
    return code;
}
