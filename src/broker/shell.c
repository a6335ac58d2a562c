/* SPDX-License-Identifier: ISC */

#include "broker/shell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/guid.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell_host.h"

enum { IDLE_MINIMUM = 60000 /* MS-WSMV 3.1.4.1.31: shorter idle time-outs are refused */ };

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

void shell_register(struct shell *shell)
{
    shell->key = shell_key(shell->operation->application, shell->id, &shell->key_length);
    map_put(&shell->broker->shells, shell->key, shell->key_length, shell);
}

static struct shell *shell_by_id(const struct application *application, const char *id)
{
    size_t length;
    char *key = shell_key(application, id, &length);
    struct shell *shell = map_get(&application->broker->shells, key, length);

    free(key);
    return shell;
}

bool shell_id_is_used(const struct application *application, const char *id)
{
    return shell_by_id(application, id) != NULL;
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

void shell_enter(struct shell *shell)
{
    shell->outstanding++;
    loop_timer_stop(shell->broker->loop, &shell->idle);
}

static void shell_idle_expired(struct loop_timer *timer)
{
    shell_begin_end(container_of(timer, struct shell, idle), "its idle time-out elapsed");
}

void shell_idle_again(struct shell *shell)
{
    if (shell->outstanding > 0 || shell->state != SHELL_live)
        return;
    shell->idle.expired = shell_idle_expired;
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

uint64_t shell_idle_most(const struct application_settings *settings, const struct plugin *plugin)
{
    uint64_t most = settings->max_shell_idle;

    return plugin->quotas.max_idle_timeout < most ? plugin->quotas.max_idle_timeout : most;
}

bool shell_idle_allowed(const struct application_settings *settings, const struct plugin *plugin,
                        uint64_t idle_timeout)
{
    uint64_t most = shell_idle_most(settings, plugin);
    uint64_t least = most < IDLE_MINIMUM ? 1 : IDLE_MINIMUM;

    return idle_timeout == 0 || (idle_timeout >= least && idle_timeout <= most);
}

/* ---- what it says of itself ---- */

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
        .max_idle_timeout = shell_idle_most(made->application->settings, shell->plugin),
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

void shell_send_details(const struct shell *shell, const struct operation *to)
{
    struct message_shell_details details = shell_details(shell);

    details.request = to->request;
    details.operation = to->id;
    channel_write(to->net->channel, MESSAGE_shell_details, &details);
}

void shell_describe(struct shell *shell, struct operation *operation)
{
    /* For its user the operation is over with the answer; the context goes when that is written. */
    operation->state = OPERATION_answered;
    quota_return(&operation->slots);
    shell_send_details(shell, operation);
}

/* ---- use ---- */

bool shell_runs_command(const struct shell *shell, const struct operation *operation)
{
    list_each(link, &shell->commands) {
        const struct operation *command = container_of(link, struct operation, shell_link);

        if (!command->again && operation_repeats(operation, command))
            return true;
    }
    return false;
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
