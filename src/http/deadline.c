/* SPDX-License-Identifier: ISC */

#include "http/deadline.h"

static struct http_deadline *deadline_of(struct list *link)
{
    return container_of(link, struct http_deadline, link);
}

/* The timer stands at the time of some deadline that may be gone; then it only looks again. */
static void arm(struct http_deadline_list *list, uint64_t at)
{
    uint64_t now = loop_now(list->loop);

    if (list->timer.position == 0 || list->timer.at > at + 1)
        loop_timer_start(list->loop, &list->timer, at > now ? at - now : 0);
}

static void list_expired(struct loop_timer *timer)
{
    struct http_deadline_list *list = container_of(timer, struct http_deadline_list, timer);

    while (!list_empty(&list->waiting)) {
        struct http_deadline *first = deadline_of(list->waiting.next);

        if (first->at > loop_now(list->loop)) {
            arm(list, first->at);
            return;
        }
        list_remove(&first->link);
        list->expired(first);
    }
}

void http_deadline_list_init(struct http_deadline_list *list, struct loop *loop,
                             void (*expired)(struct http_deadline *deadline))
{
    *list = (struct http_deadline_list){
        .loop = loop, .timer = {.expired = list_expired}, .expired = expired};
    list_init(&list->waiting);
}

void http_deadline_list_stop(struct http_deadline_list *list)
{
    loop_timer_stop(list->loop, &list->timer);
}

void http_deadline_init(struct http_deadline *deadline)
{
    list_init(&deadline->link);
}

void http_deadline_set(struct http_deadline_list *list, struct http_deadline *deadline, uint64_t at)
{
    struct list *before = list->waiting.previous;

    if (!list_empty(&deadline->link)) {
        if (before == &deadline->link)
            before = before->previous;
        list_remove(&deadline->link);
    }
    while (before != &list->waiting && deadline_of(before)->at > at)
        before = before->previous;
    deadline->at = at;
    list_prepend(before, &deadline->link);
    arm(list, at);
}

void http_deadline_clear(struct http_deadline *deadline)
{
    list_remove(&deadline->link);
}
