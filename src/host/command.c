/* SPDX-License-Identifier: ISC */

#include "host/command.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/disconnect.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/repeat.h"
#include "host/shell.h"
#include "host/stray.h"

enum {
    FOLLOW_ON_GRACE = 500,  /* milliseconds for what runs on a command that is over */
    TERMINATE_GRACE = 1000, /* milliseconds from a terminate signal's completion to the end */
    KEPT_LIMIT = 1000       /* finished commands waiting for their terminate */
};

/* ---- life ---- */

static void grace_over(struct loop_timer *timer)
{
    struct command *command = container_of(timer, struct command, grace);

    if (command->request != NULL && command->request->over)
        target_cancel(&command->target);
    else
        command_cancel(command);
}

/* The client does not wait any longer; a context reported later is not taken. */
static void begin_late(struct loop_timer *timer)
{
    struct command *command = container_of(timer, struct command, deadline);

    if (command->started)
        return;
    reply_send(&command->reply, ERROR_WSMAN_OPERATION_TIMEDOUT);
    command_cancel(command);
}

static void forget_run(struct loop_task *task)
{
    command_free(container_of(task, struct command, forget));
}

/*
 * Ids are kept as the client wrote them and compared without regard to case: some clients change
 * the case of an id between its Command and its Signal.
 */
struct id_key {
    char text[LIMIT_ID + 1];
    size_t length;
};

static struct id_key id_key(const char *id)
{
    struct id_key key = {.length = strnlen(id, LIMIT_ID)};

    for (size_t i = 0; i < key.length; i++)
        key.text[i] = (char)(id[i] >= 'a' && id[i] <= 'z' ? id[i] - 'a' + 'A' : id[i]);
    return key;
}

static struct command *command_by_id(const char *id)
{
    struct id_key key = id_key(id);

    return map_get(&shell.by_id, key.text, key.length);
}

static struct command *command_new(uint64_t operation, const char *id, struct reply reply)
{
    struct command *command = mem_alloc(sizeof(*command));

    command->operation = operation;
    command->reply = reply;
    command->grace.expired = grace_over;
    command->deadline.expired = begin_late;
    command->forget.run = forget_run;
    target_init(&command->target, command);
    list_append(&shell.commands, &command->link);
    map_put_u64(&shell.operations, operation, command);
    if (id != NULL) {
        struct id_key key = id_key(id);

        command->id = mem_text(id);
        map_put(&shell.by_id, key.text, key.length, command);
    }
    return command;
}

void command_free(struct command *command)
{
    target_free(&command->target);
    loop_timer_stop(host.loop, &command->deadline);
    loop_timer_stop(host.loop, &command->grace);
    loop_task_cancel(&command->forget);
    map_remove_u64(&shell.operations, command->operation);
    if (command->id != NULL) {
        struct id_key key = id_key(command->id);

        map_remove(&shell.by_id, key.text, key.length);
    }
    list_remove(&command->link);
    request_free(command->request);
    free(command->id);
    free(command);
}

struct command *command_find(const char *id)
{
    struct command *command = command_by_id(id);

    return command != NULL && command->started ? command : NULL;
}

bool command_is_finished(const struct command *command)
{
    return command->ended;
}

/* ---- the end ---- */

static void command_tell_end(struct command *command)
{
    struct output_view view;

    output_look(command->target.receiver.output, 0, &view);
    free(view.state_uri);
    command->ended = true;
    channel_send(host.broker, command_ended, .operation = command->operation,
                 .code = command->request != NULL ? command->request->code : command->refusal,
                 .exited = view.done, .exit_code = view.done ? view.exit_code : 0);
    shell_consider();
}

static void release_done(struct post *post)
{
    command_tell_end(container_of(post, struct command, released));
}

static void release_run(struct pool_work *work)
{
    struct command *command = container_of(work, struct command, release);

    entry_begin("WSManPluginReleaseCommandContext", 0);
    host.plugin.release_command(shell.request->context, command->request->context);
    entry_end(0);
    post_send(&command->released);
}

void command_consider(struct command *command)
{
    if (command->request == NULL || !command->request->over || command->releasing)
        return;
    receiver_consider(&command->target);
    signals_over(&command->target);
    if (!request_finished(command->request) || !list_empty(&command->target.requests)) {
        if (command->grace.position == 0)
            loop_timer_start(host.loop, &command->grace, FOLLOW_ON_GRACE);
        return;
    }
    loop_timer_stop(host.loop, &command->grace);
    command->releasing = true;
    if (!command->started) {
        command_tell_end(command);
        return;
    }
    command->release.run = release_run;
    command->released.run = release_done;
    pool_submit_always(&host.pool, &command->release);
}

/* Finished commands are kept for their terminate, but not without end. */
static void commands_limit(void)
{
    size_t kept = 0;

    list_each(link, &shell.commands)
        kept += container_of(link, struct command, link)->noted;
    list_each(link, &shell.commands) {
        struct command *command = container_of(link, struct command, link);

        if (kept <= KEPT_LIMIT)
            break;
        if (!command->noted || command->target.receiver.waiting.open)
            continue;
        command_free(command);
        kept--;
    }
}

void command_note(uint64_t operation)
{
    struct command *command = map_get_u64(&shell.operations, operation);

    if (command == NULL || !command->ended || command->noted)
        return;
    command->noted = true;
    if (!command->started) {
        if (command->repetition)
            repeat_follow(&command->reply);
        else if (command->request != NULL)
            reply_send_plugin(&command->reply, command->refusal, command->request->extended);
        else
            reply_send(&command->reply, command->refusal);
        command_free(command);
        return;
    }
    receiver_consider(&command->target);
    if (signals_noted(&command->target))
        loop_defer(host.loop, &command->forget);
    else
        commands_limit();
}

