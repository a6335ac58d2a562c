/* SPDX-License-Identifier: ISC */

#include "broker/peers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/session.h"
#include "broker/shell.h"

enum { BACKLOG = 1024, RESTART_PAUSE = 50 };

/* ---- listeners ---- */

static socklen_t listener_address(const struct listener *listener, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

    memset(address, 0, sizeof(*address));
    if (inet_pton(AF_INET, listener->address, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(listener->port);
        return sizeof(*v4);
    }
    if (inet_pton(AF_INET6, listener->address, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(listener->port);
        return sizeof(*v6);
    }
    return 0;
}

static bool listener_bind(struct listener *listener)
{
    struct sockaddr_storage address;
    socklen_t length = listener_address(listener, &address);
    int on = 1;
    int fd =
        length == 0 ? -1 : socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, (struct sockaddr *)&address, length) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        log_error("listener \"%s\" cannot listen on %s port %u (%s); is another program using it?",
                  listener->name, listener->address, listener->port,
                  length == 0 ? "not an address" : strerror(errno));
        if (fd >= 0)
            close(fd);
        return false;
    }
    listener->socket = fd;
    if (address.ss_family == AF_INET) {
        listener->port = ntohs(((struct sockaddr_in *)&address)->sin_port);
        listener->url = mem_printf("http://%s:%u", listener->address, listener->port);
    } else {
        listener->port = ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
        listener->url = mem_printf("http://[%s]:%u", listener->address, listener->port);
    }
    return true;
}

bool peers_listen(struct broker *broker)
{
    struct configuration *configuration = broker->configuration;

    for (size_t i = 0; i < configuration->listener_count; i++)
        if (!listener_bind(&configuration->listeners[i]))
            return false;
    return true;
}

/* ---- introducing winrmd-net to winrmd-auth ---- */

static void introduce(struct broker *broker, struct child *net)
{
    int pair[2];

    if (broker->auth == NULL || broker->auth->channel == NULL || !broker->auth->ready ||
        net->channel == NULL || !channel_pair(pair))
        return;
    channel_send(broker->auth->channel, auth_net, .net = net->number, .channel = pair[0]);
    channel_send(net->channel, net_auth, .channel = pair[1]);
}

static void introduce_all(struct broker *broker)
{
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net)
            introduce(broker, process);
    }
}

/* ---- starting again ---- */

struct replacement {
    struct list link; /* in broker.replacements */
    struct loop_timer timer;
    struct broker *broker;
    enum process role;
    uint32_t restarts;
};

static bool net_start(struct broker *broker, uint32_t restarts);
static bool auth_start(struct broker *broker, uint32_t restarts);

static void replace(struct broker *broker, enum process role, uint32_t restarts, uint64_t pause);

static void replacement_expired(struct loop_timer *timer)
{
    struct replacement *replacement = container_of(timer, struct replacement, timer);
    struct broker *broker = replacement->broker;

    if (!broker->stopping &&
        !(replacement->role == PROCESS_net ? net_start(broker, replacement->restarts)
                                           : auth_start(broker, replacement->restarts)))
        replace(broker, replacement->role, replacement->restarts, 1000);
    list_remove(&replacement->link);
    free(replacement);
}

static void replace(struct broker *broker, enum process role, uint32_t restarts, uint64_t pause)
{
    struct replacement *replacement = mem_alloc(sizeof(*replacement));

    replacement->broker = broker;
    replacement->role = role;
    replacement->restarts = restarts;
    replacement->timer.expired = replacement_expired;
    list_append(&broker->replacements, &replacement->link);
    loop_timer_start(broker->loop, &replacement->timer, pause);
}

/* ---- winrmd-net ---- */

static void handle_net_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    child_of(channel)->ready = true;
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
    operation_written(child_of(channel), body->operation_written.operation);
}

static void net_gone(struct child *process, bool crashed)
{
    struct broker *broker = process->broker;

    (void)crashed;
    operation_net_gone(process);
    session_close_all(broker, process);
    shell_net_gone(broker, process->number);
    if (!broker->stopping)
        replace(broker, PROCESS_net, process->restarts + 1, RESTART_PAUSE);
}

