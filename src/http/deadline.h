/* SPDX-License-Identifier: ISC */

/*
 * Deadlines of many connections on few timers: one list per kind, sorted by time. New deadlines of
 * a kind nearly always belong at the end, so that setting one costs two pointers and no timer.
 */
#ifndef HTTP_DEADLINE_H
#define HTTP_DEADLINE_H

#include "base/list.h"
#include "base/loop.h"

/* Embedded in its owner. */
struct http_deadline {
    struct list link; /* empty when not set */
    uint64_t at;      /* of loop_now() */
};

struct http_deadline_list {
    struct loop *loop;
    struct list waiting; /* sorted, soonest first */
    struct loop_timer timer;
    void (*expired)(struct http_deadline *deadline);
};

void http_deadline_list_init(struct http_deadline_list *list, struct loop *loop,
                             void (*expired)(struct http_deadline *deadline));
void http_deadline_list_stop(struct http_deadline_list *list);

void http_deadline_init(struct http_deadline *deadline);
/* Sets or moves a deadline, also from another list. */
void http_deadline_set(struct http_deadline_list *list, struct http_deadline *deadline,
                       uint64_t at);
void http_deadline_clear(struct http_deadline *deadline);

#endif
