/* SPDX-License-Identifier: ISC */

#include "net/broker_channel.h"

#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "ipc/log_level.h"
#include "net/authentication.h"
#include "net/connection.h"
#include "net/descriptors.h"
#include "net/host_channel.h"
#include "net/net.h"
#include "net/respond.h"
#include "net/serve.h"
#include "net/steps.h"

static struct net *net_of(struct channel *channel)
{
    return channel_owner(channel);
}

/* ---- what to serve ---- */

static void on_net_start(struct channel *channel, const union message_body *body)
{
    struct net *net = net_of(channel);
    struct site *site = &net->site;
    const struct message_net_start *told = &body->net_start;

    if (site->machine == NULL)
        site->machine = mem_text(told->machine);
    site->connections = descriptors_for(told->connections);
    site->guest_connections = told->guest_connections;
    site->address_connections = told->address_connections;
    site->request_time = told->request_time;
    if (net->server != NULL)
        serve_update(net);
}

static void on_net_listener(struct channel *channel, const union message_body *body)
{
    struct net *net = net_of(channel);
    struct listener *listener = site_put_listener(&net->site, &body->net_listener);

    if (listener == NULL || !encryption_use(&net->encryption, listener, &body->net_listener) ||
        (net->server != NULL && !serve_listen(net, listener)))
        log_error("listener %u can not be used", body->net_listener.listener);
    encryption_forget(&net->encryption);
}

static void on_net_file(struct channel *channel, const union message_body *body)
{
    encryption_take(&net_of(channel)->encryption, &body->net_file);
}

static void on_net_listener_end(struct channel *channel, const union message_body *body)
{
    serve_unlisten(net_of(channel), body->net_listener_end.listener);
}

static void on_net_mechanisms(struct channel *channel, const union message_body *body)
{
    struct site *site = &net_of(channel)->site;

    site->kerberos = body->net_mechanisms.kerberos;
    site->ntlm = body->net_mechanisms.ntlm;
}

static void on_net_application(struct channel *channel, const union message_body *body)
{
    struct net *net = net_of(channel);

    if (!site_put_application(&net->site, &body->net_application))
        log_error("application %u can not be used", body->net_application.application);
    else if (net->server != NULL)
        serve_update(net);
}

static void on_net_application_end(struct channel *channel, const union message_body *body)
{
    site_remove_application(&net_of(channel)->site, body->net_application_end.application);
}

static void on_net_settle(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_send(channel, net_settled);
}

static void on_net_drain(struct channel *channel, const union message_body *body)
{
    serve_drain(net_of(channel), body->net_drain.at_once);
}

static void on_net_auth(struct channel *channel, const union message_body *body)
{
    if (body->net_auth.channel >= CHANNEL_FD)
        authentication_channel(net_of(channel), body->net_auth.channel);
    else
        channel_send(channel, channel_lost);
}

static void on_net_go(struct channel *channel, const union message_body *body)
{
    (void)body;
    if (!serve_start(net_of(channel))) {
        log_error("can not accept connections");
        net_of(channel)->failed = true;
        loop_stop(net_of(channel)->loop);
        return;
    }
    channel_set_state(channel, CHANNEL_serving);
    channel_send(channel, net_ready);
}

/* ---- answers ---- */

static void on_session_opened(struct channel *channel, const union message_body *body)
{
    authentication_opened(net_of(channel), &body->session_opened);
}

static void on_session_denied(struct channel *channel, const union message_body *body)
{
    authentication_denied(net_of(channel), body->auth_refused.exchange);
}

static void on_session_revoked(struct channel *channel, const union message_body *body)
{
    connection_revoke_session(net_of(channel), body->session_revoked.session);
}

static void on_operation_refused(struct channel *channel, const union message_body *body)
{
    struct request *request =
        request_find_in(net_of(channel), body->operation_refused.request, REQUEST_ASKED);

    if (request != NULL)
        respond_refused(request, &body->operation_refused);
}

/*
 * The request that asked for this operation, which is written down as due for operation_written. A
 * request that is unknown can only be a mistake of ours; the broker is told that it is over.
 */
static struct request *asked_for(struct net *net, uint64_t id, uint64_t operation)
{
    struct request *request = request_find_in(net, id, REQUEST_ASKED);

    if (request == NULL)
        channel_send(net->broker, operation_written, .operation = operation);
    else
        request->operation = operation;
    return request;
}

static void on_operation_granted(struct channel *channel, const union message_body *body)
{
    const struct message_operation_granted *granted = &body->operation_granted;
    struct net *net = net_of(channel);
    struct request *request = asked_for(net, granted->request, granted->operation);

    /* Also for a client that has left: the channel is the one for all requests to that host. */
    if (host_channel_find(net, granted->host, granted->channel) == NULL)
        channel_send(channel, channel_lost, .host = granted->host);
    if (request == NULL)
        return;
    if (request->connection == NULL) {
        request_end(request, false);
        return;
    }
    connection_used_by_shell(request->connection, granted->idle_timeout);
    request->state = REQUEST_STARTED;
    request->grant = (struct grant){.host = granted->host,
                                    .sequence = granted->sequence,
                                    .ticket = granted->ticket,
                                    .command_id = arena_text(&request->arena, granted->command_id)};
    steps_run(request);
}

