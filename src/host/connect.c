/* SPDX-License-Identifier: ISC */

#include "host/connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/shell.h"
#include "host/target.h"

struct coming {
    struct list link;
    uint64_t operation;
    struct reply reply;
    bool by_plugin;              /* a Connect: WSManPluginConnect is asked */
    bool about_command;          /* the answer names no streams */
    bool changes;                /* the shell was disconnected: the broker has to know first */
    bool told;                   /* it has been told */
    struct follow_on *follow_on; /* the plug-in's call, until it is complete or given up */
    struct loop_timer deadline;
    uint32_t code;
    bool plugins_word; /* `code` and `text` are the plug-in's */
    char *text;
};

static struct list comings = {&comings, &comings};

/* ---- answering ---- */

static char *stream_names(char *const *names, size_t count)
{
    size_t size = 1;
    char *list;

    for (size_t i = 0; i < count; i++)
        size += strlen(names[i]) + 1;
    list = mem_alloc(size);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            strcat(list, " ");
        strcat(list, names[i]);
    }
    return list;
}

static void coming_succeed(struct coming *coming)
{
    struct channel *channel = coming->reply.open ? reply_channel(&coming->reply) : NULL;
    char *inputs = NULL;
    char *outputs = NULL;

    coming->reply.open = false;
    if (channel == NULL)
        return;
    if (!coming->about_command) {
        inputs = stream_names(shell.inputs, shell.input_count);
        outputs = stream_names(shell.outputs, shell.output_count);
    }
    channel_send(channel, connect_answer, .request = coming->reply.request, .input_streams = inputs,
                 .output_streams = outputs, .response = coming->text);
    free(inputs);
    free(outputs);
}

/* Answers and frees. */
static void coming_answer(struct coming *coming)
{
    if (coming->code == NO_ERROR && coming->by_plugin)
        coming_succeed(coming);
    else if (coming->plugins_word)
        reply_send_plugin(&coming->reply, coming->code, coming->text);
    else
        reply_send(&coming->reply, coming->code);
    loop_timer_stop(host.loop, &coming->deadline);
    list_remove(&coming->link);
    free(coming->text);
    free(coming);
}

/* What came of it is known. */
static void coming_end(struct coming *coming, uint32_t code)
{
    coming->code = code;
    loop_timer_stop(host.loop, &coming->deadline);
    if (!coming->changes) {
        coming_answer(coming);
        return;
    }
    coming->told = true;
    channel_send(host.broker, shell_connected, .operation = coming->operation, .code = code);
}

/* Nobody waits for the plug-in any more; its completion will find nobody. */
static void coming_forget_plugin(struct coming *coming)
{
    if (coming->follow_on == NULL)
        return;
    coming->follow_on->subject = NULL;
    request_cancel(coming->follow_on->request);
    coming->follow_on = NULL;
}

static void coming_give_up(struct coming *coming, uint32_t code)
{
    if (coming->told)
        return;
    coming_forget_plugin(coming);
    coming_end(coming, code);
}

static void coming_late(struct loop_timer *timer)
{
    coming_give_up(container_of(timer, struct coming, deadline), ERROR_WSMAN_OPERATION_TIMEDOUT);
}

/* ---- asking the plug-in ---- */

static void connect_enter(struct request *request)
{
    struct follow_on *follow_on = request->owner;

    entry_begin("WSManPluginConnect", 0);
    host.plugin.connect(request->details, 0, follow_on->shell_context, follow_on->command_context,
                        follow_on->data.type != WSMAN_DATA_NONE ? &follow_on->data : NULL);
    entry_end(0);
}

static void connect_completed(struct follow_on *follow_on, uint32_t code, const char *extended)
{
    struct coming *coming = follow_on->subject;

    if (coming == NULL)
        return;
    coming->follow_on = NULL;
    coming->plugins_word = true;
    coming->text = mem_text(extended);
    coming_end(coming, code);
}

static bool connect_describe(struct follow_on *follow_on, const char *xml)
{
    if (xml == NULL)
        return true;
    follow_on->data.text.buffer = utf16_arena(&follow_on->request->arena, xml);
    if (follow_on->data.text.buffer == NULL)
        return false;
    follow_on->data.type = WSMAN_DATA_TYPE_TEXT;
    follow_on->data.text.bufferLength = (DWORD)utf16_length(follow_on->data.text.buffer);
    return true;
}

