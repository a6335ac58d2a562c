/* SPDX-License-Identifier: ISC */

#include "broker/net_task.h"

#include <fcntl.h>

#include "broker/broker.h"
#include "broker/gss.h"
#include "broker/introduce.h"
#include "broker/listener.h"
#include "broker/operation.h"
#include "broker/reload.h"
#include "broker/session.h"
#include "broker/shell.h"
#include "broker/shell_host.h"

/* ---- what it is told ---- */

static void net_tell_files(struct child *net, const struct listener *listener)
{
    for (uint32_t part = 1; part < LISTENER_FILES; part++)
        if (listener->files[part] >= 0)
            channel_send(net->channel, net_file, .listener = listener->number, .part = part,
                         .file = fcntl(listener->files[part], F_DUPFD_CLOEXEC, CHANNEL_FD));
}

static void net_tell_listener(struct child *net, const struct listener *listener, bool socket)
{
    net_tell_files(net, listener);
    channel_send(net->channel, net_listener, .listener = listener->number, .url = listener->url,
                 .methods = listener->methods, .must_seal = listener->must_seal,
                 .header_limit = listener->header_limit, .tls = listener->tls,
                 .tls_minimum = listener->tls_minimum, .ciphers = listener->ciphers,
                 .ciphersuites = listener->ciphersuites,
                 .socket = socket ? fcntl(listener->socket, F_DUPFD_CLOEXEC, CHANNEL_FD) : -1);
}

static void net_tell_application(struct child *net, const struct application *application)
{
    channel_send(net->channel, net_application, .application = application->number,
                 .path = application->settings->path,
                 .max_envelope = application->settings->max_envelope,
                 .max_operation_time = application->settings->max_operation_time);
}

static void net_tell_service(struct child *net)
{
    const struct configuration *configuration = net->broker->configuration;

    channel_send(net->channel, net_start, .net = net->number, .machine = net->broker->machine,
                 .connections = configuration->connections,
                 .guest_connections = configuration->guest_connections,
                 .address_connections = configuration->address_connections,
                 .request_time = configuration->request_time);
}

void net_task_tell(struct child *net)
{
    struct broker *broker = net->broker;
    const struct configuration *configuration = broker->configuration;

    net_tell_service(net);
    for (size_t i = 0; i < configuration->listener_count; i++)
        net_tell_listener(net, &configuration->listeners[i], true);
    for (size_t i = 0; i < broker->application_count; i++)
        if (!broker->applications[i]->removed)
            net_tell_application(net, broker->applications[i]);
    gss_tell_net(broker, net);
    introduce_net(net);
    channel_send(net->channel, net_go);
}

void net_task_update(struct child *net, const struct configuration *old)
{
    const struct broker *broker = net->broker;
    const struct configuration *fresh = broker->configuration;

    net_tell_service(net);
    for (size_t i = 0; i < fresh->listener_count; i++) {
        const struct listener *listener = &fresh->listeners[i];
        const struct listener *known = listener_by_number(old, listener->number);

        /* Of TLS whatever is said is said anew: a certificate may have been replaced. */
        if (known == NULL || known->methods != listener->methods ||
            known->must_seal != listener->must_seal || listener->tls)
            net_tell_listener(net, listener, known == NULL);
    }
    for (size_t i = 0; i < old->listener_count; i++)
        if (listener_by_number(fresh, old->listeners[i].number) == NULL)
            channel_send(net->channel, net_listener_end, .listener = old->listeners[i].number);
    for (size_t i = 0; i < broker->application_count; i++) {
        const struct application *application = broker->applications[i];

        if (application->removed)
            channel_send(net->channel, net_application_end, .application = application->number);
        else
            net_tell_application(net, application);
    }
    net->settling += channel_send(net->channel, net_settle) ? 1 : 0;
}

/* ---- what it says ---- */

static void handle_net_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(child_of(channel));
    broker_check_ready(child_of(channel)->broker);
}

static void handle_net_settled(struct channel *channel, const union message_body *body)
{
    (void)body;
    if (child_of(channel)->settling > 0)
        child_of(channel)->settling--;
    reload_settled(child_of(channel)->broker);
    broker_check_ready(child_of(channel)->broker);
}

static void handle_session_closed(struct channel *channel, const union message_body *body)
{
    session_close(child_of(channel)->broker, child_of(channel), body->session_closed.session);
}

static void handle_operation(struct channel *channel, const union message_body *body)
{
    operation_begin(child_of(channel), &body->operation);
}

static void handle_cancel(struct channel *channel, const union message_body *body)
{
    operation_cancel(child_of(channel), body->operation_cancel.request);
}

static void handle_written(struct channel *channel, const union message_body *body)
{
    operation_written(child_of(channel), &body->operation_written);
}

static void handle_items_fit(struct channel *channel, const union message_body *body)
{
    operation_items_fit(child_of(channel), &body->items_fit);
}

static void handle_channel_lost(struct channel *channel, const union message_body *body)
{
    struct child *net = child_of(channel);

    if (body->channel_lost.host != 0) {
        shell_net_lost(net->broker, net->number, body->channel_lost.host);
        return;
    }
    net->alone = true;
    introduce_later(net->broker);
}

static void handle_host_broke(struct channel *channel, const union message_body *body)
{
    shell_host_broke(child_of(channel)->broker, child_of(channel)->number, body->host_broke.host,
                     body->host_broke.reason);
}

static const channel_handler handlers[MESSAGE_COUNT] = {
    [MESSAGE_net_ready] = handle_net_ready,           [MESSAGE_net_settled] = handle_net_settled,
    [MESSAGE_session_closed] = handle_session_closed, [MESSAGE_operation] = handle_operation,
    [MESSAGE_operation_cancel] = handle_cancel,       [MESSAGE_operation_written] = handle_written,
    [MESSAGE_items_fit] = handle_items_fit,           [MESSAGE_channel_lost] = handle_channel_lost,
    [MESSAGE_host_broke] = handle_host_broke,
};

const struct channel_events net_task_events = {handlers, child_channel_ended};
