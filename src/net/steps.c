/* SPDX-License-Identifier: ISC */

#include "net/steps.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/authentication.h"
#include "net/connection.h"
#include "net/content_type.h"
#include "net/host_channel.h"
#include "net/negotiate.h"
#include "net/net.h"
#include "net/operation.h"
#include "net/respond.h"
#include "input_limits.h"

enum step_result {
    STEP_none,
    STEP_NEXT, /* go on */
    STEP_WAIT, /* another process was asked */
    STEP_DONE  /* a response was made: the request is not ours any more */
};

static enum wsman_result read_message(struct request *request, const char *charset,
                                      size_t max_envelope, struct wsman_fault *fault)
{
    const struct application *application = request->application;
    struct wsman_limits limits = {
        .max_envelope = max_envelope,
        .max_time = application != NULL ? application->max_operation : 0,
    };

    return wsman_read_request(request->net->reader, request->body, request->body_length, charset,
                              &limits, &request->arena, &request->message, fault);
}

/* An Identify may be answered to anybody; nothing else that came this way is looked at. */
static enum step_result step_guest(struct request *request)
{
    struct content_type type;
    struct wsman_fault fault = {0};

    if (!request->guest_identify && request->application != NULL)
        return STEP_NEXT;
    if (!request->guest_identify) {
        respond_status(request, 404);
        return STEP_DONE;
    }
    type = content_type_read(request->content_type);
    if (type.kind == CONTENT_soap && request->body_length > 0 &&
        request->body_length <= IDENTIFY_GUEST_BYTES &&
        read_message(request, type.charset[0] != '\0' ? type.charset : NULL, IDENTIFY_GUEST_BYTES,
                     &fault) == WSMAN_request &&
        request->message.identify)
        respond_identify(request, true);
    else
        respond_unauthorized(request);
    return STEP_DONE;
}

/*
 * What opened it still holds (the header, which is shown again, or the connection's own context),
 * and no reload has taken its method from the listener.
 */
static bool session_holds(const struct request *request)
{
    const struct connection *connection = request->connection;
    const struct session_ref *session = connection->session;
    const char *authorization = request->http.authorization;
    struct session_proof proof;

    if (session == NULL ||
        (request->listener != NULL && !session_ref_is_by(session, request->listener->methods)))
        return false;
    if (connection->context != NULL)
        return authorization == NULL && clock_elapsed() < connection->expires;
    if (authorization == NULL)
        return false;
    proof = session_proof_make(&request->net->keys, authorization);
    return session_ref_proved_by(session, &proof);
}

static bool is_empty(const struct request *request)
{
    return request->body_length == 0 && !request->http.body_dropped;
}

static enum step_result step_authenticate(struct request *request)
{
    struct connection *connection = request->connection;
    const char *authorization = request->http.authorization;

    if (session_holds(request)) {
        /* Some clients ask that way for the challenge of their next login; this one holds on. */
        if (authorization != NULL || !is_empty(request))
            return STEP_NEXT;
        respond_unauthorized(request);
        return STEP_DONE;
    }
    /* A session that rests on a header is kept for the next request that shows it. */
    if ((authorization != NULL && (connection->session != NULL || connection->revoked)) ||
        connection->context != NULL) {
        connection_drop_session(connection);
        connection->revoked = false;
        http_server_authenticated(request->net->server, request->http.handle, false);
    }
    if (authorization != NULL && authentication_ask(request))
        return STEP_WAIT;
    negotiate_end_legs(connection);
    respond_unauthorized(request);
    return STEP_DONE;
}

/* Replaces a sealed body by what it holds. */
static enum step_result open_body(struct request *request)
{
    struct connection *connection = request->connection;
    struct sealed_message message = {.why = "its client did not log in by Negotiate or Kerberos"};

