/* SPDX-License-Identifier: ISC */

/*
 * The responses to what has been done (respond.h): by this process, the broker, or a host. A client
 * that has left less room than one takes gets a fault instead.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "methods.h"
#include "net/net.h"
#include "net/respond.h"
#include "net/respond_steps.h"
#include "soap/encoding.h"
#include "wsman/response.h"

enum { OUTPUT_LIMIT = 8 * 1024 * 1024 /* bytes; above every output message */ };

/*
 * Sends the response that stands in the buffer; the operation has happened, so what is too large
 * for the client becomes a fault.
 */
static void respond_written(struct request *request)
{
    struct buffer *response = &request->net->response;

    if (!response->failed && request->message.encoding != SOAP_UTF8) {
        response->limit = 2 * response->limit + 2;
        soap_encode(response, request->message.encoding);
    }
    if (response->failed)
        respond_code(request, FAULT_response_too_large, NULL);
    else
        respond_send(request, 200, NULL);
}

static struct buffer *respond_begin_response(struct request *request)
{
    return respond_begin(request, request->message.response_limit);
}

/* ---- of this process ---- */

static const char *real_version(void)
{
    static char version[128];
    struct utsname name;

    if (version[0] == '\0') {
        if (uname(&name) != 0)
            name.release[0] = '\0';
        /* 6.1.0-18-amd64: the numbers before what the distribution added */
        name.release[strspn(name.release, "0123456789.")] = '\0';
        snprintf(version, sizeof(version), "OS: %.64s SP: 0.0 Stack: 3.0",
                 name.release[0] != '\0' ? name.release : "0.0.0");
    }
    return version;
}

void respond_identify(struct request *request, bool guest)
{
    static const char *const names[METHOD_COUNT][2] = {
#define M(name, word, mechanism, challenge, profile, built) \
    [METHOD_##name] = {"http/" profile, "https/" profile},
        METHOD_TABLE(M)
#undef M
    };
    const struct listener *listener = request->listener;
    const char *profiles[METHOD_COUNT];
    struct wsman_identity identity = {
        .vendor = "winrmd",
        .version = guest ? "OS: 0.0.0 SP: 0.0 Stack: 3.0" : real_version(),
        .profiles = profiles,
    };
    struct buffer *response = respond_begin(request, RESPONSE_FAULT_LIMIT);

    if (response == NULL)
        return;
    for (unsigned i = 0; listener != NULL && i < METHOD_COUNT; i++)
        if ((listener->methods & (1u << i)) != 0)
            profiles[identity.profile_count++] = names[i][listener->tls != NULL];
    wsman_write_identify(response, &identity);
    respond_written(request);
}

/* ---- of the broker ---- */

void respond_shell(struct request *request, const struct message_shell_details *details)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_shell(response, &request->message, details);
    respond_written(request);
}

void respond_configuration(struct request *request,
                           const struct message_configuration_details *details)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_configuration(response, &request->message, details);
    respond_written(request);
}

void respond_listener(struct request *request, const struct message_listener_item *listener)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_listener(response, &request->message, listener);
    respond_written(request);
}

void respond_plugin(struct request *request, const struct message_plugin_item *plugin)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_plugin(response, &request->message, plugin);
    respond_written(request);
}

void respond_items(struct request *request)
{
    struct items *items = &request->items;
    struct buffer *response = respond_begin_response(request);
    bool last;

    if (response == NULL)
        return;
    items->taken = wsman_write_items(response, &request->message, &items->page, &last);
    if (last && !items->noted) {
        channel_send(request->net->broker, items_fit, .request = request->id,
                     .operation = request->operation);
        return;
    }
    if (items->taken == 0 && (items->page.items != NULL || items->full)) {
        respond_code(request, FAULT_response_too_large, NULL);
        return;
    }
    items->delivered = true;
    respond_written(request);
}

static void respond_created(struct request *request)
{
    struct buffer *response;

    if (request->details == NULL) {
        respond_code(request, FAULT_internal_error, NULL);
        return;
    }
    response = respond_begin_response(request);
    if (response == NULL)
        return;
    wsman_write_shell_created(response, &request->message, request->details);
    respond_written(request);
}

void respond_done(struct request *request)
{
    struct buffer *response;

    if (request->message.operation.kind == OPERATION_shell) {
        respond_created(request);
        return;
    }
    response = respond_begin_response(request);
    if (response == NULL)
        return;
    wsman_write_done(response, &request->message);
    respond_written(request);
}

/* ---- of a host ---- */

static void respond_command(struct request *request, const char *command_id)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_command(response, &request->message,
                        command_id != NULL ? command_id : request->grant.command_id);
    respond_written(request);
}

void respond_output(struct request *request, const struct message_output *output)
{
    struct buffer *response;

    response = respond_begin_response(request);
    if (response == NULL)
        return;
    wsman_write_output(response, &request->message, output);
    if (response->failed) {
        /*
         * Very many very small pieces: their markup takes more than `room` allows for. A fault
         * would come again with every Receive, so the client gets more than it asked for.
         */
        buffer_reset(response);
        response->limit = OUTPUT_LIMIT;
        wsman_write_output(response, &request->message, output);
    }
    respond_written(request);
}

void respond_connected(struct request *request, const struct message_connect_answer *answer)
{
    struct buffer *response = respond_begin_response(request);

    if (response == NULL)
        return;
    wsman_write_connected(response, request->net->reader, &request->message, answer);
    respond_written(request);
}

void respond_host_answer(struct request *request, const struct message_host_answer *answer)
{
    struct wsman_fault fault = {.code = answer->code,
                                .provider = answer->provider,
                                .provider_path = answer->provider_path,
                                .extended = answer->extended};

    if (answer->code != 0) {
        respond_fault(request, &fault);
        return;
    }
    switch (request->message.operation.kind) {
    case OPERATION_shell:
        respond_created(request);
        break;
    case OPERATION_command:
        respond_command(request, answer->command_id);
        break;
    case OPERATION_send:
    case OPERATION_signal:
    case OPERATION_reconnect:
        respond_done(request);
        break;
    default:
        respond_code(request, FAULT_provider_response, NULL);
        break;
    }
}
