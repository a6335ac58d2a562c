/* SPDX-License-Identifier: ISC */

#include "net/respond.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/log.h"
#include "methods.h"
#include "net/connection.h"
#include "net/negotiate.h"
#include "net/net.h"
#include "soap/encoding.h"
#include "wsman/response.h"

enum {
    FAULT_LIMIT = 1024 * 1024,      /* bytes; a fault is sent whatever the client's limit is */
    OUTPUT_LIMIT = 8 * 1024 * 1024, /* bytes; above every output message */
    RESPONSE_KEPT = 256 * 1024      /* memory kept for the next response */
};

/* The empty buffer for a response of at most `limit` bytes, or NULL: the client is gone. */
static struct buffer *respond_begin(struct request *request, size_t limit)
{
    struct buffer *response = &request->net->response;

    if (request->connection == NULL) {
        request_end(request, false);
        return NULL;
    }
    if (response->capacity > RESPONSE_KEPT)
        buffer_free(response);
    buffer_reset(response);
    response->limit = limit;
    return response;
}

/* The answer, with what the client's login ends with: its token is for the request that shows it.
 */
static void respond_with(struct request *request, unsigned status, struct http_headers headers,
                         const struct buffer *body)
{
    if (request->login.token != NULL) {
        headers.www_authenticate = &request->login.token;
        headers.www_authenticate_count = 1;
    }
    request_answer(request, status, &headers, body != NULL ? buffer_bytes(body) : NULL,
                   body != NULL ? buffer_length(body) : 0);
}

/*
 * Sends what stands in the buffer, sealed if the request was. A redirect is for the HTTP of the
 * client, which has no keys.
 */
static void respond_send(struct request *request, unsigned status, const char *location)
{
    struct buffer *response = &request->net->response;
    struct http_headers headers = {
        .content_type = soap_content_type(request->message.encoding),
        .location = location,
    };
    char why[GSS_WHY] = "";

    if (request->sealed != SEALED_none && location == NULL) {
        if (!sealed_write(request->connection->context, request->sealed, headers.content_type,
                          response, why)) {
            log_error("a response can not be sealed: %s", why);
            respond_broken(request, 500);
            return;
        }
        headers.content_type = sealed_content_type(request->sealed);
    }
    respond_with(request, status, headers, response);
}

void respond_status(struct request *request, unsigned status)
{
    respond_with(request, status, (struct http_headers){0}, NULL);
}

void respond_broken(struct request *request, unsigned status)
{
    respond_with(request, status, (struct http_headers){.close = true}, NULL);
}

void respond_authenticated(struct request *request)
{
    bool keep = request->connection != NULL && request->connection->context != NULL;

    respond_with(request, 200, (struct http_headers){.keep = keep}, NULL);
}

void respond_continued(struct request *request, const char *challenge)
{
    const struct http_headers headers = {
        .www_authenticate = &challenge, .www_authenticate_count = 1, .keep = true};

    request_answer(request, 401, &headers, NULL, 0);
}

void respond_unauthorized(struct request *request)
{
    static const char *const challenges[METHOD_COUNT] = {
#define M(name, word, mechanism, challenge, profile, built) [METHOD_##name] = (challenge),
        METHOD_TABLE(M)
#undef M
    };
    uint32_t methods = request->listener != NULL ? request->listener->methods : 0;
    const char *offered[NEGOTIATE_CHALLENGES + METHOD_COUNT];
    size_t count = 0;
    struct http_headers headers = {.www_authenticate = offered};

    if ((methods & METHOD_BIT(negotiate)) != 0)
        count = negotiate_offer(&request->net->site, offered);
    for (unsigned i = 0; i < METHOD_COUNT; i++)
        if (i != METHOD_negotiate && (methods & (1u << i)) != 0 && challenges[i] != NULL)
            offered[count++] = challenges[i];
    headers.www_authenticate_count = count;
    request_answer(request, 401, &headers, NULL, 0);
}

/* ---- faults ---- */

static void respond_fault_as(struct request *request, unsigned status, const char *location,
                             const struct wsman_fault *fault)
{
    struct net *net = request->net;
    struct buffer *response = respond_begin(request, FAULT_LIMIT);
    struct wsman_fault complete = *fault;

    if (response == NULL)
        return;
    /* The encoding is not known when the envelope could not be read. */
    if (request->message.encoding == SOAP_ENCODING_none)
        request->message.encoding = SOAP_UTF8;
    complete.machine = net->site.machine;
    request->items.delivered = false;
    request->items.taken = 0;
    wsman_write_fault(response, net->reader, &request->message, &complete);
    if (response->failed || !soap_encode(response, request->message.encoding)) {
        log_error("a fault with code %u does not fit", fault->code);
        buffer_reset(response);
    }
    respond_send(request, status, location);
}

void respond_fault(struct request *request, const struct wsman_fault *fault)
{
    respond_fault_as(request, 500, NULL, fault);
}

void respond_code(struct request *request, uint32_t code, const char *text)
{
    respond_fault(request, &(struct wsman_fault){.code = code, .text = text});
}

/* ---- responses ---- */

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
    struct buffer *response = respond_begin(request, FAULT_LIMIT);

    if (response == NULL)
        return;
    for (unsigned i = 0; listener != NULL && i < METHOD_COUNT; i++)
        if ((listener->methods & (1u << i)) != 0)
            profiles[identity.profile_count++] = names[i][listener->tls != NULL];
    wsman_write_identify(response, &identity);
    respond_written(request);
}

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

/* ---- refusals ---- */

static const char *text_or_null(const char *text)
{
    return text != NULL && text[0] != '\0' ? text : NULL;
}

static void respond_redirected(struct request *request, const char *location)
{
    char text[LIMIT_URI + 64];

    snprintf(text, sizeof(text), "This user is served at %s", location);
    respond_fault_as(request, 302, location,
                     &(struct wsman_fault){.code = FAULT_redirect, .text = text});
}

void respond_refused(struct request *request, const struct message_operation_refused *refused)
{
    struct wsman_fault fault = {.code = refused->code,
                                .text = text_or_null(refused->text),
                                .decision = text_or_null(refused->decision),
                                .provider = text_or_null(refused->provider),
                                .provider_path = text_or_null(refused->provider_path),
                                .extended = text_or_null(refused->extended)};

    if (text_or_null(refused->location) != NULL)
        respond_redirected(request, refused->location);
    else if (refused->busy)
        respond_status(request, 503);
    else if (refused->code == 0 && fault.text == NULL)
        respond_status(request, 500);
    else
        respond_fault(request, &fault);
}
