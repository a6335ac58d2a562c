/* SPDX-License-Identifier: ISC */

#include "host/delivery.h"

#include <stdlib.h>

enum { HELD_LIMIT = 2 * 1024 * 1024 }; /* bytes of written answers, of all commands together */

static struct list holders = {&holders, &holders};
static size_t held_total;

void delivery_init(struct delivery *delivery)
{
    list_init(&delivery->kept);
    list_init(&delivery->held);
    list_init(&delivery->link);
}

/* What was held is somebody else's now. */
static void held_leave(struct delivery *delivery)
{
    held_total -= delivery->held_size;
    delivery->held_size = 0;
    delivery->written.open = false;
    list_remove(&delivery->link);
}

static void held_drop(struct delivery *delivery)
{
    output_free_chunks(&delivery->held);
    held_leave(delivery);
}

void delivery_free(struct delivery *delivery)
{
    output_free_chunks(&delivery->kept);
    held_drop(delivery);
    free(delivery->end.state_uri);
}

void delivery_begin(struct delivery *delivery, struct reply reply)
{
    held_drop(delivery);
    delivery->sent = reply;
}

bool delivery_repeat(struct delivery *delivery, struct reply reply)
{
    if (reply.name == 0)
        return false;
    if (delivery->sent.open && delivery->sent.name == reply.name) {
        delivery->sent = reply;
        return true;
    }
    if (!delivery->written.open || delivery->written.name != reply.name)
        return false;
    while (!list_empty(&delivery->held)) {
        struct list *link = delivery->held.next;

        list_remove(link);
        list_append(&delivery->kept, link);
    }
    held_leave(delivery);
    delivery->sent = reply;
    return true;
}

static void kept_hold(struct delivery *delivery)
{
    delivery->written = delivery->sent;
    delivery->sent.open = false;
    while (!list_empty(&delivery->kept)) {
        struct list *link = delivery->kept.next;

        delivery->held_size += container_of(link, struct output_chunk, link)->length;
        list_remove(link);
        list_append(&delivery->held, link);
    }
    held_total += delivery->held_size;
    list_append(&holders, &delivery->link);
    while (held_total > HELD_LIMIT)
        held_drop(container_of(holders.next, struct delivery, link));
}

/* The latest answer did not arrive. */
static void give_back(struct delivery *delivery, struct output *output, struct list *chunks)
{
    if (delivery->end.state != COMMAND_STATE_none)
        output_state_again(output);
    delivery->told_end &= ~delivery->end.ended;
    output_give_back(output, chunks);
}

static void kept_give_back(struct delivery *delivery, struct output *output)
{
    delivery->sent.open = false;
    give_back(delivery, output, &delivery->kept);
}

bool delivery_end(struct delivery *delivery, struct output *output, const struct channel *channel,
                  uint64_t request, bool delivered)
{
    if (reply_matches(&delivery->sent, channel, request)) {
        if (delivered)
            kept_hold(delivery);
        else
            kept_give_back(delivery, output);
        return true;
    }
    if (!reply_matches(&delivery->written, channel, request))
        return false;
    if (!delivered) {
        give_back(delivery, output, &delivery->held);
        held_leave(delivery);
    }
    return true;
}

bool delivery_peer_gone(struct delivery *delivery, struct output *output, uint64_t peer)
{
    if (!delivery->sent.open || delivery->sent.peer != peer)
        return false;
    kept_give_back(delivery, output);
    return true;
}
