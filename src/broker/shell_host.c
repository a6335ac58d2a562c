/* SPDX-License-Identifier: ISC */

#include "broker/shell_host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/host.h"
#include "broker/shell_login.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "faults.h"

static struct shell *shell_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

/* ---- what the host says ---- */

static void send_shell(struct shell *shell)
{
    const struct operation *operation = shell->operation;
    const struct token *token = operation->record->token;
    struct ipc_item room[LIMIT_GROUPS];

    channel_send(shell->host->channel, host_shell, .operation = operation->id,
                 .shell_id = shell->id, .name = operation->caller.name,
                 .mechanism = operation->caller.mechanism, .url = operation->url,
                 .address = operation->caller.address, .account = token->account,
                 .groups = token_groups(token, room), .resource_uri = operation->resource_uri,
                 .locale = operation->locale, .data_locale = operation->data_locale,
                 .shell_name = operation->shell_name, .input_streams = operation->input_streams,
                 .output_streams = operation->output_streams, .idle_timeout = shell->idle_timeout,
                 .max_envelope = operation->application->settings->max_envelope,
                 CALLER_CERTIFICATE(&operation->caller));
}

static void begin_shell(struct shell *shell)
{
    send_shell(shell);
    shell_host_ready(shell);
}

static void handle_started(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct shell *shell = shell_of(channel);
    const struct message_host_started *told = &body->host_started;
    const char *text = told->text != NULL ? told->text : "its start-up failed";

    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(process);
    /* One that is being ended is not begun any more; its death is on the way. */
    if (shell == NULL || shell->state != SHELL_starting)
        return;
    if (told->code == 0) {
        /* MS-WSMV: a shell whose id the service has made cannot be disconnected (P-4.13.2). */
        shell->can_disconnect = told->connects && shell->named;
        /* session_opened() follows: a shell is not there before it is known which process it is. */
        if (process->pid > 0)
            begin_shell(shell);
        return;
    }
    log_error("the plug-in %s cannot be used: %s (code %u)", shell->plugin->filename, text,
              told->code);
    shell_host_lost(shell, FAULT_provider_load, text);
}

/*
 * May the host of this shell speak of that operation? Of another shell's it does not even know the
 * id: it is ended (docs/walls.md, S-32). One that is no more may have crossed the message.
 */
static bool host_may_name(struct channel *channel, const struct shell *shell, uint64_t id)
{
    const struct operation *operation =
        shell != NULL ? map_get_u64(&shell->broker->operations, id) : NULL;
    char why[96];

    if (operation != NULL && operation->shell == shell)
        return true;
    if (operation == NULL) {
        child_pointless(child_of(channel));
        return false;
    }
    snprintf(why, sizeof(why), "spoke of operation %" PRIu64 ", which is not its shell's", id);
    child_break(child_of(channel), why);
    return false;
}

static void handle_shell_started(struct channel *channel, const union message_body *body)
{
    struct shell *shell = shell_of(channel);

    if (!host_may_name(channel, shell, body->shell_started.operation))
        return;
    if (shell->state == SHELL_granted && shell->operation->id == body->shell_started.operation)
        shell_has_begun(shell);
    else
        child_pointless(child_of(channel));
}

static void handle_shell_ended(struct channel *channel, const union message_body *body)
{
    struct shell *shell = shell_of(channel);
    char reason[64];

    if (shell == NULL) {
        child_pointless(child_of(channel));
        return;
    }
    snprintf(reason, sizeof(reason), "the plug-in completed it with code %u",
             body->shell_ended.code);
    shell_over(shell, reason);
}

/* The command of this shell that the host speaks of; NULL: it is none, or none any more. */
static struct operation *command_of(struct channel *channel, struct shell *shell, uint64_t id)
{
    struct operation *operation;

    if (!host_may_name(channel, shell, id))
        return NULL;
    operation = map_get_u64(&shell->broker->operations, id);
    if (operation->kind == OPERATION_command)
        return operation;
    child_pointless(child_of(channel));
    return NULL;
}

