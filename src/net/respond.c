/* SPDX-License-Identifier: ISC */

#include "net/respond.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "methods.h"
#include "net/connection.h"
#include "net/negotiate.h"
#include "net/net.h"
#include "net/respond_steps.h"
#include "soap/encoding.h"
#include "wsman/response.h"

enum { RESPONSE_KEPT = 256 * 1024 /* bytes of memory kept for the next response */ };

struct buffer *respond_begin(struct request *request, size_t limit)
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

void respond_send(struct request *request, unsigned status, const char *location)
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
    struct buffer *response = respond_begin(request, RESPONSE_FAULT_LIMIT);
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
