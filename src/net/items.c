/* SPDX-License-Identifier: ISC */

#include "net/items.h"

#include "net/net.h"
#include "net/respond.h"
#include "net/request.h"

void items_keep(struct request *request, enum message_type type, const void *message)
{
    struct items *items = &request->items;
    struct wsman_item *item = NULL;
    const void *kept = NULL;

    if (!items->full) {
        kept = message_keep(&request->arena, type, message);
        item = kept != NULL ? arena_alloc(&request->arena, sizeof(*item)) : NULL;
    }
    if (item == NULL) {
        items->full = true;
        return;
    }
    *item = (struct wsman_item){.type = type, .message = kept};
    if (items->newest == NULL)
        items->page.items = item;
    else
        items->newest->next = item;
    items->newest = item;
}

void items_end(struct request *request, const struct message_items_end *end)
{
    struct items *items = &request->items;

    items->page.context = arena_text(&request->arena, end->context);
    items->page.form = (enum item_form)end->form;
    items->page.last = end->last && !items->full;
    items->ended = items->page.context != NULL;
    if (items->ended)
        respond_items(request);
    else
        respond_code(request, FAULT_out_of_memory, NULL);
}

bool items_noted(struct request *request)
{
    struct items *items = &request->items;

    if (!items->ended)
        return false;
    items->noted = true;
    respond_items(request);
    return true;
}
