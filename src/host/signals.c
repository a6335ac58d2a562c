/* SPDX-License-Identifier: ISC */

#include "host/signals.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/command.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/shell.h"
#include "host/target.h"

#include "operations.h"

struct signal {
    struct list link;
    struct target *target;
    struct reply reply;
    struct loop_timer deadline;
    char *code;
    bool terminate;
    uint64_t timeout; /* of the message, and its answer's bytes: the plug-in may ask for them */
    uint32_t envelope;
};

struct reply *signal_reply(struct list *link)
{
    return &container_of(link, struct signal, link)->reply;
}

static void signal_late(struct loop_timer *timer)
{
    struct signal *signal = container_of(timer, struct signal, deadline);

    reply_send(&signal->reply, ERROR_WSMAN_OPERATION_TIMEDOUT);
}

static void signal_free(struct signal *signal)
{
    loop_timer_stop(host.loop, &signal->deadline);
    list_remove(&signal->link);
    free(signal->code);
    free(signal);
}

static void signal_end(struct signal *signal, uint32_t code)
{
    reply_send(&signal->reply, code);
    signal_free(signal);
}

static struct signal *first_signal(const struct list *signals)
{
    return list_empty(signals) ? NULL : container_of(signals->next, struct signal, link);
}

void signals_init(struct target *target)
{
    list_init(&target->signals.waiting);
    list_init(&target->signals.enders);
}

void signals_free(struct target *target)
{
    signals_refuse(target, ERROR_OPERATION_ABORTED);
    while (first_signal(&target->signals.waiting) != NULL)
        signal_free(first_signal(&target->signals.waiting));
    while (first_signal(&target->signals.enders) != NULL)
        signal_free(first_signal(&target->signals.enders));
}

/* ---- to the plug-in ---- */

static void signal_enter(struct request *request)
{
    struct follow_on *follow_on = request->owner;

    entry_begin("WSManPluginSignal", 0);
    host.plugin.signal(request->details, 0, follow_on->shell_context, follow_on->command_context,
                       follow_on->text);
    entry_end(0);
}

static void signal_next(struct target *target);

/* Terminate has been done: the answer waits for the command's end. */
static void signal_ends_command(struct signal *signal)
{
    struct target *target = signal->target;

    list_remove(&signal->link);
    list_append(&target->signals.enders, &signal->link);
    /* A thread of the plug-in that waits for a reader would keep the command from ending. */
    output_overflow(target->receiver.output);
    command_expect_end(target->command);
}

static void signal_completed(struct follow_on *follow_on, uint32_t code, const char *extended)
{
    struct target *target = follow_on->target;
    struct signal *signal = follow_on->subject;

    target->signals.busy = false;
    if (signal->terminate && target->command != NULL &&
        (code == NO_ERROR || target_is_over(target)))
        signal_ends_command(signal);
    else if (code == NO_ERROR) {
        signal_end(signal, NO_ERROR);
    } else {
        reply_send_plugin(&signal->reply, code, extended);
        signal_free(signal);
    }
    if (target_is_over(target))
        signals_over(target);
    else
        signal_next(target);
}

static uint32_t signal_submit(struct signal *signal)
{
    struct follow_on *follow_on = follow_on_new(signal->target, REQUEST_signal);

    if (follow_on == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    follow_on->completed = signal_completed;
    follow_on->subject = signal;
    request_limits(follow_on->request, signal->timeout, follow_on->request->room);
    request_envelope(follow_on->request, signal->envelope);
    follow_on->text = utf16_arena(&follow_on->request->arena, signal->code);
    if (follow_on->text == NULL) {
        follow_on_free(follow_on);
        return ERROR_INVALID_PARAMETER;
    }
    return follow_on_submit(follow_on, signal_enter) ? NO_ERROR : ERROR_BUSY;
}

static void signal_next(struct target *target)
{
    struct signal *signal;

    while (!target->signals.busy && (signal = first_signal(&target->signals.waiting)) != NULL) {
        uint32_t code = signal_submit(signal);

        if (code == NO_ERROR)
            target->signals.busy = true;
        else
            signal_end(signal, code);
    }
}

/* ---- a client's message ---- */

void signals_ask(struct target *target, struct reply reply,
                 const struct message_signal_command *message)
{
    struct signal *signal = mem_alloc(sizeof(*signal));

    signal->target = target;
    signal->reply = reply;
    signal->code = mem_text(message->code != NULL ? message->code : "");
    signal->timeout = message->timeout;
    signal->envelope = message->max_envelope;
    signal->terminate = text_equal_case(signal->code, SHELL "/signal/terminate");
    signal->deadline.expired = signal_late;
    loop_timer_start(host.loop, &signal->deadline, message->timeout);
    list_append(&target->signals.waiting, &signal->link);
    if (target_is_over(target))
        signals_over(target);
    else
        signal_next(target);
}

void signals_over(struct target *target)
{
    list_each(link, &target->signals.waiting) {
        struct signal *signal = container_of(link, struct signal, link);
        bool with_plugin = target->signals.busy && target->signals.waiting.next == link;

        if (with_plugin)
            continue;
        if (signal->terminate && target->command != NULL)
            signal_ends_command(signal);
        else
            signal_end(signal, NO_ERROR);
    }
}

bool signals_noted(struct target *target)
{
    bool terminated = !list_empty(&target->signals.enders);

    while (first_signal(&target->signals.enders) != NULL)
        signal_end(first_signal(&target->signals.enders), NO_ERROR);
    return terminated;
}

static void list_refuse(struct list *signals, uint32_t code)
{
    list_each(link, signals)
        reply_send(&container_of(link, struct signal, link)->reply, code);
}

void signals_refuse(struct target *target, uint32_t code)
{
    list_refuse(&target->signals.waiting, code);
    list_refuse(&target->signals.enders, code);
}

static bool list_cancel(struct list *signals, const struct channel *channel, uint64_t request)
{
    list_each(link, signals) {
        struct signal *signal = container_of(link, struct signal, link);

        if (!reply_matches(&signal->reply, channel, request))
            continue;
        reply_abandon(&signal->reply);
        return true;
    }
    return false;
}

bool signals_cancel(struct target *target, const struct channel *channel, uint64_t request)
{
    return list_cancel(&target->signals.waiting, channel, request) ||
           list_cancel(&target->signals.enders, channel, request);
}
