/* SPDX-License-Identifier: ISC */

/* What the broker tells a shell host. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/command.h"
#include "host/connect.h"
#include "host/disconnect.h"
#include "host/host.h"
#include "host/sender.h"
#include "host/shell.h"
#include "host/text16.h"
#include "ipc/log_level.h"
#include "operations.h"

enum { CALLER_TEXTS_LIMIT = 1024 * 1024 };

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* senderDetails, the token and the texts all requests share. */
static bool caller_describe(struct caller *caller, const struct message_host_shell *message)
{
    const struct sender_certificate certificate = SENDER_CERTIFICATE(message);
    struct arena *arena = &caller->arena;
    WSMAN_SENDER_DETAILS *details;
    bool opened;
    bool described;

    arena_init(arena, CALLER_TEXTS_LIMIT);
    if (message->account != NULL && !token_open(&caller->token, message->account, &message->groups))
        return false;
    address_lock();
    opened = handle_open(&caller->sender, HANDLE_sender);
    address_unlock();
    if (!opened)
        return false;
    details = caller->sender.address;
    described = sender_describe(details, arena, message->name, message->mechanism, message->url,
                                &certificate);
    details->clientToken = caller->token.handle.address;
    caller->address = arena_text(arena, message->address);
    caller->resource_uri = utf16_arena(arena, text_or_empty(message->resource_uri));
    caller->locale = utf16_arena(arena, message->locale);
    caller->data_locale = utf16_arena(arena, message->data_locale);
    caller->selector.key = utf16_arena(arena, "ShellId");
    caller->selector.value = utf16_arena(arena, text_or_empty(message->shell_id));
    caller->max_envelope = message->max_envelope;
    return described && caller->resource_uri != NULL && caller->selector.key != NULL &&
           caller->selector.value != NULL;
}

/* Names in the client's order; `fallback` when it named none. */
static bool streams_describe(const char *list, const char *fallback, char ***names, size_t *count,
                             WSMAN_STREAM_ID_SET *set)
{
    struct arena *arena = &shell.caller.arena;

    *names = text_words(list, count);
    if (*count == 0) {
        free(*names);
        *names = text_words(fallback, count);
    }
    set->streamIDs = arena_alloc(arena, *count * sizeof(PCWSTR));
    for (size_t i = 0; set->streamIDs != NULL && i < *count; i++) {
        set->streamIDs[i] = utf16_arena(arena, (*names)[i]);
        if (set->streamIDs[i] == NULL)
            return false;
    }
    set->streamIDsCount = (DWORD)*count;
    return set->streamIDs != NULL;
}

static bool shell_know(const struct message_host_shell *message)
{
    shell.operation = message->operation;
    shell.text = text_equal_case(text_or_empty(message->resource_uri), SHELL "/cmd");
    if (!caller_describe(&shell.caller, message) ||
        !streams_describe(message->input_streams, "stdin", &shell.inputs, &shell.input_count,
                          &shell.input_set) ||
        !streams_describe(message->output_streams, "stdout stderr", &shell.outputs,
                          &shell.output_count, &shell.output_set))
        return false;
    shell.startup.inputStreamSet = &shell.input_set;
    shell.startup.outputStreamSet = &shell.output_set;
    shell.startup.idleTimeoutMs =
        message->idle_timeout < UINT32_MAX ? (DWORD)message->idle_timeout : UINT32_MAX;
    shell.startup.name = utf16_arena(&shell.caller.arena, message->shell_name);
    list_init(&shell.commands);
    map_init(&shell.by_id);
    map_init(&shell.operations);
    target_init(&shell.target, NULL);
    return true;
}

static void host_shell(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (shell.known)
        return;
    if (shell_know(&body->host_shell)) {
        shell.known = true;
        return;
    }
    channel_send(host.broker, shell_ended, .operation = body->host_shell.operation,
                 .code = ERROR_INVALID_PARAMETER);
    host_exit(1);
}

static void host_channel(struct channel *channel, const union message_body *body)
{
    (void)channel;
    peer_add(body->host_channel.net, body->host_channel.channel, payload_handlers);
}

static void host_revoke(struct channel *channel, const union message_body *body)
{
    (void)channel;
    peer_revoke(body->host_revoke.net);
}

static void command_void(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (shell.known)
        command_make_void(body->command_void.operation, body->command_void.sequence);
}

static void command_noted(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (shell.known)
        command_note(body->command_noted.operation);
}

static void shell_disconnect(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (shell.known)
        disconnect_ask(&body->shell_disconnect);
}

static void connect_noted(struct channel *channel, const union message_body *body)
{
    (void)channel;
    connect_note(&body->connect_noted);
}

static void connect_void(struct channel *channel, const union message_body *body)
{
    (void)channel;
    if (shell.known)
        connect_make_void(&body->connect_void);
}

static void shell_end_asked(struct channel *channel, const union message_body *body)
{
    (void)channel;
    (void)body;
    if (shell.known)
        shell_end(true);
}

static void shell_stop(struct channel *channel, const union message_body *body)
{
    channel_set_state(channel, CHANNEL_stopping);
    host.stopping = true;
    host.stop_reason = body->host_stop.reason;
    if (shell.known && !shell.ended)
        shell_end(true);
    else
        host_shutdown();
}

const channel_handler shell_handlers[MESSAGE_COUNT] = {
    [MESSAGE_host_start] = host_start,
    [MESSAGE_host_shell] = host_shell,
    [MESSAGE_host_channel] = host_channel,
    [MESSAGE_host_revoke] = host_revoke,
    [MESSAGE_command_void] = command_void,
    [MESSAGE_command_noted] = command_noted,
    [MESSAGE_shell_disconnect] = shell_disconnect,
    [MESSAGE_connect_noted] = connect_noted,
    [MESSAGE_connect_void] = connect_void,
    [MESSAGE_shell_end] = shell_end_asked,
    [MESSAGE_host_stop] = shell_stop,
    [MESSAGE_log_level] = log_level_take,
};
