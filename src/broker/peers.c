/* SPDX-License-Identifier: ISC */

#include "broker/peers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/shortage.h"
#include "broker/administer.h"
#include "broker/auth_task.h"
#include "broker/broker.h"
#include "broker/gss.h"
#include "broker/identities.h"
#include "broker/listener.h"
#include "broker/lookup.h"
#include "broker/operation.h"
#include "broker/pam.h"
#include "broker/reload.h"
#include "broker/session.h"
#include "broker/shell.h"
#include "broker/shell_host.h"

enum {
    RESTART_PAUSE = 50,
    SHORTAGE_PAUSE = 1000, /* before something is tried again that found no descriptor */
    DRAIN_TIME =
        75000,       /* an operation may take the 60 s of MaxTimeoutms, and its answer some more */
    STOP_TIME = 2000 /* when the service stops */
};

/* ---- introducing winrmd-net to winrmd-auth ---- */

static void introduce(struct broker *broker, struct child *net);

static void introduction_expired(struct loop_timer *timer)
{
    struct broker *broker = container_of(timer, struct broker, introduction);

    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && process->alone)
            introduce(broker, process);
    }
    gss_introduce_again(broker);
}

void introduce_later(struct broker *broker)
{
    if (broker->introduction.position > 0 || broker->stopping)
        return;
    broker->introduction.expired = introduction_expired;
    loop_timer_start(broker->loop, &broker->introduction, SHORTAGE_PAUSE);
}

static void introduce(struct broker *broker, struct child *net)
{
    int pair[2];

    net->alone = true;
    if (broker->auth == NULL || broker->auth->channel == NULL || !broker->auth->ready ||
        net->channel == NULL)
        return;
    if (!channel_pair(pair)) {
        log_error("winrmd-net[%d] cannot be introduced to winrmd-auth (%s)", (int)net->pid,
                  shortage_text(errno));
        introduce_later(broker);
        return;
    }
    net->alone = false;
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

    list_remove(&replacement->link);
    if (!broker->stopping &&
        !(replacement->role == PROCESS_net ? net_start(broker, replacement->restarts)
                                           : auth_start(broker, replacement->restarts)))
        replace(broker, replacement->role, replacement->restarts, 1000);
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

static void net_gone(struct child *process, bool crashed)
{
    struct broker *broker = process->broker;

    (void)crashed;
    operation_net_gone(process);
    session_close_all(broker, process);
    shell_net_gone(broker, process->number);
    process->settling = 0;
    reload_settled(broker);
    if (!broker->stopping && !process->expected_end)
        replace(broker, PROCESS_net, process->restarts + 1, RESTART_PAUSE);
}

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

static void net_tell_task(struct child *net)
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
    introduce(broker, net);
    channel_send(net->channel, net_go);
}

static bool net_start(struct broker *broker, uint32_t restarts)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_net_ready] = handle_net_ready,
        [MESSAGE_net_settled] = handle_net_settled,
        [MESSAGE_session_closed] = handle_session_closed,
        [MESSAGE_operation] = handle_operation,
        [MESSAGE_operation_cancel] = handle_cancel,
        [MESSAGE_operation_written] = handle_written,
        [MESSAGE_items_fit] = handle_items_fit,
        [MESSAGE_channel_lost] = handle_channel_lost,
        [MESSAGE_host_broke] = handle_host_broke,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *net = child_start(
        broker, PROCESS_net, "winrmd-net", NULL,
        identity_of_role(broker, broker->configuration, PROCESS_net, NULL), &events, net_gone);

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
    if (auth->ready) {
        auth->settling = 0;
        reload_settled(auth->broker);
        return;
    }
    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(auth);
    gss_introduce(auth->broker);
    introduce_all(auth->broker);
    broker_check_ready(auth->broker);
}

static void handle_forgotten(struct channel *channel, const union message_body *body)
{
    administer_forgotten(child_of(channel)->broker, &body->auth_forgotten);
}

static void handle_bound(struct channel *channel, const union message_body *body)
{
    auth_task_bound(child_of(channel)->broker, &body->auth_bound);
}

static void handle_identity(struct channel *channel, const union message_body *body)
{
    session_open(child_of(channel)->broker, &body->auth_identity);
}

static void handle_failure(struct channel *channel, const union message_body *body)
{
    session_refused(child_of(channel)->broker, &body->auth_failure);
}

static void handle_pam_ask(struct channel *channel, const union message_body *body)
{
    pam_ask(child_of(channel)->broker, &body->pam_ask);
}

static void handle_revoked(struct channel *channel, const union message_body *body)
{
    session_revoke(child_of(channel)->broker, &body->auth_revoked);
}

static void auth_gone(struct child *process, bool crashed)
{
    struct broker *broker = process->broker;

    (void)crashed;
    if (broker->auth == process)
        broker->auth = NULL;
    pam_auth_gone(broker);
    process->settling = 0;
    reload_settled(broker);
    if (!broker->stopping)
        replace(broker, PROCESS_auth, process->restarts + 1, RESTART_PAUSE);
}

