/* SPDX-License-Identifier: ISC */

#include "net/authentication.h"

#include "base/log.h"
#include "methods.h"
#include "net/basic.h"
#include "net/certificate.h"
#include "net/connection.h"
#include "net/negotiate.h"
#include "net/net.h"
#include "net/respond.h"
#include "net/steps.h"

/*
 * Milliseconds that a client waits for winrmd-auth, a restart of it included: more than the wait
 * for PAM, the time PAM may take and the delay it may ask for (tables/pam_results.h) take together.
 */
enum { AUTHENTICATION_TIME = 55000 };

static void authentication_late(struct loop_timer *timer)
{
    struct request *request = container_of(timer, struct request, timer);

    log_error("winrmd-auth does not answer");
    authentication_abandon(request);
    negotiate_forget(request);
    respond_status(request, 503);
}

/*
 * The first method that the header is one of. Without a channel to winrmd-auth the request waits
 * for the next one.
 */
static bool authentication_send(struct request *request)
{
    /* Asks winrmd-auth; false: the header is not this method's, or lacks what the method needs. */
    static bool (*const methods[METHOD_COUNT])(struct request * request) = {
        [METHOD_negotiate] = negotiate_ask,
        [METHOD_basic] = basic_ask,
        [METHOD_certificate] = certificate_ask,
    };

    for (unsigned i = 0; i < METHOD_COUNT; i++)
        if ((request->listener->methods & (1u << i)) != 0 && methods[i] != NULL &&
            methods[i](request)) {
            request->method = (enum method)i;
            return true;
        }
    return false;
}

bool authentication_ask(struct request *request)
{
    struct net *net = request->net;

    if (request->listener == NULL || !authentication_send(request))
        return false;
    if (request->method != METHOD_negotiate)
        negotiate_end_legs(request->connection);
    request->state = REQUEST_AUTHENTICATING;
    request->timer.expired = authentication_late;
    loop_timer_start(net->loop, &request->timer, AUTHENTICATION_TIME);
    return true;
}

void authentication_abandon(struct request *request)
{
    if (request->net->auth != NULL)
        channel_send(request->net->auth, auth_abandon, .exchange = request->id);
}

void authentication_admit(struct request *request, const struct message_session_opened *opened)
{
    struct net *net = request->net;
    struct session_proof proof;
    bool repeated = request->method != METHOD_negotiate;

    if (repeated)
        proof = session_proof_make(&net->keys, request->http.authorization);
    connection_take_session(request->connection,
                            session_ref_new(opened, repeated ? &proof : NULL, request->method));
    loop_timer_stop(net->loop, &request->timer);
    request->state = REQUEST_STARTED;
    http_server_authenticated(net->server, request->http.handle, true);
    steps_run(request);
}

void authentication_opened(struct net *net, const struct message_session_opened *opened)
{
    struct request *request = request_find_in(net, opened->exchange, REQUEST_AUTHENTICATING);

    if (request == NULL)
        channel_send(net->broker, session_closed, .session = opened->session);
    else if (request->method == METHOD_negotiate)
        negotiate_opened(request, opened);
    else
        authentication_admit(request, opened);
}

void authentication_denied(struct net *net, uint64_t exchange)
{
    struct request *request = request_find_in(net, exchange, REQUEST_AUTHENTICATING);

    if (request == NULL)
        return;
    if (request->method == METHOD_negotiate)
        negotiate_forget(request);
    request->connection->half_open = false;
    respond_unauthorized(request);
}

static void authentication_refused(struct channel *channel, const union message_body *body)
{
    struct request *request = request_find_in(channel_owner(channel), body->auth_refused.exchange,
                                              REQUEST_AUTHENTICATING);

    if (request == NULL)
        return;
    request->connection->half_open = false;
    respond_unauthorized(request);
}

/* The request that shows winrmd-auth the tokens of a login; NULL: its client has left. */
static struct request *find_leg(struct channel *channel, uint64_t exchange)
{
    struct request *request =
        request_find_in(channel_owner(channel), exchange, REQUEST_AUTHENTICATING);

    return request != NULL && request->method == METHOD_negotiate ? request : NULL;
}

static void authentication_continue(struct channel *channel, const union message_body *body)
{
    struct request *request = find_leg(channel, body->auth_continue.exchange);

    if (request != NULL)
        negotiate_continue(request, &body->auth_continue);
}

static void authentication_context(struct channel *channel, const union message_body *body)
{
    struct request *request = find_leg(channel, body->auth_context.exchange);

    if (request != NULL)
        negotiate_accept(request, &body->auth_context);
}

static void authentication_ended(struct channel *channel, bool fault, const char *why)
{
    struct net *net = channel_owner(channel);

    if (fault)
        log_error("winrmd-auth %s", why);
    if (net->auth == channel)
        net->auth = NULL;
    channel_free(channel);
}

/* What was offered when it was asked may not be any more. */
static void authentication_again(struct request *request)
{
    if (!authentication_send(request))
        respond_unauthorized(request);
}

void authentication_channel(struct net *net, int fd)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_refused] = authentication_refused,
        [MESSAGE_auth_continue] = authentication_continue,
        [MESSAGE_auth_context] = authentication_context,
    };
    static const struct channel_events events = {handlers, authentication_ended};
    struct channel *old = net->auth;

    net->auth = channel_new(net->loop, fd, PROCESS_net, PROCESS_auth, &events, net);
    channel_free(old);
    if (net->auth == NULL)
        return;
    channel_set_state(net->auth, CHANNEL_serving);
    request_each(net, REQUEST_AUTHENTICATING, authentication_again);
}