static void on_operation_ended(struct channel *channel, const union message_body *body)
{
    const struct message_operation_ended *ended = &body->operation_ended;
    struct request *request = asked_for(net_of(channel), ended->request, ended->operation);

    if (request != NULL && !items_noted(request))
        respond_done(request);
}

/* An item means nothing but to the request that it is for. */
static void keep_item(struct channel *channel, uint64_t id, enum message_type type,
                      const void *message)
{
    struct request *request = request_find_in(net_of(channel), id, REQUEST_ASKED);

    if (request != NULL)
        items_keep(request, type, message);
}

static void on_shell_item(struct channel *channel, const union message_body *body)
{
    keep_item(channel, body->shell_item.request, MESSAGE_shell_item, &body->shell_item);
}

static void on_command_item(struct channel *channel, const union message_body *body)
{
    keep_item(channel, body->command_item.request, MESSAGE_command_item, &body->command_item);
}

static void on_items_end(struct channel *channel, const union message_body *body)
{
    const struct message_items_end *end = &body->items_end;
    struct request *request = asked_for(net_of(channel), end->request, end->operation);

    if (request != NULL)
        items_end(request, end);
}

static void on_shell_details(struct channel *channel, const union message_body *body)
{
    const struct message_shell_details *details = &body->shell_details;
    struct request *request = asked_for(net_of(channel), details->request, details->operation);

    if (request == NULL)
        return;
    if (request->message.operation.kind == OPERATION_shell)
        request_keep_details(request, details);
    else
        respond_shell(request, details);
}

static void on_configuration_details(struct channel *channel, const union message_body *body)
{
    const struct message_configuration_details *details = &body->configuration_details;
    struct request *request = asked_for(net_of(channel), details->request, details->operation);

    if (request != NULL)
        respond_configuration(request, details);
}

static void on_listener_item(struct channel *channel, const union message_body *body)
{
    const struct message_listener_item *listener = &body->listener_item;
    struct request *request;

    if (listener->operation == 0) {
        keep_item(channel, listener->request, MESSAGE_listener_item, listener);
        return;
    }
    request = asked_for(net_of(channel), listener->request, listener->operation);

    if (request != NULL)
        respond_listener(request, listener);
}

static void on_plugin_item(struct channel *channel, const union message_body *body)
{
    const struct message_plugin_item *plugin = &body->plugin_item;
    struct request *request;

    if (plugin->operation == 0) {
        keep_item(channel, plugin->request, MESSAGE_plugin_item, plugin);
        return;
    }
    request = asked_for(net_of(channel), plugin->request, plugin->operation);

    if (request != NULL)
        respond_plugin(request, plugin);
}

static void on_host_gone(struct channel *channel, const union message_body *body)
{
    host_channel_leaving(net_of(channel), body->host_gone.host, body->host_gone.in_order);
}

/* ---- life ---- */

/* Nothing of this process may outlive the broker, which alone decides. */
static void broker_channel_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        log_error("the broker %s", why);
    _exit(0);
}

bool broker_channel_open(struct net *net)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_net_start] = on_net_start,
        [MESSAGE_net_file] = on_net_file,
        [MESSAGE_net_listener] = on_net_listener,
        [MESSAGE_net_listener_end] = on_net_listener_end,
        [MESSAGE_net_mechanisms] = on_net_mechanisms,
        [MESSAGE_net_application] = on_net_application,
        [MESSAGE_net_application_end] = on_net_application_end,
        [MESSAGE_net_settle] = on_net_settle,
        [MESSAGE_net_drain] = on_net_drain,
        [MESSAGE_net_auth] = on_net_auth,
        [MESSAGE_net_go] = on_net_go,
        [MESSAGE_session_opened] = on_session_opened,
        [MESSAGE_session_revoked] = on_session_revoked,
        [MESSAGE_auth_refused] = on_session_denied,
        [MESSAGE_operation_refused] = on_operation_refused,
        [MESSAGE_operation_granted] = on_operation_granted,
        [MESSAGE_operation_ended] = on_operation_ended,
        [MESSAGE_shell_details] = on_shell_details,
        [MESSAGE_shell_item] = on_shell_item,
        [MESSAGE_command_item] = on_command_item,
        [MESSAGE_items_end] = on_items_end,
        [MESSAGE_host_gone] = on_host_gone,
        [MESSAGE_configuration_details] = on_configuration_details,
        [MESSAGE_listener_item] = on_listener_item,
        [MESSAGE_plugin_item] = on_plugin_item,
        [MESSAGE_log_level] = log_level_take,
    };
    static const struct channel_events events = {handlers, broker_channel_ended};

    net->broker = channel_new(net->loop, CHANNEL_FD, PROCESS_net, PROCESS_broker, &events, net);
    return net->broker != NULL;
}
