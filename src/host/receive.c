/* SPDX-License-Identifier: ISC */

#include "host/receive.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/shell.h"
#include "host/target.h"
#include "host/text16.h"

enum { ROOM_LEAST = 512, ROOM_MOST = MESSAGE_SIZE_LIMIT / 2 };

/* ---- life ---- */

static void output_changed(void *owner)
{
    receiver_consider(owner);
}

static void deadline_passed(struct loop_timer *timer)
{
    struct receiver *receiver = container_of(timer, struct receiver, deadline);
    struct target *target = container_of(receiver, struct target, receiver);

    receiver_flush(target);
    receiver_refuse(target, ERROR_WSMAN_OPERATION_TIMEDOUT);
}

void receiver_init(struct target *target)
{
    struct receiver *receiver = &target->receiver;

    receiver->output = output_new(shell.outputs, shell.output_count, output_changed, target);
    receiver->deadline.expired = deadline_passed;
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