static void handle_command_started(struct channel *channel, const union message_body *body)
{
    struct shell *shell = shell_of(channel);
    struct operation *operation = command_of(channel, shell, body->command_started.operation);

    if (operation != NULL && operation->state == OPERATION_granted)
        shell_command_began(shell, operation, body->command_started.command_line);
    else if (operation != NULL)
        child_pointless(child_of(channel));
}

static void handle_command_ended(struct channel *channel, const union message_body *body)
{
    const struct message_command_ended *told = &body->command_ended;
    struct shell *shell = shell_of(channel);
    struct operation *operation = command_of(channel, shell, told->operation);
    char reason[64];

    if (told->exited)
        snprintf(reason, sizeof(reason), "exited with code %u", told->exit_code);
    else
        snprintf(reason, sizeof(reason), "the plug-in completed it with code %u", told->code);
    if (operation != NULL)
        shell_command_ended(shell, operation, reason);
    /* Only now may an answer show it: the slot is free. */
    channel_send(channel, command_noted, .operation = told->operation);
}

static void handle_disconnected(struct channel *channel, const union message_body *body)
{
    struct shell *shell = shell_of(channel);

    if (host_may_name(channel, shell, body->shell_disconnected.operation) &&
        !shell_has_disconnected(shell, body->shell_disconnected.operation))
        child_pointless(child_of(channel));
}

static void handle_connected(struct channel *channel, const union message_body *body)
{
    struct shell *shell = shell_of(channel);

    if (host_may_name(channel, shell, body->shell_connected.operation) &&
        !shell_has_connected(shell, body->shell_connected.operation, body->shell_connected.code))
        child_pointless(child_of(channel));
}

static void host_gone(struct child *process, bool crashed)
{
    struct shell *shell = process->owner;
    const char *reason = crashed ? "the plug-in crashed its host" : "its host was ended";

    if (shell == NULL)
        return;
    shell->host = NULL;
    if (!process->expected_end || process->crash_entry != NULL)
        host_audit_lost(process, shell->id, reason, "the shell and its commands are gone");
    shell_host_lost(shell, FAULT_provider_failure, reason);
}

/* ---- what the broker asks ---- */

static void session_opened(struct child *host)
{
    struct shell *shell = host->owner;

    if (shell != NULL && shell->state == SHELL_starting && host->ready)
        begin_shell(shell);
}

/* Its winrmd-session has not opened one. */
static void session_failed(struct child *host, bool refused, const char *text)
{
    struct shell *shell = host->owner;

    log_error("shell %s: the session of its account cannot be opened: %s",
              shell != NULL ? shell->id : "that has ended", text);
    if (shell != NULL)
        shell_session_failed(shell, refused ? FAULT_access_denied : FAULT_internal_error, text);
}

/* As the user of the token, by a winrmd-session. */
static struct child *start_in_session(struct shell *shell, const struct channel_events *events)
{
    const struct operation *operation = shell->operation;
    const struct shell_login_wish wish = {.settings = shell->settings,
                                          .plugin = shell->plugin,
                                          .token = operation->record->token,
                                          .address = operation->caller.address,
                                          .number = shell->number,
                                          .opened = session_opened,
                                          .failed = session_failed};
    struct child *host = shell_login_start(shell->broker, &wish, events, host_gone);

    if (host != NULL)
        host_brief(host, shell->settings, shell->plugin, 0, wish.token->account, shell->ticket_key,
                   NULL);
    return host;
}

static struct child *start_here(struct shell *shell, const struct channel_events *events)
{
    const struct limits limits = shell_login_limits(shell->plugin);

    return host_start(shell->broker, shell->settings, shell->plugin, 0,
                      shell->operation->record->token->account, shell->ticket_key, &limits, events,
                      host_gone);
}

