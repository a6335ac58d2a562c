/* SPDX-License-Identifier: ISC */

#include "host/send.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/entry.h"
#include "host/host.h"
#include "host/shell.h"
#include "host/target.h"

struct piece {
    struct list link;
    size_t stream; /* of the shell's input streams */
    bool end;
    uint32_t length;
    uint8_t data[];
};

static void send_late(struct loop_timer *timer)
{
    struct sender *sender = container_of(timer, struct sender, deadline);

    reply_send(&sender->reply, ERROR_WSMAN_OPERATION_TIMEDOUT);
}

void sender_init(struct target *target)
{
    list_init(&target->sender.pieces);
    target->sender.deadline.expired = send_late;
}

static void pieces_drop(struct sender *sender)
{
    list_each(link, &sender->pieces) {
        list_remove(link);
        free(container_of(link, struct piece, link));
    }
}

void sender_refuse(struct target *target, uint32_t code)
{
    pieces_drop(&target->sender);
    reply_send(&target->sender.reply, code);
}

void sender_free(struct target *target)
{
    sender_refuse(target, ERROR_OPERATION_ABORTED);
    loop_timer_stop(host.loop, &target->sender.deadline);
}

/* ---- to the plug-in ---- */

static void send_enter(struct request *request)
{
    struct follow_on *follow_on = request->owner;

    entry_begin("WSManPluginSend", 0);
    host.plugin.send(request->details, follow_on->flags, follow_on->shell_context,
                     follow_on->command_context, follow_on->text, &follow_on->data);
    entry_end(0);
}

static void sender_done(struct target *target, uint32_t code, const char *extended)
{
    struct sender *sender = &target->sender;

    pieces_drop(sender);
    sender->busy = false;
    loop_timer_stop(host.loop, &sender->deadline);
    if (code == NO_ERROR)
        reply_send(&sender->reply, NO_ERROR);
    else
        reply_send_plugin(&sender->reply, code, extended);
}

static void send_next(struct target *target);

static void send_completed(struct follow_on *follow_on, uint32_t code, const char *extended)
{
    if (code != NO_ERROR)
        sender_done(follow_on->target, code, extended);
    else
        send_next(follow_on->target);
}

static bool send_describe(struct follow_on *follow_on, const struct piece *piece)
{
    struct arena *arena = &follow_on->request->arena;

    follow_on->completed = send_completed;
    follow_on->flags = piece->end ? WSMAN_FLAG_SEND_NO_MORE_DATA : 0;
    follow_on->text = utf16_arena(arena, shell.inputs[piece->stream]);
    follow_on->data.type = WSMAN_DATA_TYPE_BINARY;
    follow_on->data.binaryData.data = arena_alloc(arena, piece->length + 1);
    follow_on->data.binaryData.dataLength = piece->length;
    if (follow_on->text == NULL || follow_on->data.binaryData.data == NULL)
        return false;
    memcpy(follow_on->data.binaryData.data, piece->data, piece->length);
    return true;
}

/* Gives the next piece to the plug-in; without one the message is done. */
static void send_next(struct target *target)
{
    struct sender *sender = &target->sender;
    struct follow_on *follow_on;
    struct piece *piece;

    if (list_empty(&sender->pieces) || target_is_over(target) || shell.ending) {
        sender_done(target, list_empty(&sender->pieces) ? NO_ERROR : ERROR_OPERATION_ABORTED, NULL);
        return;
    }
    piece = container_of(sender->pieces.next, struct piece, link);
    list_remove(&piece->link);
    follow_on = follow_on_new(target, REQUEST_send);
    if (follow_on != NULL && !send_describe(follow_on, piece)) {
        follow_on_free(follow_on);
        follow_on = NULL;
    }
    free(piece);
    if (follow_on != NULL) {
        request_limits(follow_on->request, sender->timeout, follow_on->request->room);
        request_envelope(follow_on->request, sender->envelope);
    }
    if (follow_on == NULL)
        sender_done(target, ERROR_NOT_ENOUGH_MEMORY, NULL);
    else if (!follow_on_submit(follow_on, send_enter))
        sender_done(target, ERROR_BUSY, NULL);
}

/* ---- a client's message ---- */

static bool input_stream(const char *name, size_t *stream)
{
    for (*stream = 0; *stream < shell.input_count; ++*stream)
        if (name != NULL && strcmp(shell.inputs[*stream], name) == 0)
            return true;
    return false;
}

static bool sender_collect(struct sender *sender, const struct ipc_items *items)
{
    for (uint32_t i = 0; i < items->count; i++) {
        const struct ipc_item *item = &items->item[i];
        struct piece *piece;
        size_t stream;

        if (!input_stream(item->name, &stream)) {
            pieces_drop(sender);
            return false;
        }
        piece = mem_alloc(sizeof(*piece) + item->length + 1);
        piece->stream = stream;
        piece->end = (item->flags & ITEM_END) != 0;
        piece->length = item->length;
        if (item->length > 0)
            memcpy(piece->data, item->value, item->length);
        list_append(&sender->pieces, &piece->link);
    }
    return true;
}

void sender_ask(struct target *target, struct reply reply, const struct message_send_input *message)
{
    struct sender *sender = &target->sender;
    uint32_t code = NO_ERROR;

    if (target_is_over(target))
        code = ERROR_WSMAN_COMMAND_TERMINATED;
    else if (sender->busy)
        code = ERROR_BUSY;
    else if (!sender_collect(sender, &message->streams))
        code = ERROR_WSMAN_SHELL_INVALID_INPUT_STREAM;
    if (code != NO_ERROR) {
        reply_send(&reply, code);
        return;
    }
    sender->busy = true;
    sender->reply = reply;
    sender->timeout = message->timeout;
    sender->envelope = message->max_envelope;
    loop_timer_start(host.loop, &sender->deadline, message->timeout);
    send_next(target);
}
