/* SPDX-License-Identifier: ISC */

#include "host/receive.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/clock.h"
#include "host/command.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/shell.h"
#include "host/target.h"
#include "host/text16.h"

enum {
    GATHER_TIME = 5,       /* milliseconds a first byte waits for company */
    NOTING_PATIENCE = 500, /* milliseconds between Done and the command's own end */
    ROOM_LEAST = 512,
    ROOM_MOST = MESSAGE_SIZE_LIMIT / 2
};

static struct target *receiver_target(struct receiver *receiver)
{
    return container_of(receiver, struct target, receiver);
}

/* ---- life ---- */

static void output_changed(void *owner)
{
    receiver_consider(owner);
}

static void receiver_say(struct target *target, bool hurry);

static void deadline_passed(struct loop_timer *timer)
{
    struct target *target = receiver_target(container_of(timer, struct receiver, deadline));

    receiver_say(target, true);
    receiver_refuse(target, ERROR_WSMAN_OPERATION_TIMEDOUT);
}

static void gathered(struct loop_timer *timer)
{
    receiver_consider(receiver_target(container_of(timer, struct receiver, gather)));
}

static void noting_late(struct loop_timer *timer)
{
    struct receiver *receiver = container_of(timer, struct receiver, noting);

    receiver->noting_over = true;
    receiver_consider(receiver_target(receiver));
}

void receiver_init(struct target *target)
{
    struct receiver *receiver = &target->receiver;

    receiver->output = output_new(shell.outputs, shell.output_count, output_changed, target);
    receiver->deadline.expired = deadline_passed;
    receiver->gather.expired = gathered;
    receiver->noting.expired = noting_late;
    delivery_init(&receiver->delivery);
}

void receiver_free(struct target *target)
{
    struct receiver *receiver = &target->receiver;

    receiver_refuse(target, ERROR_OPERATION_ABORTED);
    loop_timer_stop(host.loop, &receiver->noting);
    delivery_free(&receiver->delivery);
    output_detach(receiver->output);
    output_unref(receiver->output);
    free(receiver->extended);
}

/* ---- asking the plug-in ---- */

static void receive_enter(struct request *request)
{
    struct follow_on *follow_on = request->owner;

    entry_begin("WSManPluginReceive", 0);
    host.plugin.receive(request->details, 0, follow_on->shell_context, follow_on->command_context,
                        &follow_on->streams);
    entry_end(0);
}

/*
 * The plug-in gave the receive up because nobody took its output while the shell was disconnected
 * (OutputBufferingMode None): it is asked anew. What it had handed over before is still there.
 */
static bool receiver_was_cut_off(const struct target *target)
{
    const struct receiver *receiver = &target->receiver;

    return receiver->over && receiver->code == ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED &&
           !target_is_over(target);
}

static uint32_t receiver_resume(struct target *target);

static void receive_completed(struct follow_on *follow_on, uint32_t code, const char *extended)
{
    struct receiver *receiver = &follow_on->target->receiver;

    receiver->over = true;
    receiver->code = code;
    receiver->extended = mem_text(extended);
    /* Its client is back already. */
    if (receiver->waiting.open && !receiver->resumed && receiver_was_cut_off(follow_on->target)) {
        code = receiver_resume(follow_on->target);
        if (code != NO_ERROR)
            receiver_refuse(follow_on->target, code);
    }
    receiver_consider(follow_on->target);
}

