/* SPDX-License-Identifier: ISC */

#include "net/authentication.h"

#include <string.h>

#include "base/log.h"
#include "net/basic.h"
#include "net/connection.h"
#include "net/net.h"
#include "net/respond.h"
#include "net/steps.h"
#include "tls/tls.h"

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
    respond_status(request, 503);
}

static bool basic_send(struct request *request)
{
    struct net *net = request->net;
    struct basic_credentials credentials;
    bool sent = false;

    if (!request->listener->basic || !basic_decode(request->http.authorization, &credentials))
        goto out;
    if (net->auth != NULL)
        channel_send(net->auth, auth_basic, .exchange = request->id, .address = request->http.peer,
                     .tls = tls_version_and_cipher(request->http.transport),
                     .user = credentials.user, .password = credentials.password);
    sent = true;
out:
    basic_wipe(&credentials);
    return sent;
}

/* The certificates are those of the handshake; the header only says that they are meant. */
static bool certificate_send(struct request *request)
{
    struct net *net = request->net;
    unsigned char chain[LIMIT_CERTIFICATES];
    size_t length = request->listener->certificates
                        ? tls_peer_chain(request->http.transport, chain, sizeof(chain))
                        : 0;

    if (length > 0 && net->auth != NULL)
        channel_send(net->auth, auth_certificate, .exchange = request->id,
                     .address = request->http.peer,
                     .tls = tls_version_and_cipher(request->http.transport),
                     .listener = request->listener->number,
                     .chain = {.data = chain, .length = (uint32_t)length});
    return length > 0;
}

/* Without a channel the request waits for the next one. */
static bool authentication_send(struct request *request)
{
    if (strcmp(request->http.authorization, AUTHENTICATION_CERTIFICATE) == 0)
        return certificate_send(request);
    return basic_send(request);
}

bool authentication_ask(struct request *request)
{
    struct net *net = request->net;

    if (request->listener == NULL || !authentication_send(request))
        return false;
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

void authentication_opened(struct net *net, const struct message_session_opened *opened)
{
    struct request *request = request_find_in(net, opened->exchange, REQUEST_AUTHENTICATING);
    struct session_proof proof;

    if (request == NULL) {
        channel_send(net->broker, session_closed, .session = opened->session);
        return;
    }
    proof = session_proof_make(&net->keys, request->http.authorization);
    connection_take_session(request->connection, session_ref_new(opened, &proof));
    loop_timer_stop(net->loop, &request->timer);
    request->state = REQUEST_STARTED;
    http_server_authenticated(net->server, request->http.handle, true);
    steps_run(request);
}

static void authentication_refused(struct channel *channel, const union message_body *body)
{
    struct request *request = request_find_in(channel_owner(channel), body->auth_refused.exchange,
                                              REQUEST_AUTHENTICATING);

    if (request != NULL)
        respond_unauthorized(request);
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

static void authentication_again(struct request *request)
{
    authentication_send(request);
}

void authentication_channel(struct net *net, int fd)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_refused] = authentication_refused,
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
