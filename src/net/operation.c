/* SPDX-License-Identifier: ISC */

#include "net/operation.h"

#include <string.h>

#include "net/net.h"

/* http://127.0.0.1:5985/wsman?PSVersion=5.1: what the client asked for, with the query. */
static const char *operation_url(struct request *request)
{
    const char *base = request->listener != NULL ? request->listener->url : "";
    size_t base_length = strlen(base);
    size_t target_length = strlen(request->http.target);
    char *url = arena_alloc(&request->arena, base_length + target_length + 1);

    if (url != NULL) {
        memcpy(url, base, base_length);
        memcpy(url + base_length, request->http.target, target_length);
    }
    return url;
}

bool operation_ask(struct request *request, const struct session_ref *session)
{
    struct message_operation *operation = &request->message.operation;

    operation->request = request->id;
    operation->session = session_ref_id(session);
    operation->application = request->application->number;
    operation->url = operation_url(request);
    operation->sequence_id = request->message.sequence_id;
    if (!channel_write(request->net->broker, MESSAGE_operation, operation))
        return false;
    request->state = REQUEST_ASKED;
    return true;
}