/* The limits are the first Receive's: the plug-in may ask for them as soon as it is entered. */
static uint32_t receiver_begin(struct target *target, uint64_t timeout, uint32_t room,
                               uint32_t envelope)
{
    struct receiver *receiver = &target->receiver;
    struct follow_on *follow_on = follow_on_new(target, REQUEST_receive);

    receiver->begun = false;
    if (follow_on == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    follow_on->completed = receive_completed;
    follow_on->request->output = output_ref(receiver->output);
    follow_on->streams = shell.output_set;
    request_limits(follow_on->request, timeout, room);
    request_envelope(follow_on->request, envelope);
    if (!follow_on_submit(follow_on, receive_enter))
        return ERROR_BUSY;
    receiver->request = follow_on->request;
    receiver->begun = true;
    return NO_ERROR;
}

static uint32_t receiver_resume(struct target *target)
{
    struct receiver *receiver = &target->receiver;

    receiver->over = false;
    receiver->code = NO_ERROR;
    free(receiver->extended);
    receiver->extended = NULL;
    receiver->resumed = true;
    output_reopen(receiver->output);
    return receiver_begin(target, receiver->timeout, receiver->room, receiver->envelope);
}

static uint64_t stream_bit(size_t stream)
{
    return (uint64_t)1 << stream;
}

/* Bits of the streams in a blank-separated list, all without one; 0: one is not the shell's. */
static uint64_t streams_asked(const struct receiver *receiver, const char *list)
{
    size_t count = 0;
    char **words = text_words(list, &count);
    uint64_t asked = 0;

    for (size_t i = 0; i < count; i++) {
        int stream = output_stream(receiver->output, words[i]);

        if (stream == OUTPUT_NO_STREAM) {
            asked = 0;
            break;
        }
        asked |= stream_bit((size_t)stream);
    }
    for (size_t i = 0; count == 0 && i < shell.output_count; i++)
        asked |= stream_bit(i);
    free(words);
    return asked;
}

static void receiver_send(struct receiver *receiver);

void receiver_ask(struct target *target, struct reply reply,
                  const struct message_receive_output *message)
{
    struct receiver *receiver = &target->receiver;
    uint64_t asked = streams_asked(receiver, message->streams);
    uint32_t room = message->room > ROOM_LEAST ? message->room : ROOM_LEAST;
    uint32_t code = NO_ERROR;

    if (delivery_repeat(&receiver->delivery, reply)) {
        receiver_send(receiver);
        return;
    }
    if (reply.name != 0 && receiver->waiting.open && receiver->waiting.name == reply.name)
        receiver_refuse(target, ERROR_OPERATION_ABORTED);
    if (room > ROOM_MOST)
        room = ROOM_MOST;
    if (asked == 0)
        code = ERROR_WSMAN_SHELL_INVALID_DESIRED_STREAMS;
    else if (receiver->waiting.open)
        code = ERROR_WINRS_RECEIVE_IN_PROGRESS;
    else if (!receiver->begun && !target_is_over(target))
        code = receiver_begin(target, message->timeout, room, message->max_envelope);
    if (code != NO_ERROR) {
        reply_send(&reply, code);
        return;
    }
    receiver->asked = asked;
    receiver->waiting = reply;
    receiver->room = room;
    receiver->timeout = message->timeout;
    receiver->envelope = message->max_envelope;
    receiver->resumed = false;
    if (receiver_was_cut_off(target)) {
        code = receiver_resume(target);
        if (code != NO_ERROR) {
            receiver_refuse(target, code);
            return;
        }
    }
    if (receiver->request != NULL) {
        request_limits(receiver->request, message->timeout, receiver->room);
        request_envelope(receiver->request, message->max_envelope);
    }
    loop_timer_start(host.loop, &receiver->deadline, request_wait(message->timeout));
    receiver_consider(target);
}

/* ---- answering ---- */

void receiver_refuse(struct target *target, uint32_t code)
{
    struct receiver *receiver = &target->receiver;

    loop_timer_stop(host.loop, &receiver->deadline);
    loop_timer_stop(host.loop, &receiver->gather);
    reply_send(&receiver->waiting, code);
}

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

/* Sends the answer that stands in the delivery, for the first time or once more. */
static void receiver_send(struct receiver *receiver)
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
    if (receiver->gather.position == 0)
        loop_timer_start(host.loop, &receiver->gather, due - now - 1);
    return false;
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
    if (view->done && receiver->noting.position == 0)
        loop_timer_start(host.loop, &receiver->noting, NOTING_PATIENCE);
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

/* ---- what clients and their connections do ---- */

bool receiver_cancel(struct target *target, const struct channel *channel, uint64_t request)
{
    if (!reply_matches(&target->receiver.waiting, channel, request))
        return false;
    receiver_refuse(target, ERROR_OPERATION_ABORTED);
    return true;
}

bool receiver_written(struct target *target, const struct channel *channel, uint64_t request,
                      bool delivered)
{
    struct receiver *receiver = &target->receiver;

    if (!delivery_end(&receiver->delivery, receiver->output, channel, request, delivered))
        return false;
    receiver_consider(target);
    return true;
}

void receiver_peer_gone(struct target *target, uint64_t peer)
{
    struct receiver *receiver = &target->receiver;

    if (receiver->waiting.open && receiver->waiting.peer == peer)
        receiver_refuse(target, ERROR_OPERATION_ABORTED);
    if (delivery_peer_gone(&receiver->delivery, receiver->output, peer))
        receiver_consider(target);
}
