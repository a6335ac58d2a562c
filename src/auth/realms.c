/* SPDX-License-Identifier: ISC */

#include "auth/realms.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static struct ipc_items items_copy(const struct ipc_items *items)
{
    struct ipc_item *copy = mem_alloc((items->count + 1) * sizeof(*copy));
    uint32_t count = 0;

    for (uint32_t i = 0; i < items->count; i++)
        if (items->item[i].name != NULL)
            copy[count++] = (struct ipc_item){.name = mem_text(items->item[i].name)};
    return (struct ipc_items){.item = copy, .count = count};
}

static void items_free(struct ipc_items *items)
{
    for (uint32_t i = 0; i < items->count; i++)
        free((char *)(uintptr_t)items->item[i].name);
    free((struct ipc_item *)(uintptr_t)items->item);
    *items = (struct ipc_items){0};
}

static bool items_have(const struct ipc_items *items, const char *name)
{
    for (uint32_t i = 0; i < items->count; i++)
        if (strcmp(items->item[i].name, name) == 0)
            return true;
    return false;
}

struct ipc_items realms_accepted(const struct realms *realms)
{
    return realms->configured.count > 0 ? realms->configured : realms->offered;
}

/* Puts a copy of `fresh` into `place`, which is a member of `realms`. */
static bool realms_replace(struct realms *realms, struct ipc_items *place,
                           const struct ipc_items *fresh)
{
    struct ipc_items accepted = realms_accepted(realms);
    struct ipc_items before = items_copy(&accepted);
    bool less = false;

    items_free(place);
    *place = items_copy(fresh);
    accepted = realms_accepted(realms);
    for (uint32_t i = 0; i < before.count; i++)
        less |= !items_have(&accepted, before.item[i].name);
    items_free(&before);
    return less;
}

bool realms_configure(struct realms *realms, const struct ipc_items *configured)
{
    return realms_replace(realms, &realms->configured, configured);
}

bool realms_offer(struct realms *realms, const struct ipc_items *offered)
{
    /* Without keys nobody gets in, and who is in may stay: they may be back in a moment. */
    return offered->count > 0 && realms_replace(realms, &realms->offered, offered);
}

void realms_clear(struct realms *realms)
{
    items_free(&realms->configured);
    items_free(&realms->offered);
}