static void net_tell_task(struct child *net)
{
    struct broker *broker = net->broker;
    const struct configuration *configuration = broker->configuration;

    channel_send(net->channel, net_start, .net = net->number, .machine = broker->machine);
    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *listener = &configuration->listeners[i];

        channel_send(net->channel, net_listener, .listener = (uint32_t)i, .url = listener->url,
                     .basic = listener->basic, .header_limit = listener->header_limit,
                     .socket = fcntl(listener->socket, F_DUPFD_CLOEXEC, CHANNEL_FD));
    }
    for (size_t i = 0; i < configuration->application_count; i++) {
        const struct application *application = configuration->applications[i];

        channel_send(net->channel, net_application, .application = application->number,
                     .path = application->path, .max_envelope = application->max_envelope,
                     .max_operation_time = application->max_operation_time);
    }
    introduce(broker, net);
    channel_send(net->channel, net_go);
}

static bool net_start(struct broker *broker, uint32_t restarts)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_net_ready] = handle_net_ready,
        [MESSAGE_session_closed] = handle_session_closed,
        [MESSAGE_operation] = handle_operation,
        [MESSAGE_operation_cancel] = handle_cancel,
        [MESSAGE_operation_written] = handle_written,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *net = child_start(broker, PROCESS_net, "winrmd-net", NULL, &events, net_gone);

    if (net == NULL)
        return false;
    net->number = (uint32_t)broker_next_id(broker);
    net->restarts = restarts;
    net_tell_task(net);
    return true;
}

/* ---- winrmd-auth ---- */

static void handle_auth_ready(struct channel *channel, const union message_body *body)
{
    struct child *auth = child_of(channel);

    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    auth->ready = true;
    introduce_all(auth->broker);
    broker_check_ready(auth->broker);
}

static void handle_identity(struct channel *channel, const union message_body *body)
{
    session_open(child_of(channel)->broker, &body->auth_identity);
}

static void handle_failure(struct channel *channel, const union message_body *body)
{
    session_refused(child_of(channel)->broker, &body->auth_failure);
}

static void auth_gone(struct child *process, bool crashed)
{
    struct broker *broker = process->broker;

    (void)crashed;
    if (broker->auth == process)
        broker->auth = NULL;
    if (!broker->stopping)
        replace(broker, PROCESS_auth, process->restarts + 1, RESTART_PAUSE);
}

static bool auth_start(struct broker *broker, uint32_t restarts)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_ready] = handle_auth_ready,
        [MESSAGE_auth_identity] = handle_identity,
        [MESSAGE_auth_failure] = handle_failure,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *auth = child_start(broker, PROCESS_auth, "winrmd-auth", NULL, &events, auth_gone);

    if (auth == NULL)
        return false;
    auth->restarts = restarts;
    broker->auth = auth;
    channel_send(auth->channel, auth_start, .users = broker->configuration->users);
    return true;
}

void peers_start(struct broker *broker)
{
    uint32_t count = broker->configuration->net_processes;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (count == 0)
        count = cores > 0 ? (uint32_t)cores : 1;
    if (!auth_start(broker, 0))
        replace(broker, PROCESS_auth, 0, 1000);
    for (uint32_t i = 0; i < count; i++)
        if (!net_start(broker, 0))
            replace(broker, PROCESS_net, 0, 1000);
}

void peers_forget(struct broker *broker)
{
    list_each(link, &broker->replacements) {
        struct replacement *replacement = container_of(link, struct replacement, link);

        loop_timer_stop(broker->loop, &replacement->timer);
        list_remove(&replacement->link);
        free(replacement);
    }
}

bool peers_ready(const struct broker *broker)
{
    size_t nets = 0;

    if (broker->auth == NULL || !broker->auth->ready)
        return false;
    list_each(link, (struct list *)(uintptr_t)&broker->processes) {
        const struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && !process->ready)
            return false;
        nets += process->role == PROCESS_net ? 1 : 0;
    }
    return nets > 0;
}
