/* SPDX-License-Identifier: ISC */

#include "broker/shell.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell_host.h"
#include "faults.h"

enum {
    IDLE_MINIMUM = 60000, /* MS-WSMV 3.1.4.1.31: shorter idle time-outs are refused */
    BEGIN_PATIENCE = 2000
};

/* ---- looking up ---- */

/* Ids are compared without regard to case; the application's own path separates them. */
static char *shell_key(const struct application *application, const char *id, size_t *length)
{
    char *key = mem_printf("%u %s", application->number, id);

    *length = strlen(key);
    for (size_t i = 0; i < *length; i++)
        key[i] = (char)toupper((unsigned char)key[i]);
    return key;
}

static struct shell *shell_by_id(const struct application *application, const char *id)
{
    size_t length;
    char *key = shell_key(application, id, &length);
    struct shell *shell = map_get(&application->broker->shells, key, length);

    free(key);
    return shell;
}

bool shell_is_visible(const struct shell *shell, const struct operation *operation, bool any_owner)
{
    const struct operation *made = shell->operation;

    if (shell->state == SHELL_ending || shell->state == SHELL_starting || shell->host == NULL ||
        channel_is_ended(shell->host->channel) || made->application != operation->application)
        return false;
    return strcmp(made->caller.token->account, operation->caller.token->account) == 0 ||
           (any_owner && operation->record->administrator);
}

struct shell *shell_find(const struct operation *operation, bool any_owner)
{
    struct shell *shell = operation->shell_id != NULL
                              ? shell_by_id(operation->application, operation->shell_id)
                              : NULL;

    return shell != NULL && shell_is_visible(shell, operation, any_owner) ? shell : NULL;
}

bool shell_is_foreign(const struct operation *operation)
{
    const struct shell *shell = operation->shell_id != NULL
                                    ? shell_by_id(operation->application, operation->shell_id)
                                    : NULL;

    return shell != NULL &&
           strcmp(shell->operation->caller.token->account, operation->caller.token->account) != 0;
}

/* ---- idle time ---- */

static void shell_enter(struct shell *shell)
{
    shell->outstanding++;
    loop_timer_stop(shell->broker->loop, &shell->idle);
}

void shell_idle_again(struct shell *shell)
{
    if (shell->outstanding == 0 && shell->state == SHELL_live)
        loop_timer_start(shell->broker->loop, &shell->idle, shell->idle_timeout);
}

void shell_leave(struct shell *shell)
{
    shell->used_at = loop_now(shell->broker->loop);
    shell->outstanding--;
    shell_idle_again(shell);
}

void shell_take_request(struct shell *shell, struct operation *operation)
{
    operation->shell = shell;
    list_append(&shell->requests, &operation->shell_link);
    shell_enter(shell);
}

static void shell_idle_expired(struct loop_timer *timer)
{
    shell_begin_end(container_of(timer, struct shell, idle), "its idle time-out elapsed");
}

static void shell_lifetime_expired(struct loop_timer *timer)
{
    struct shell *shell = container_of(timer, struct shell, lifetime);

    if (shell->state == SHELL_starting)
        shell->end_code = FAULT_timed_out;
    shell_begin_end(shell,
                    shell->ends_at_limit ? "its MaxRunTimems elapsed" : "its lifetime elapsed");
}

/* As long as the client said, or the plug-in's Quotas. */
static void shell_live_until(struct shell *shell)
{
    uint64_t lifetime = shell->operation->lifetime;
    uint64_t most = shell->plugin->quotas.max_run_time;

    shell->ends_at_limit = most > 0 && (lifetime == 0 || most < lifetime);
    if (shell->ends_at_limit)
        lifetime = most;
    if (lifetime > 0)
        loop_timer_start(shell->broker->loop, &shell->lifetime, lifetime);
}

static void shell_begin_expired(struct loop_timer *timer)
{
    struct shell *shell = container_of(timer, struct shell, begin);

    if (shell->state == SHELL_starting) {
        shell->end_code = FAULT_timed_out;
        shell_begin_end(shell, "its host did not start in time");
    } else if (shell->state != SHELL_live) {
        shell_begin_end(shell, "its client left before it had begun");
    }
}

/* ---- creation ---- */

/* The longest idle time-out that a shell may have: what both files allow. */
static uint64_t idle_most(const struct application_settings *settings, const struct plugin *plugin)
{
    uint64_t most = settings->max_shell_idle;

    return plugin->quotas.max_idle_timeout < most ? plugin->quotas.max_idle_timeout : most;
}

bool shell_idle_allowed(const struct application_settings *settings, const struct plugin *plugin,
                        uint64_t idle_timeout)
{
    uint64_t most = idle_most(settings, plugin);
    uint64_t least = most < IDLE_MINIMUM ? 1 : IDLE_MINIMUM;

    return idle_timeout == 0 || (idle_timeout >= least && idle_timeout <= most);
}

