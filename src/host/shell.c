/* SPDX-License-Identifier: ISC */

#include "host/shell.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "confine/descendants.h"
#include "host/command.h"
#include "host/connect.h"
#include "host/disconnect.h"
#include "host/entry.h"
#include "host/host.h"

enum {
    END_GRACE = 5000, /* milliseconds for the plug-in to complete what was cancelled */
    KILL_TIME = 800   /* milliseconds for the shell's processes to die */
};

struct shell shell;

/* ---- targets ---- */

struct target *shell_target(const char *command_id)
{
    struct command *command;

    if (command_id == NULL)
        return shell.started ? &shell.target : NULL;
    command = command_find(command_id);
    return command != NULL ? &command->target : NULL;
}

bool shell_each_target(bool (*visit)(struct target *target, void *context), void *context)
{
    if (!shell.known)
        return false;
    if (visit(&shell.target, context))
        return true;
    list_each(link, &shell.commands)
        if (visit(&container_of(link, struct command, link)->target, context))
            return true;
    return false;
}

static bool target_peer_gone(struct target *target, void *context)
{
    receiver_peer_gone(target, *(const uint64_t *)context);
    return false;
}

void shell_peer_gone(uint64_t peer)
{
    shell_each_target(target_peer_gone, &peer);
    connect_peer_gone(peer);
}

uint32_t shell_max_envelope(void)
{
    return shell.caller.max_envelope;
}

void shell_key(const struct ipc_bytes *key)
{
    random_bytes(shell.key, sizeof(shell.key));
    if (key->length == sizeof(shell.key))
        memcpy(shell.key, key->data, sizeof(shell.key));
}

/* ---- the end ---- */

static void shell_tell_end(void)
{
    uint32_t code = shell.request != NULL ? shell.request->code : ERROR_OPERATION_ABORTED;

    shell.ended = true;
    loop_timer_stop(host.loop, &shell.grace);
    kill_descendants(KILL_TIME);
    channel_send(host.broker, shell_ended, .operation = shell.operation,
                 .code = shell.asked_to_end ? NO_ERROR : code);
    if (!shell.started && shell.request != NULL)
        reply_send_plugin(&shell.reply, code != NO_ERROR ? code : ERROR_WSMAN_PROVIDER_FAILURE,
                          shell.request->extended);
    if (host.stopping)
        host_shutdown();
}

static void release_done(struct post *post)
{
    (void)post;
    shell_tell_end();
}

static void release_run(struct pool_work *work)
{
    (void)work;
    entry_begin("WSManPluginReleaseShellContext", 0);
    host.plugin.release_shell(shell.request->context);
    entry_end(0);
    post_send(&shell.released);
}

void shell_consider(void)
{
    if (!shell.ending || shell.ended || shell.releasing)
        return;
    list_each(link, &shell.commands)
        if (!command_is_finished(container_of(link, struct command, link)))
            return;
    if (!list_empty(&shell.target.requests) || !request_finished(shell.request))
        return;
    shell.releasing = true;
    if (!shell.started) {
        shell_tell_end();
        return;
    }
    shell.release.run = release_run;
    shell.released.run = release_done;
    pool_submit_always(&host.pool, &shell.release);
}

static void grace_over(struct loop_timer *timer)
{
    (void)timer;
    log_error("%s did not complete its operations within %d ms of their cancellation",
              host.plugin.name, END_GRACE);
    kill_descendants_for_good(KILL_TIME);
    channel_send(host.broker, shell_ended, .operation = shell.operation,
                 .code = ERROR_OPERATION_ABORTED);
    host_exit(1);
}

void shell_end(bool asked)
{
    if (shell.ending)
        return;
    shell.ending = true;
    shell.asked_to_end = asked;
    disconnect_end();
    shell.grace.expired = grace_over;
    loop_timer_start(host.loop, &shell.grace, END_GRACE);
    list_each(link, &shell.commands) {
        struct command *command = container_of(link, struct command, link);

        if (!asked)
            receiver_flush(&command->target);
        target_refuse(&command->target, ERROR_OPERATION_ABORTED);
        reply_send(&command->reply, ERROR_OPERATION_ABORTED);
        command_cancel(command);
    }
    /* A plug-in that ends the shell itself may have put out its last words before. */
    if (!asked)
        receiver_flush(&shell.target);
    target_refuse(&shell.target, ERROR_OPERATION_ABORTED);
    connect_end();
    if (asked)
        reply_send(&shell.reply, ERROR_OPERATION_ABORTED);
    target_cancel(&shell.target);
    request_cancel(shell.request);
    shell_consider();
}