static bool auth_start(struct broker *broker, uint32_t restarts)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_ready] = handle_auth_ready,    [MESSAGE_auth_bound] = handle_bound,
        [MESSAGE_auth_forgotten] = handle_forgotten, [MESSAGE_auth_identity] = handle_identity,
        [MESSAGE_auth_failure] = handle_failure,     [MESSAGE_auth_revoked] = handle_revoked,
        [MESSAGE_pam_ask] = handle_pam_ask,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *auth = child_start(
        broker, PROCESS_auth, "winrmd-auth", NULL,
        identity_of_role(broker, broker->configuration, PROCESS_auth, NULL), &events, auth_gone);

    if (auth == NULL)
        return false;
    auth->restarts = restarts;
    broker->auth = auth;
    auth_task_tell(auth);
    return true;
}

/* ---- all of them ---- */

static uint32_t nets_wanted(const struct broker *broker)
{
    uint32_t count = broker->configuration->net_processes;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (count == 0)
        count = cores > 0 ? (uint32_t)cores : 1;
    return count;
}

/* One that serves; a winrmd-net that drains does not count any more. */
static struct child *next_net(struct broker *broker, const struct child *after)
{
    struct list *link = after != NULL ? after->link.next : broker->processes.next;

    for (; link != &broker->processes; link = link->next) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && !process->expected_end && process->channel != NULL)
            return process;
    }
    return NULL;
}

static uint32_t nets_running(struct broker *broker)
{
    uint32_t count = 0;

    for (struct child *net = next_net(broker, NULL); net != NULL; net = next_net(broker, net))
        count++;
    list_each(link, &broker->replacements)
        count += container_of(link, struct replacement, link)->role == PROCESS_net ? 1 : 0;
    return count;
}

static void net_drain(struct child *net, bool at_once)
{
    channel_send(net->channel, net_drain, .at_once = at_once);
    net->expected_end = true;
}

/* Starts or drains winrmd-nets until there are as many as configured. */
static void nets_adjust(struct broker *broker)
{
    uint32_t wanted = nets_wanted(broker);
    uint32_t running = nets_running(broker);

    for (; running < wanted; running++)
        if (!net_start(broker, 0))
            replace(broker, PROCESS_net, 0, 1000);
    for (; running > wanted; running--) {
        struct child *net = next_net(broker, NULL);

        if (net == NULL)
            return;
        net_drain(net, false);
        child_end_within(net, DRAIN_TIME);
    }
}

void peers_start(struct broker *broker)
{
    if (!auth_start(broker, 0))
        replace(broker, PROCESS_auth, 0, 1000);
    pam_update(broker);
    gss_update(broker);
    nets_adjust(broker);
}

static void net_update(struct child *net, const struct configuration *old)
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

/* Was PAM asked, and is now not, or as another service? */
static bool pam_changed(const struct configuration *fresh, const struct configuration *old)
{
    return old->pam_service != NULL &&
           (fresh->pam_service == NULL || strcmp(fresh->pam_service, old->pam_service) != 0);
}

void peers_update(struct broker *broker, const struct configuration *old)
{
    if (pam_changed(broker->configuration, old))
        session_revoke_looked_up(broker);
    for (struct child *net = next_net(broker, NULL); net != NULL; net = next_net(broker, net))
        net_update(net, old);
    if (broker->auth != NULL && broker->auth->ready)
        auth_task_update(broker->auth, old);
    pam_update(broker);
    gss_update(broker);
    nets_adjust(broker);
}

bool peers_settled(const struct broker *broker)
{
    list_each(link, (struct list *)(uintptr_t)&broker->processes)
        if (container_of(link, struct child, link)->settling)
            return false;
    return true;
}

void peers_drain(struct broker *broker)
{
    for (struct child *net = next_net(broker, NULL); net != NULL; net = next_net(broker, net))
        net_drain(net, true);
}

bool peers_drained(struct broker *broker)
{
    bool drained = true;

    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role != PROCESS_net || process->channel == NULL)
            continue;
        drained = false;
        if (process->kill_timer.position == 0)
            child_end_within(process, STOP_TIME);
    }
    return drained;
}

void peers_forget(struct broker *broker)
{
    lookup_forget_all(broker);
    pam_forget(broker);
    gss_forget(broker);
    loop_timer_stop(broker->loop, &broker->introduction);
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

    if (broker->auth == NULL || !broker->auth->ready || !gss_settled(broker))
        return false;
    list_each(link, (struct list *)(uintptr_t)&broker->processes) {
        const struct child *process = container_of(link, struct child, link);

        if (process->role != PROCESS_net || process->expected_end)
            continue;
        if (!process->ready || process->settling > 0)
            return false;
        nets++;
    }
    return nets > 0;
}
