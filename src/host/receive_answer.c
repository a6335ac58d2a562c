/* SPDX-License-Identifier: ISC */

/*
 * The answer to the message that waits (receive.h): when it is time for one, because there is
 * enough to say or nothing more will come, and what it says.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "host/command.h"
#include "host/host.h"
#include "host/receive.h"
#include "host/shell.h"
#include "host/target.h"

enum {
    GATHER_TIME = 5,      /* milliseconds a first byte waits for company */
    NOTING_PATIENCE = 500 /* milliseconds between Done and the command's own end */
};

/* ---- what it says ---- */

/* Ends of streams, behind the chunks. */
static uint32_t items_of_ends(uint64_t ended, struct ipc_item *items, uint32_t count)
{
    for (size_t i = 0; i < shell.output_count; i++)
        if ((ended & stream_bit(i)) != 0)
            items[count++] =
                (struct ipc_item){.name = shell.outputs[i], .value = "", .flags = ITEM_END};
    return count;
}

static size_t list_length(const struct list *list)
{
    size_t count = 0;

    for (const struct list *link = list->next; link != list; link = link->next)
        count++;
    return count;
}

static uint32_t items_of_chunks(const struct list *chunks, struct ipc_item *items)
{
    uint32_t count = 0;

    for (const struct list *link = chunks->next; link != chunks; link = link->next) {
        const struct output_chunk *chunk = container_of(link, struct output_chunk, link);

        items[count++] = (struct ipc_item){.name = shell.outputs[chunk->stream],
                                           .value = chunk->data + chunk->offset,
                                           .length = (uint32_t)(chunk->length - chunk->offset),
                                           .flags = chunk->end ? ITEM_END : 0};
    }
    return count;
}

void receiver_send(struct receiver *receiver)
{
    const struct delivery *delivery = &receiver->delivery;
    const struct delivery_end *end = &delivery->end;
    struct channel *channel = reply_channel(&delivery->sent);
    struct message_output message = {.request = delivery->sent.request,
                                     .state = end->state,
                                     .state_uri = end->state_uri,
                                     .exit_code = end->exit_code};
    struct ipc_item *items;

    if (channel == NULL)
        return;
    items = mem_alloc((list_length(&delivery->kept) + shell.output_count) * sizeof(*items));
    message.chunks.item = items;
    message.chunks.count = items_of_chunks(&delivery->kept, items);
    message.chunks.count = items_of_ends(end->ended, items, message.chunks.count);
    channel_write(channel, MESSAGE_output, &message);
    free(items);
}

/* The streams that are over and whose end no answer has told: the plug-in may leave that to us. */
static uint64_t streams_to_end(const struct target *target, const struct output_view *view)
{
    const struct receiver *receiver = &target->receiver;

    if (target->command != NULL && !shell.text)
        return 0;
    return receiver->asked & ~view->ended &
           (target->command != NULL ? UINT64_MAX : ~receiver->delivery.told_end);
}

/* What the answer says besides its chunks (docs/protocol.md, P-4.9.2 and P-4.9.5). */
static struct delivery_end receiver_end(const struct target *target, const struct output_view *view,
                                        bool final)
{
    struct delivery_end end = {.state = COMMAND_STATE_none};

    if (final)
        end.ended = streams_to_end(target, view);
    if (target->command == NULL)
        return end;
    if (final)
        end.state = COMMAND_STATE_done;
    else if (view->state != COMMAND_STATE_done && (shell.text || view->news))
        end.state = view->state;
    if (end.state == COMMAND_STATE_none && shell.text)
        end.state = COMMAND_STATE_running;
    if (end.state == COMMAND_STATE_other)
        end.state_uri = mem_text(view->state_uri);
    end.exit_code = final && view->done ? view->exit_code : 0;
    return end;
}