    if (connection->context == NULL ||
        sealed_open(connection->context, request->content_type, request->body, request->body_length,
                    &request->arena, &message) != SEALED_opened) {
        log_info("%s: a sealed message can not be opened: %s", request->http.peer, message.why);
        respond_broken(request, 400);
        return STEP_DONE;
    }
    request->sealed = message.protocol;
    request->content_type = message.content_type;
    request->body = message.body;
    request->body_length = message.length;
    return STEP_NEXT;
}

/* An empty body only authenticates. */
static enum step_result step_content(struct request *request)
{
    if (connection_session(request->connection) == NULL || request->http.body_dropped) {
        respond_unauthorized(request);
        return STEP_DONE;
    }
    if (request->body_length > 0 && sealed_announced(request->content_type)) {
        if (open_body(request) == STEP_DONE)
            return STEP_DONE;
    } else if (request->body_length > 0 && request->listener->must_seal) {
        log_info(
            "%s sent a message in plain text, which is not carried out: on %s, that is without "
            "TLS, messages have to be encrypted (allow-unencrypted)",
            request->http.peer, request->listener->url);
        respond_status(request, 500);
        return STEP_DONE;
    }
    if (request->body_length == 0)
        respond_authenticated(request);
    else if (content_type_read(request->content_type).kind != CONTENT_soap)
        respond_status(request, 415);
    else
        return STEP_NEXT;
    return STEP_DONE;
}

static enum step_result step_read(struct request *request)
{
    struct content_type type = content_type_read(request->content_type);
    struct wsman_fault fault = {0};

    switch (read_message(request, type.charset[0] != '\0' ? type.charset : NULL,
                         request->application->max_envelope, &fault)) {
    case WSMAN_request:
        if (!request->message.identify)
            return STEP_NEXT;
        respond_identify(request, false);
        break;
    case WSMAN_fault:
        respond_fault(request, &fault);
        break;
    case WSMAN_no_soap:
    case WSMAN_none:
        respond_status(request, 400);
        break;
    }
    return STEP_DONE;
}

/*
 * Requests with everything that a header may hold come in faster than the broker reads what it is
 * asked. At CHANNEL_OUT_LIMIT this process would end, with all its connections.
 */
static bool broker_is_behind(const struct net *net)
{
    return channel_backlog(net->broker) >= CHANNEL_OUT_LIMIT / 2;
}

static enum step_result step_ask(struct request *request)
{
    if (broker_is_behind(request->net)) {
        respond_status(request, 503);
        return STEP_DONE;
    }
    if (operation_ask(request, connection_session(request->connection)))
        return STEP_WAIT;
    respond_code(request, FAULT_header_invalid, "A header or identifier is too long.");
    return STEP_DONE;
}

static enum step_result step_pass(struct request *request)
{
    struct host_channel *host = host_channel_find(request->net, request->grant.host, -1);

    if (host == NULL)
        respond_code(request, FAULT_provider_failure,
                     "The process that served this shell has ended.");
    else if (!host_channel_reads(host))
        respond_code(request, FAULT_provider_failure,
                     "The process that serves this shell does not read what it is asked.");
    else if (!host_channel_pass(host, request))
        respond_code(request, FAULT_invalid_parameter, "The request is too large to be passed on.");
    else
        return STEP_WAIT;
    return STEP_DONE;
}

#define STEP_TABLE(S) S(guest) S(authenticate) S(content) S(read) S(ask) S(pass)

static const struct {
    const char *name;
    enum step_result (*run)(struct request *request);
} steps[] = {
#define S(name) {#name, step_##name},
    STEP_TABLE(S)
#undef S
};

enum { STEPS = sizeof(steps) / sizeof(steps[0]) };

void steps_run(struct request *request)
{
    enum step_result result = STEP_NEXT;

    while (result == STEP_NEXT && request->step < STEPS) {
        unsigned step = request->step++;

        log_debug("request %" PRIx64 ": %s", request->id, steps[step].name);
        result = steps[step].run(request);
    }
}