/* The idle time-out of a new shell: what its client asked for, or what holds for all. */
static uint64_t idle_of(const struct operation *operation, const struct plugin *plugin)
{
    uint64_t most = idle_most(operation->application->settings, plugin);

    if (operation->idle_timeout != 0)
        return operation->idle_timeout;
    return plugin->quotas.idle_timeout < most ? plugin->quotas.idle_timeout : most;
}

/* What of a Create can be refused before a host is started. */
static uint32_t shell_check(const struct operation *operation, const struct plugin **plugin,
                            bool *takes_options)
{
    const struct application *application = operation->application;
    const struct resource *resource =
        operation->resource_uri != NULL
            ? application_find_resource(application->settings, operation->resource_uri, plugin)
            : NULL;

    if (resource == NULL)
        return FAULT_invalid_resource_uri;
    if ((resource->capabilities & CAPABILITY_shell) == 0)
        return FAULT_not_a_shell;
    *takes_options = resource->supports_options;
    if (operation->options > 0 && !resource->supports_options)
        return FAULT_options_not_supported;
    if (operation->shell_id != NULL && !guid_valid(operation->shell_id))
        return FAULT_shell_id;
    if (operation->shell_id != NULL && shell_by_id(application, operation->shell_id) != NULL)
        return FAULT_shell_id_conflict;
    if (!shell_idle_allowed(application->settings, *plugin, operation->idle_timeout))
        return FAULT_idle_timeout;
    return 0;
}

