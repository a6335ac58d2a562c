/* SPDX-License-Identifier: ISC */

/*
 * The items that the broker sends for an Enumerate or Pull, kept in the request's arena until they
 * are all there (items_end). As many as fit are written. When that is the last of them, the broker
 * is told before the client (items_fit), and its operation_ended has the answer sent: what a client
 * has seen the end of holds no slot any more.
 */
#ifndef NET_ITEMS_H
#define NET_ITEMS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"
#include "wsman/items.h"

struct request;

struct items {
    struct wsman_page page;
    struct wsman_item *newest;
    bool full;      /* one did not fit into the arena: it and all behind it are left for later */
    bool ended;     /* items_end has come */
    bool noted;     /* the broker knows that the last one fits */
    bool delivered; /* they are in the answer; operation_written says so */
    uint32_t taken; /* how many of them */
};

/* An item for this request. */
void items_keep(struct request *request, enum message_type type, const void *message);
/* That were all: answers, or tells the broker that the last one fits. */
void items_end(struct request *request, const struct message_items_end *end);
/* Is it the items of this request that the broker's operation_ended is about? Answers, then. */
bool items_noted(struct request *request);

#endif
