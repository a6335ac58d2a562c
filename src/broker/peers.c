/* SPDX-License-Identifier: ISC */

#include "broker/peers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/auth_task.h"
#include "broker/broker.h"
#include "broker/gss.h"
#include "broker/identities.h"
#include "broker/introduce.h"
#include "broker/lookup.h"
#include "broker/net_task.h"
#include "broker/operation.h"
#include "broker/pam.h"
#include "broker/reload.h"
#include "broker/session.h"
#include "broker/shell.h"

enum {
    RESTART_PAUSE = 50,
    START_PAUSE = 1000, /* after it could not be started */
    DRAIN_TIME =
        75000,       /* an operation may take the 60 s of MaxTimeoutms, and its answer some more */
    STOP_TIME = 2000 /* when the service stops */
};

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
        replace(broker, replacement->role, replacement->restarts, START_PAUSE);
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

static bool net_start(struct broker *broker, uint32_t restarts)
{
    struct child *net =
        child_start(broker, PROCESS_net, "winrmd-net", NULL,
                    identity_of_role(broker, broker->configuration, PROCESS_net, NULL),
                    &net_task_events, net_gone);

    if (net == NULL)
        return false;
    net->number = (uint32_t)broker_next_id(broker);
    net->restarts = restarts;
    net_task_tell(net);
    return true;
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
    struct child *auth =
        child_start(broker, PROCESS_auth, "winrmd-auth", NULL,
                    identity_of_role(broker, broker->configuration, PROCESS_auth, NULL),
                    &auth_task_events, auth_gone);

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
            replace(broker, PROCESS_net, 0, START_PAUSE);
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
        replace(broker, PROCESS_auth, 0, START_PAUSE);
    pam_update(broker);
    gss_update(broker);
    nets_adjust(broker);
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
        net_task_update(net, old);
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
    introduce_forget(broker);
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