void command_cancel(struct command *command)
{
    target_cancel(&command->target);
    request_cancel(command->request);
}

void command_expect_end(struct command *command)
{
    if (command->noted) {
        signals_noted(&command->target);
        loop_defer(host.loop, &command->forget);
        return;
    }
    if (!command->request->over)
        loop_timer_start(host.loop, &command->grace, TERMINATE_GRACE);
}

/* ---- the beginning ---- */

static void command_reported(struct request *request)
{
    struct command *command = request->owner;

    command->started = true;
    loop_timer_stop(host.loop, &command->deadline);
    channel_send(host.broker, command_started, .operation = command->operation,
                 .command_id = command->id, .command_line = command->shown);
    reply_send(&command->reply, NO_ERROR);
}

static void command_completed(struct request *request)
{
    struct command *command = request->owner;

    if (!command->started)
        command->refusal = request->code != NO_ERROR ? request->code : ERROR_WSMAN_PROVIDER_FAILURE;
    command_consider(command);
}

static void command_finished(struct request *request)
{
    command_consider(request->owner);
}

static const struct request_events command_events = {
    .reported = command_reported, .completed = command_completed, .finished = command_finished};

static void command_enter(struct request *request)
{
    struct command *command = request->owner;

    entry_begin("WSManPluginCommand", 0);
    host.plugin.command(request->details, 0, shell.request->context, command->line,
                        command->arguments.argsCount > 0 ? &command->arguments : NULL);
    entry_end(0);
}

static size_t shown_add(char *shown, size_t used, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    size_t room = LIMIT_COMMAND_LINE - used;

    if (length > room)
        length = room;
    if (length > 0)
        memcpy(shown + used, text, length);
    return used + length;
}

/* Line and arguments with blanks between them, as far as the message takes them. */
static const char *command_show(struct arena *arena, const struct message_command_create *message)
{
    char shown[LIMIT_COMMAND_LINE];
    size_t used = shown_add(shown, 0, message->command_line);

    for (uint32_t i = 0; i < message->arguments.count && used < sizeof(shown); i++) {
        used = shown_add(shown, used, " ");
        used = shown_add(shown, used, message->arguments.item[i].value);
    }
    return arena_text_n(arena, shown, used - utf8_incomplete_tail(shown, used));
}

static bool command_describe(struct command *command, const struct message_command_create *message)
{
    struct arena *arena = &command->request->arena;
    WSMAN_COMMAND_ARG_SET *set = &command->arguments;

    command->line = utf16_arena(arena, message->command_line != NULL ? message->command_line : "");
    set->args = arena_alloc(arena, (message->arguments.count + 1) * sizeof(PCWSTR));
    command->shown = command_show(arena, message);
    if (command->line == NULL || set->args == NULL || command->shown == NULL)
        return false;
    for (uint32_t i = 0; i < message->arguments.count; i++) {
        const char *value = message->arguments.item[i].value;

        set->args[i] = utf16_arena(arena, value != NULL ? value : "");
        if (set->args[i] == NULL)
            return false;
    }
    set->argsCount = message->arguments.count;
    return true;
}

static uint32_t command_begin(struct command *command, const struct message_command_create *message)
{
    struct request *request = request_new(REQUEST_command, &command_events, command, &shell.caller,
                                          &message->options, message->options_must_understand);

    if (request == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    request_limits(request, message->timeout, shell.caller.max_envelope);
    request_envelope(request, message->max_envelope);
    loop_timer_start(host.loop, &command->deadline, message->timeout);
    command->request = request;
    if (!request_option_types(request, &message->option_types) ||
        !command_describe(command, message)) {
        command->request = NULL;
        request_free(request);
        return ERROR_INVALID_PARAMETER;
    }
    if (!request_submit(request, command_enter)) {
        command->request = NULL;
        request_free(request);
        return ERROR_BUSY;
    }
    return NO_ERROR;
}

void command_ask(struct reply reply, const struct message_command_create *message, bool again)
{
    const char *id = message->command_id;
    struct command *command;

    if (id == NULL || map_get_u64(&shell.operations, message->operation) != NULL) {
        stray_report("command_create", "a command that began before");
        reply_send(&reply, ERROR_ACCESS_DENIED);
        return;
    }
    if (repeat_is_known(reply.name)) {
        /* The broker has counted it as one more: that ends first. */
        command = command_new(message->operation, NULL, reply);
        command->repetition = true;
        command_tell_end(command);
        return;
    }
    if (again) {
        /* It has the ids of one that runs and is not that one; there is no slot for it. */
        command = command_new(message->operation, NULL, reply);
        command->refusal = ERROR_WSMAN_QUOTA_MAX_COMMANDS_PER_SHELL_PPQ;
        command_tell_end(command);
        return;
    }
    repeat_begin(&reply, id);
    command = command_new(message->operation, command_by_id(id) == NULL ? id : NULL, reply);
    if (command->id == NULL)
        command->refusal = ERROR_WINRS_SHELLCOMMAND_CLIENTID_RESOURCE_CONFLICT;
    else if (disconnect_came_after(message->sequence))
        command->refusal = ERROR_WINRS_SHELL_DISCONNECTED;
    else if (shell.ending || !shell.started)
        command->refusal = ERROR_WSMAN_UNEXPECTED_SELECTORS;
    else
        command->refusal = command_begin(command, message);
    if (command->refusal != NO_ERROR)
        command_tell_end(command);
}

void command_make_void(uint64_t operation, uint64_t sequence)
{
    if (map_get_u64(&shell.operations, operation) != NULL)
        return;
    ticket_void(&shell.tickets, sequence);
    channel_send(host.broker, command_ended, .operation = operation,
                 .code = ERROR_OPERATION_ABORTED);
}