void shell_abandon(void)
{
    kill_descendants_for_good(KILL_TIME);
}

/* ---- the beginning ---- */

static void shell_reported(struct request *request)
{
    (void)request;
    shell.started = true;
    loop_timer_stop(host.loop, &shell.deadline);
    channel_send(host.broker, shell_started, .operation = shell.operation);
    reply_send(&shell.reply, NO_ERROR);
}

static void shell_completed(struct request *request)
{
    (void)request;
    shell_end(false);
}

static void shell_finished(struct request *request)
{
    (void)request;
    shell_consider();
}

static const struct request_events shell_events = {
    .reported = shell_reported, .completed = shell_completed, .finished = shell_finished};

static void shell_enter(struct request *request)
{
    entry_begin("WSManPluginShell", 0);
    host.plugin.shell(host.plugin.context, request->details, 0,
                      (WSMAN_SHELL_STARTUP_INFO *)&shell.startup,
                      shell.inbound.type != WSMAN_DATA_NONE ? &shell.inbound : NULL);
    entry_end(0);
}

static bool describe_environment(struct arena *arena, const struct ipc_items *items)
{
    WSMAN_ENVIRONMENT_VARIABLE_SET *set = &shell.environment;

    set->vars = arena_alloc(arena, (items->count + 1) * sizeof(*set->vars));
    if (set->vars == NULL)
        return false;
    for (uint32_t i = 0; i < items->count; i++) {
        const struct ipc_item *item = &items->item[i];

        set->vars[i].name = utf16_arena(arena, item->name != NULL ? item->name : "");
        set->vars[i].value = utf16_arena(arena, item->value != NULL ? item->value : "");
        if (set->vars[i].name == NULL || set->vars[i].value == NULL)
            return false;
    }
    set->varsCount = items->count;
    if (items->count > 0)
        shell.startup.variableSet = set;
    return true;
}

static bool shell_describe(struct arena *arena, const struct message_shell_create *message)
{
    const char *folder = message->working_directory;

    if (!describe_environment(arena, &message->environment))
        return false;
    if (folder != NULL && folder[0] != '\0') {
        shell.startup.workingDirectory = utf16_arena(arena, folder);
        if (shell.startup.workingDirectory == NULL)
            return false;
    }
    if (message->creation_xml != NULL) {
        shell.inbound.text.buffer = utf16_arena(arena, message->creation_xml);
        if (shell.inbound.text.buffer == NULL)
            return false;
        shell.inbound.type = WSMAN_DATA_TYPE_TEXT;
        shell.inbound.text.bufferLength = (DWORD)utf16_length(shell.inbound.text.buffer);
    }
    return true;
}

/* The client does not wait any longer; a context reported later is not taken. */
static void begin_late(struct loop_timer *timer)
{
    (void)timer;
    reply_send(&shell.reply, ERROR_WSMAN_OPERATION_TIMEDOUT);
    if (!shell.started)
        shell_end(false);
}

static uint32_t shell_begin(const struct message_shell_create *message)
{
    struct request *request = request_new(REQUEST_shell, &shell_events, &shell, &shell.caller,
                                          &message->options, message->options_must_understand);

    if (request == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    request_limits(request, message->timeout, shell.caller.max_envelope);
    request_envelope(request, message->max_envelope);
    if (!request_option_types(request, &message->option_types)) {
        request_free(request);
        return ERROR_NOT_ENOUGH_MEMORY;
    }
    shell.request = request;
    if (!shell_describe(&request->arena, message)) {
        shell.request = NULL;
        request_free(request);
        return ERROR_INVALID_PARAMETER;
    }
    if (!request_submit(request, shell_enter)) {
        shell.request = NULL;
        request_free(request);
        return ERROR_BUSY;
    }
    return NO_ERROR;
}

void shell_ask(struct reply reply, const struct message_shell_create *message)
{
    uint32_t code = ERROR_OPERATION_ABORTED;

    if (!shell.ending)
        code = shell_begin(message);
    if (code == NO_ERROR) {
        shell.reply = reply;
        shell.deadline.expired = begin_late;
        loop_timer_start(host.loop, &shell.deadline, message->timeout);
        return;
    }
    reply_send(&reply, code);
    shell_end(false);
}
