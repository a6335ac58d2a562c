/* SPDX-License-Identifier: ISC */

/*
 * Intrusive doubly linked ring. The head and every member are `struct list`; an unlinked member
 * points to itself, so that list_remove() may be called twice.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *previous;
};

#define container_of(pointer, type, member) \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* Walks the ring; the current member may be removed. */
#define list_each(item, head)                                                         \
    for (struct list *item = (head)->next, *item##_next = item->next; item != (head); \
         item = item##_next, item##_next = item->next)

static inline void list_init(struct list *list)
{
    list->next = list->previous = list;
}

static inline bool list_empty(const struct list *head)
{
    return head->next == head;
}

static inline void list_append(struct list *head, struct list *item)
{
    item->previous = head->previous;
    item->next = head;
    head->previous->next = item;
    head->previous = item;
}

static inline void list_prepend(struct list *head, struct list *item)
{
    list_append(head->next, item);
}

static inline void list_remove(struct list *item)
{
    item->previous->next = item->next;
    item->next->previous = item->previous;
    list_init(item);
}

/* Appends all members of `from`, in order; `from` is empty afterwards. */
static inline void list_append_all(struct list *head, struct list *from)
{
    while (!list_empty(from)) {
        struct list *item = from->next;

        list_remove(item);
        list_append(head, item);
    }
}

#endif