static uint32_t connect_begin(struct coming *coming, struct target *target,
                              const struct message_connect_shell *message)
{
    struct follow_on *follow_on = follow_on_new_with(target, REQUEST_connect, &message->options,
                                                     message->options_must_understand);

    if (follow_on == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!connect_describe(follow_on, message->connect_xml)) {
        follow_on_free(follow_on);
        return ERROR_INVALID_PARAMETER;
    }
    follow_on->completed = connect_completed;
    follow_on->subject = coming;
    request_limits(follow_on->request, message->timeout, shell_max_envelope());
    if (!follow_on_submit(follow_on, connect_enter))
        return ERROR_BUSY;
    coming->follow_on = follow_on;
    return NO_ERROR;
}

/* ---- clients' messages ---- */

static struct coming *coming_new(struct reply reply, uint64_t operation, const char *command_id)
{
    struct coming *coming = mem_alloc(sizeof(*coming));

    coming->reply = reply;
    coming->operation = operation;
    coming->about_command = command_id != NULL;
    coming->changes = shell.disconnected;
    coming->deadline.expired = coming_late;
    list_append(&comings, &coming->link);
    return coming;
}

void connect_ask(struct reply reply, const struct message_connect_shell *message)
{
    struct target *target = shell.ending ? NULL : shell_target(message->command_id);
    struct coming *coming = coming_new(reply, message->operation, message->command_id);
    uint32_t code = NO_ERROR;

    coming->by_plugin = true;
    if (target == NULL)
        code = ERROR_WSMAN_UNEXPECTED_SELECTORS;
    else if (host.plugin.connect == NULL)
        code = ERROR_WINRS_SHELL_DISCONNECT_NOT_SUPPORTED;
    else if (!target_is_over(target))
        code = connect_begin(coming, target, message);
    /* The plug-in knows a finished command no more; what that has left can be had all the same. */
    if (coming->follow_on == NULL)
        coming_end(coming, code);
    else
        loop_timer_start(host.loop, &coming->deadline, message->timeout);
}

void reconnect_ask(struct reply reply, const struct message_reconnect_shell *message)
{
    struct target *target = shell.ending ? NULL : shell_target(message->command_id);
    struct coming *coming = coming_new(reply, message->operation, message->command_id);

    coming_end(coming, target != NULL ? NO_ERROR : ERROR_WSMAN_UNEXPECTED_SELECTORS);
}

static struct coming *coming_find(uint64_t operation)
{
    list_each(link, &comings) {
        struct coming *coming = container_of(link, struct coming, link);

        if (coming->operation == operation)
            return coming;
    }
    return NULL;
}

bool connect_cancel(const struct channel *channel, uint64_t request)
{
    list_each(link, &comings) {
        struct coming *coming = container_of(link, struct coming, link);

        if (!reply_matches(&coming->reply, channel, request))
            continue;
        coming_give_up(coming, ERROR_OPERATION_ABORTED);
        return true;
    }
    return false;
}

void connect_peer_gone(uint64_t peer)
{
    list_each(link, &comings) {
        struct coming *coming = container_of(link, struct coming, link);

        if (coming->reply.open && coming->reply.peer == peer)
            coming_give_up(coming, ERROR_OPERATION_ABORTED);
    }
}

/* ---- the broker's messages ---- */

void connect_note(const struct message_connect_noted *message)
{
    struct coming *coming = coming_find(message->operation);

    if (message->connected && !shell.ending) {
        shell.disconnected = false;
        output_keep_as(BUFFERING_none);
    }
    if (coming == NULL || !coming->told)
        return;
    if (coming->code == NO_ERROR && !message->connected) {
        coming->code = ERROR_OPERATION_ABORTED;
        coming->plugins_word = false;
    }
    coming_answer(coming);
}

void connect_make_void(const struct message_connect_void *message)
{
    struct coming *coming = coming_find(message->operation);

    if (coming != NULL) {
        coming_give_up(coming, ERROR_OPERATION_ABORTED);
        return;
    }
    ticket_void(&shell.tickets, message->sequence);
    channel_send(host.broker, shell_connected, .operation = message->operation,
                 .code = ERROR_OPERATION_ABORTED);
}

void connect_end(void)
{
    list_each(link, &comings) {
        struct coming *coming = container_of(link, struct coming, link);

        coming_forget_plugin(coming);
        coming->code = ERROR_OPERATION_ABORTED;
        coming->plugins_word = false;
        coming_answer(coming);
    }
}
