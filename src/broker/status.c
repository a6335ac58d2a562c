/* SPDX-License-Identifier: ISC */

#include "broker/status.h"

#include <unistd.h>

#include "broker/authz_host.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "confine/landlock.h"

static void send_processes(struct broker *broker, struct channel *channel)
{
    channel_send(channel, status_process, .name = process_name(PROCESS_broker),
                 .process = (uint32_t)getpid(), .state = broker->stopping ? "stopping" : "serving");
    list_each(link, &broker->processes) {
        const struct child *process = container_of(link, struct child, link);

        if (process->pid < 0)
            continue;
        channel_send(channel, status_process, .name = process_name(process->role),
                     .process = (uint32_t)process->pid, .restarts = process->restarts,
                     .state = process->expected_end ? "stopping"
                              : process->ready      ? "serving"
                                                    : "starting",
                     .application = process->settings != NULL ? process->settings->path : NULL);
    }
}

static void send_listeners(const struct broker *broker, struct channel *channel)
{
    const struct configuration *configuration = broker->configuration;

    for (size_t i = 0; i < configuration->listener_count; i++) {
        const struct listener *listener = &configuration->listeners[i];

        channel_send(channel, status_listener, .name = listener->name, .url = listener->url,
                     .channel_binding = listener->binding != NULL ? listener->binding : "");
    }
}

static const char *authz_state_name(const struct application *application)
{
    const struct authz_state *state = &application->authz;

    if (application->removed)
        return "removed";
    if (application->settings->authorizer == NULL)
        return "no authorization plug-in";
    if (state->failure != NULL)
        return "failed";
    if (state->quarantined)
        return "quarantined";
    return state->host != NULL && state->host->started ? "serving" : "starting";
}

static void send_plugins(const struct application *application, struct channel *channel)
{
    const struct application_settings *settings = application->settings;

    for (size_t i = 0; i < settings->plugin_count; i++) {
        const char *name = settings->plugins[i].name;
        struct quota_plugin_use use = quota_plugin_use(application, name);

        if (!settings->plugins[i].authorization)
            channel_send(channel, status_plugin, .application = settings->path, .name = name,
                         .shells = use.shells, .operations = use.operations, .users = use.users);
    }
}

static void send_record(void *value, void *context)
{
    const struct record *record = value;
    uint64_t now = loop_now(record->application->broker->loop);

    channel_send(
        (struct channel *)context, status_record,
        .application = record->application->settings->path, .user = record->name,
        .mechanism = record->mechanism,
        .account = record->token != NULL ? record->token->account : NULL,
        .state = record_state_name(record), .administrator = record->administrator,
        .shells = quota_shells(record->account), .operations = quota_operations(record->account),
        .slot_messages = quota_slot_messages(record->account), .idle = now - record->used_at);
}

static void send_shell(void *value, void *context)
{
    const struct shell *shell = value;
    const struct child *host = shell->host;
    uint64_t now = loop_now(shell->broker->loop);
    uint32_t commands = 0;

    list_each(link, &((struct shell *)value)->commands)
        commands++;
    channel_send((struct channel *)context, status_shell,
                 .application = shell->operation->application->settings->path,
                 .shell_id = shell->id, .owner = shell->operation->caller.name,
                 .account = shell->operation->record->token->account,
                 .process = host != NULL && host->pid > 0 ? (uint32_t)host->pid : 0,
                 .commands = commands, .idle = shell->outstanding > 0 ? 0 : now - shell->used_at,
                 .age = now - shell->created_at, .state = shell_client_name(shell));
}

static void send_counters(const struct broker *broker, struct channel *channel)
{
    static const char *const names[COUNTERS] = {
#define C(name) [COUNTER_##name] = #name,
        COUNTER_TABLE(C)
#undef C
    };

    for (size_t i = 0; i < COUNTERS; i++)
        channel_send(channel, status_counter, .name = names[i],
                     .value = i == COUNTER_audit_failures ? audit_failures(broker->audit)
                                                          : broker->counters[i]);
    channel_send(channel, status_counter, .name = "tokens", .value = token_count());
    channel_send(channel, status_counter, .name = "sessions", .value = broker->sessions.count);
    channel_send(channel, status_counter, .name = "operations", .value = broker->operations.count);
    channel_send(channel, status_counter, .name = "requests", .value = broker->quota.requests);
    channel_send(channel, status_counter, .name = "shell_users",
                 .value = quota_shell_users(broker));
    channel_send(channel, status_counter, .name = "calls", .value = broker->calls.count);
    channel_send(channel, status_counter, .name = "enumerations",
                 .value = broker->enumerations.count);
}

static void send_mode(const struct broker *broker, struct channel *channel)
{
    channel_send(channel, status_mode, .root = broker->root,
                 .limits = broker->cgroup_limits ? "cgroup" : "rlimits", .cgroup = broker->cgroup,
                 .landlock = (uint32_t)landlock_version());
}

void status_send(struct broker *broker, struct channel *channel)
{
    send_processes(broker, channel);
    send_listeners(broker, channel);
    for (size_t i = 0; i < broker->application_count; i++) {
        struct application *application = broker->applications[i];

        channel_send(channel, status_application, .path = application->settings->path,
                     .plugin = application->settings->authorizer != NULL
                                   ? application->settings->authorizer->name
                                   : NULL,
                     .state = authz_state_name(application));
        if (!application->removed)
            send_plugins(application, channel);
        map_each(&application->records, send_record, channel);
    }
    map_each(&broker->shells, send_shell, channel);
    send_counters(broker, channel);
    send_mode(broker, channel);
}