static bool same_text(const char *one, const char *other)
{
    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

bool shell_runs_command(const struct shell *shell, const struct operation *operation)
{
    list_each(link, &shell->commands) {
        const struct operation *command = container_of(link, struct operation, shell_link);

        if (!command->again && same_text(command->operation_id, operation->operation_id) &&
            same_text(command->sequence_id, operation->sequence_id))
            return true;
    }
    return false;
}

/* The shell that this very Create has made: its client lost the answer (docs/protocol.md, P-3.4.4).
 */
static struct shell *shell_made_by(const struct operation *operation)
{
    struct shell *shell = shell_find(operation, false);
    const struct operation *made = shell != NULL ? shell->operation : NULL;

    return made != NULL && shell->state == SHELL_live &&
                   same_text(made->operation_id, operation->operation_id) &&
                   same_text(made->sequence_id, operation->sequence_id)
               ? shell
               : NULL;
}

void shell_create(struct operation *operation)
{
    const struct plugin *plugin = NULL;
    bool takes_options = false;
    uint32_t code = shell_check(operation, &plugin, &takes_options);
    struct broker *broker = operation->broker;
    struct shell *shell = shell_made_by(operation);
    bool named;

    if (shell != NULL) {
        shell_describe(shell, operation);
        channel_send(operation->net->channel, operation_ended, .request = operation->request,
                     .operation = operation->id);
        return;
    }
    if (code != 0) {
        operation_refuse(operation, code, NULL);
        return;
    }
    named = operation->shell_id != NULL;
    if (!named) {
        char guid[GUID_SIZE];

        guid_make(guid);
        operation->shell_id = arena_text(&operation->arena, guid);
    }
    shell = mem_alloc(sizeof(*shell));
    shell->state = SHELL_starting;
    shell->broker = broker;
    shell->operation = operation;
    shell->plugin = plugin;
    shell->takes_options = takes_options;
    shell->settings = application_settings_ref(operation->application->settings);
    shell->id = mem_text(operation->shell_id);
    shell->key = shell_key(operation->application, shell->id, &shell->key_length);
    shell->number = (uint32_t)broker_next_id(broker);
    shell->named = named;
    shell->session_id = mem_text(operation->session_id);
    shell->buffering = plugin->buffering;
    shell->idle_timeout = idle_of(operation, plugin);
    shell->created_at = shell->used_at = loop_now(broker->loop);
    shell->idle.expired = shell_idle_expired;
    shell->lifetime.expired = shell_lifetime_expired;
    shell->begin.expired = shell_begin_expired;
    random_bytes(shell->ticket_key, sizeof(shell->ticket_key));
    list_init(&shell->commands);
    list_init(&shell->deletes);
    list_init(&shell->requests);
    list_init(&shell->watchers);
    operation->shell = shell;
    map_put(&broker->shells, shell->key, shell->key_length, shell);
    shell_enter(shell);
    shell_live_until(shell);
    /* WSManPluginStartup may block; the client waits no longer than it said. */
    loop_timer_start(broker->loop, &shell->begin, operation_patience(operation));
    if (!shell_host_start(shell))
        shell_host_lost(shell, FAULT_provider_failure, "winrmd-host cannot be started");
}

struct message_shell_details shell_details(const struct shell *shell)
{
    const struct operation *made = shell->operation;
    uint64_t now = loop_now(shell->broker->loop);

    return (struct message_shell_details){
        .shell_id = shell->id,
        .name = made->shell_name,
        .resource_uri = made->resource_uri,
        .owner = made->caller.name,
        .client_address = made->caller.address,
        .process = shell->host != NULL ? (uint32_t)shell->host->pid : 0,
        .idle_timeout = shell->idle_timeout,
        .max_idle_timeout = idle_most(made->application->settings, shell->plugin),
        .input_streams = made->input_streams,
        .output_streams = made->output_streams,
        .locale = made->locale,
        .data_locale = made->data_locale,
        .run_time = now - shell->created_at,
        .inactivity = shell->outstanding > 0 ? 0 : now - shell->used_at,
        .disconnected = shell->client == CLIENT_disconnected || shell->client == CLIENT_connecting,
        .buffering = shell->buffering,
        .no_profile = made->no_profile};
}

static void shell_send_details(const struct shell *shell, const struct operation *to)
{
    struct message_shell_details details = shell_details(shell);

    details.request = to->request;
    details.operation = to->id;
    channel_write(to->net->channel, MESSAGE_shell_details, &details);
}

/* The host has loaded the plug-in: winrmd-net may hand over what the client sent. */
void shell_host_ready(struct shell *shell)
{
    struct operation *operation = shell->operation;

    if (operation->net == NULL) {
        shell_begin_end(shell, "its client left before it had begun");
        return;
    }
    shell->state = SHELL_granted;
    loop_timer_stop(shell->broker->loop, &shell->begin);
    shell_send_details(shell, operation);
    shell_grant(shell, operation);
}

void shell_creation_written(struct operation *operation)
{
    struct shell *shell = operation->shell;

    if (operation->state == OPERATION_acting) {
        shell_begin_end(shell, "its client left before it had begun");
        return;
    }
    /* The answer may be in the host's socket, ahead of which its report has been written. */
    if (operation->kind == OPERATION_command)
        shell_host_void(shell, operation);
    else
        loop_timer_start(shell->broker->loop, &shell->begin, BEGIN_PATIENCE);
    shell_leave(shell);
}

/* ---- use ---- */

void shell_describe(struct shell *shell, struct operation *operation)
{
    /* For its user the operation is over with the answer; the context goes when that is written. */
    operation->state = OPERATION_answered;
    quota_return(&operation->slots);
    shell_send_details(shell, operation);
}

void shell_grant(struct shell *shell, struct operation *operation)
{
    struct broker *broker = shell->broker;
    uint64_t sequence = ++shell->ticket_sequence;
    char guid[GUID_SIZE];

    operation->state = OPERATION_granted;
    operation->shell = shell;
    operation->sequence = sequence;
    if (shell->host != NULL)
        shell->host->asked++;
    if (operation->kind == OPERATION_command) {
        if (operation->command_id == NULL) {
            guid_make(guid);
            operation->command_id = arena_text(&operation->arena, guid);
        }
        list_append(&shell->commands, &operation->shell_link);
        shell_enter(shell);
    } else if (operation->kind != OPERATION_shell) {
        /* What connects a shell has still to be said to have happened. */
        if (operation != shell->change)
            operation->state = OPERATION_answered;
        shell_take_request(shell, operation);
    }
    shell->used_at = loop_now(broker->loop);
    channel_send(operation->net->channel, operation_granted, .request = operation->request,
                 .operation = operation->id, .host = shell->number, .sequence = sequence,
                 .ticket = ticket_make(shell->ticket_key, sequence,
                                       operation->again ? TICKET_COMMAND_AGAIN : operation->kind,
                                       operation->id),
                 .command_id = operation->command_id, .idle_timeout = shell->idle_timeout,
                 .channel = shell_host_connect(shell, operation->net->number));
}

/* ---- it has begun ---- */

void shell_audit(const struct shell *shell, const struct operation *operation, const char *event,
                 const char *reason)
{
    struct audit *audit = shell->broker->audit;
    const struct token *token = operation->record->token;
    uid_t uid;

    audit_begin(audit, event);
    operation_audit(operation);
    audit_text(audit, "plugin", shell->plugin->name);
    audit_text(audit, "run-as", token->account);
    if (token_uid(token, &uid))
        audit_number(audit, "uid", uid);
    audit_number(audit, "shells", quota_shells(operation->record->account));
    audit_number(audit, "operations", quota_operations(operation->record->account));
    audit_text(audit, "reason", reason);
    audit_end(audit);
}

void shell_has_begun(struct shell *shell)
{
    struct operation *operation = shell->operation;

    shell->state = SHELL_live;
    operation->state = OPERATION_living;
    if (operation->application->settings->count_requests_only)
        quota_return_operation(&operation->slots);
    broker_count(shell->broker, COUNTER_shells_started);
    shell_audit(shell, operation, "shell-begin", NULL);
    if (shell->outstanding == 0)
        loop_timer_start(shell->broker->loop, &shell->idle, shell->idle_timeout);
}

void shell_command_began(struct shell *shell, struct operation *operation, const char *command_line)
{
    operation->state = OPERATION_living;
    operation->command_line = arena_text(&operation->arena, command_line);
    if (operation->application->settings->count_requests_only)
        quota_return_operation(&operation->slots);
    broker_count(shell->broker, COUNTER_commands_started);
    shell_audit(shell, operation, "command-begin", NULL);
}
