/* SPDX-License-Identifier: ISC */

/*
 * The event loop of a process: descriptors (epoll, level-triggered), timers and tasks for the end
 * of the turn. One loop belongs to one thread; nothing here may be called from another one, except
 * loop_wake().
 */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "base/list.h"

struct loop;

/* A watched descriptor; embedded in its owner, who keeps it until loop_unwatch(). */
struct loop_watch {
    int fd;
    uint32_t events; /* EPOLLIN and friends, as last asked for */
    void (*ready)(struct loop_watch *watch, uint32_t events);
};

/* A timer; embedded in its owner. Zeroed memory is a stopped timer. */
struct loop_timer {
    void (*expired)(struct loop_timer *timer);
    uint64_t at;     /* milliseconds of loop_now() */
    size_t position; /* in the heap, counted from 1; 0: stopped */
};

/* Work for the end of this turn; embedded in its owner. Zeroed memory is an idle task. */
struct loop_task {
    void (*run)(struct loop_task *task);
    struct list link;
    bool waiting;
};

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Runs turns until loop_stop(). */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Makes the loop turn once; may be called from any thread and from a signal handler. */
void loop_wake(struct loop *loop);
/* Called (on the loop's thread) in the turn that loop_wake() caused. */
void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context);

/* Milliseconds of CLOCK_MONOTONIC, read once a turn. */
uint64_t loop_now(const struct loop *loop);

bool loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events);
void loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events);
/* Afterwards `ready` is not called again, also not for events of this turn. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* (Re)starts a timer; it fires once, not before `milliseconds` have passed. */
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t milliseconds);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* Runs `task` once at the end of this turn, however often it is asked for. */
void loop_defer(struct loop *loop, struct loop_task *task);
/* The same, ahead of every task that waits now. */
void loop_defer_first(struct loop *loop, struct loop_task *task);
void loop_task_cancel(struct loop_task *task);

#endif