/* Sends what there is; with `final` and if it all fits, the command's end with it. */
static void receiver_answer(struct target *target, const struct output_view *view, bool final)
{
    struct receiver *receiver = &target->receiver;
    struct delivery *delivery = &receiver->delivery;
    struct output_view rest;

    output_take(receiver->output, receiver->asked, receiver->room,
                LIMIT_CHUNKS - shell.output_count, &delivery->kept);
    output_look(receiver->output, receiver->asked, &rest);
    free(rest.state_uri);
    delivery_begin(delivery, receiver->waiting);
    free(delivery->end.state_uri);
    delivery->end = receiver_end(target, view, final && rest.chunks == 0);
    delivery->told_end |= delivery->end.ended;
    receiver->waiting.open = false;
    loop_timer_stop(host.loop, &receiver->deadline);
    loop_timer_stop(host.loop, &receiver->gather);
    receiver_send(receiver);
}

void receiver_refuse(struct target *target, uint32_t code)
{
    struct receiver *receiver = &target->receiver;

    loop_timer_stop(host.loop, &receiver->deadline);
    loop_timer_stop(host.loop, &receiver->gather);
    reply_send(&receiver->waiting, code);
}

/* ---- whether it is time ---- */

/* The code with which everything ended, if it was an error; 0 if not, or not yet. */
static uint32_t receiver_error(const struct target *target, const struct output_view *view,
                               const char **extended)
{
    const struct receiver *receiver = &target->receiver;
    const struct request *command = target->command != NULL ? target->command->request : NULL;

    *extended = receiver->extended;
    if (view->done)
        return NO_ERROR;
    if (receiver->over && receiver->code != NO_ERROR)
        return receiver->code;
    if (!target_is_noted(target) || command == NULL)
        return NO_ERROR;
    *extended = command->extended;
    return command->code;
}

static void gathered(struct loop_timer *timer)
{
    struct receiver *receiver = container_of(timer, struct receiver, gather);

    receiver_consider(container_of(receiver, struct target, receiver));
}

static bool receiver_has_enough(struct receiver *receiver, const struct output_view *view)
{
    uint64_t now = clock_milliseconds();
    uint64_t due = view->first_at + GATHER_TIME;

    if (view->flush && !view->done)
        return true;
    if (view->chunks == 0)
        return false;
    if (view->bytes >= receiver->room)
        return true;
    if (now >= due)
        return true;
    if (receiver->gather.position == 0) {
        receiver->gather.expired = gathered;
        loop_timer_start(host.loop, &receiver->gather, due - now - 1);
    }
    return false;
}

static void noting_late(struct loop_timer *timer)
{
    struct receiver *receiver = container_of(timer, struct receiver, noting);

    receiver->noting_over = true;
    receiver_consider(container_of(receiver, struct target, receiver));
}

/*
 * Nothing more will come: the plug-in said Done, or completed everything there is to complete. It
 * is shown when the broker has taken note of the command's end. Of the shell itself the end of its
 * streams is told, once.
 */
static bool receiver_is_final(struct target *target, const struct output_view *view)
{
    struct receiver *receiver = &target->receiver;

    if (target->command == NULL)
        return receiver->over && streams_to_end(target, view) != 0;
    if (!(view->done || target_is_over(target)))
        return false;
    if (target_is_noted(target) || (view->done && receiver->noting_over))
        return true;
    if (view->done && receiver->noting.position == 0) {
        receiver->noting.expired = noting_late;
        loop_timer_start(host.loop, &receiver->noting, NOTING_PATIENCE);
    }
    return false;
}

/* Answers the waiting message if it is time to; with `hurry` whatever there is goes. */
static void receiver_say(struct target *target, bool hurry)
{
    struct receiver *receiver = &target->receiver;
    struct output_view view;
    const char *extended;
    uint32_t code;

    if (!receiver->waiting.open || receiver->delivery.sent.open)
        return;
    output_look(receiver->output, receiver->asked, &view);
    code = receiver_error(target, &view, &extended);
    if (code != NO_ERROR) {
        output_clear(receiver->output);
        loop_timer_stop(host.loop, &receiver->deadline);
        loop_timer_stop(host.loop, &receiver->gather);
        reply_send_plugin(&receiver->waiting, code, extended);
    } else if (receiver_is_final(target, &view)) {
        receiver_answer(target, &view, true);
    } else if (hurry ? view.chunks > 0 : receiver_has_enough(receiver, &view)) {
        receiver_answer(target, &view, false);
    }
    free(view.state_uri);
}

void receiver_consider(struct target *target)
{
    receiver_say(target, false);
}

void receiver_flush(struct target *target)
{
    receiver_say(target, true);
}