bool shell_host_start(struct shell *shell)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
        [MESSAGE_shell_started] = handle_shell_started,
        [MESSAGE_shell_ended] = handle_shell_ended,
        [MESSAGE_command_started] = handle_command_started,
        [MESSAGE_command_ended] = handle_command_ended,
        [MESSAGE_shell_disconnected] = handle_disconnected,
        [MESSAGE_shell_connected] = handle_connected,
        [MESSAGE_authz_stray] = host_handle_stray,
        [MESSAGE_host_crashing] = host_handle_crashing,
    };
    static const struct channel_events events = {handlers, child_channel_ended};

    uid_t uid;

    if (shell->broker->root && !token_uid(shell->operation->record->token, &uid)) {
        shell_session_failed(shell, FAULT_access_denied,
                             "this machine has no account of that name");
        return true;
    }
    shell->host =
        shell->broker->root ? start_in_session(shell, &events) : start_here(shell, &events);
    if (shell->host == NULL)
        return false;
    shell->host->owner = shell;
    shell->host->number = shell->number;
    shell->host->shell = mem_text(shell->id);
    return true;
}

static size_t net_position(const struct shell *shell, uint32_t net)
{
    size_t i = 0;

    while (i < shell->net_count && shell->nets[i] != net)
        i++;
    return i;
}

int shell_host_connect(struct shell *shell, uint32_t net)
{
    int pair[2];

    if (net_position(shell, net) < shell->net_count || shell->host == NULL || !channel_pair(pair))
        return -1;
    shell->nets = mem_resize(shell->nets, shell->net_count + 1, sizeof(*shell->nets));
    shell->nets[shell->net_count++] = net;
    channel_send(shell->host->channel, host_channel, .net = net, .channel = pair[0]);
    return pair[1];
}

void shell_host_revoke(struct shell *shell, uint32_t net)
{
    size_t position = net_position(shell, net);

    if (position == shell->net_count)
        return;
    shell->nets[position] = shell->nets[--shell->net_count];
    if (shell->host != NULL)
        channel_send(shell->host->channel, host_revoke, .net = net);
}

void shell_host_broke(struct broker *broker, uint32_t net, uint32_t number, const char *why)
{
    char text[LIMIT_NAME + 64];

    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);
        const struct shell *shell = process->owner;

        if (process->role != PROCESS_shell_host || process->shell == NULL ||
            process->number != number)
            continue;
        if (shell != NULL && net_position(shell, net) == shell->net_count)
            return;
        snprintf(text, sizeof(text), "%s, says winrmd-net %u", why != NULL ? why : "broke a rule",
                 net);
        child_break(process, text);
        return;
    }
}

void shell_host_void(struct shell *shell, const struct operation *operation)
{
    if (shell->host != NULL)
        channel_send(shell->host->channel, command_void, .operation = operation->id,
                     .sequence = operation->sequence);
}

void shell_host_disconnect(struct shell *shell, const struct operation *operation)
{
    channel_send(shell->host->channel, shell_disconnect, .operation = operation->id,
                 .sequence = shell->ticket_sequence, .timeout = operation_patience(operation),
                 .buffering = shell->buffering);
}

void shell_host_note_connect(struct shell *shell, const struct operation *operation, bool connected)
{
    if (shell->host != NULL)
        channel_send(shell->host->channel, connect_noted, .operation = operation->id,
                     .connected = connected);
}

void shell_host_void_connect(struct shell *shell, const struct operation *operation)
{
    if (shell->host != NULL)
        channel_send(shell->host->channel, connect_void, .operation = operation->id,
                     .sequence = operation->sequence);
}

void shell_host_end(struct shell *shell, uint64_t patience)
{
    if (shell->host == NULL)
        return;
    if (patience == 0) {
        child_end_within(shell->host, 0);
        child_kill(shell->host);
        return;
    }
    channel_send(shell->host->channel, shell_end);
    child_end_within(shell->host, patience);
}

void shell_host_leave(struct shell *shell)
{
    bool in_order = shell->host != NULL || shell->end_reason != NULL;

    list_each(link, &shell->broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && process->channel != NULL &&
            net_position(shell, process->number) < shell->net_count)
            channel_send(process->channel, host_gone, .host = shell->number, .in_order = in_order);
    }
    shell->net_count = 0;
    if (shell->host == NULL)
        return;
    shell->host->owner = NULL;
    host_stop(shell->host);
    shell->host = NULL;
}
