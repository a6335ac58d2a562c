/* SPDX-License-Identifier: ISC */

#include "base/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

enum { EVENTS_A_TURN = 64 };

struct loop {
    int epoll;
    bool stopped;
    uint64_t now;
    struct epoll_event events[EVENTS_A_TURN];
    int event_count;
    struct loop_timer **timers; /* binary heap, first at [1] */
    size_t timer_count;
    size_t timer_room;
    struct list tasks;
    struct loop_watch wake;
    void (*woken)(void *context);
    void *woken_context;
};

static void loop_wake_ready(struct loop_watch *watch, uint32_t events)
{
    struct loop *loop = container_of(watch, struct loop, wake);
    uint64_t count;

    (void)events;
    if (read(watch->fd, &count, sizeof(count)) == (ssize_t)sizeof(count) && loop->woken != NULL)
        loop->woken(loop->woken_context);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_alloc(sizeof(*loop));

    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->wake =
        (struct loop_watch){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = loop_wake_ready};
    loop->now = clock_milliseconds();
    list_init(&loop->tasks);
    if (loop->epoll < 0 || loop->wake.fd < 0 || !loop_watch(loop, &loop->wake, EPOLLIN)) {
        loop_free(loop);
        return NULL;
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    if (loop->wake.fd >= 0)
        close(loop->wake.fd);
    if (loop->epoll >= 0)
        close(loop->epoll);
    free(loop->timers);
    free(loop);
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}

void loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    int saved = errno;

    if (write(loop->wake.fd, &one, sizeof(one)) < 0)
        errno = saved;
}

void loop_on_wake(struct loop *loop, void (*woken)(void *context), void *context)
{
    loop->woken = woken;
    loop->woken_context = context;
}

uint64_t loop_now(const struct loop *loop)
{
    return loop->now;
}

bool loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    watch->events = events;
    return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0;
}

void loop_rewatch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};

    if (watch->events == events)
        return;
    watch->events = events;
    epoll_ctl(loop->epoll, EPOLL_CTL_MOD, watch->fd, &event);
}

void loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->event_count; i++)
        if (loop->events[i].data.ptr == watch)
            loop->events[i].data.ptr = NULL;
}

static void timer_place(struct loop *loop, size_t position, struct loop_timer *timer)
{
    loop->timers[position] = timer;
    timer->position = position;
}

static void timer_rise(struct loop *loop, struct loop_timer *timer)
{
    size_t position = timer->position;

    while (position > 1 && loop->timers[position / 2]->at > timer->at) {
        timer_place(loop, position, loop->timers[position / 2]);
        position /= 2;
    }
    timer_place(loop, position, timer);
}

static void timer_sink(struct loop *loop, struct loop_timer *timer)
{
    size_t position = timer->position;

    for (;;) {
        size_t child = position * 2;

        if (child > loop->timer_count)
            break;
        if (child < loop->timer_count && loop->timers[child + 1]->at < loop->timers[child]->at)
            child++;
        if (loop->timers[child]->at >= timer->at)
            break;
        timer_place(loop, position, loop->timers[child]);
        position = child;
    }
    timer_place(loop, position, timer);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    size_t position = timer->position;
    struct loop_timer *last;

    if (position == 0)
        return;
    timer->position = 0;
    last = loop->timers[loop->timer_count--];
    if (last == timer)
        return;
    timer_place(loop, position, last);
    timer_rise(loop, last);
    timer_sink(loop, last);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t milliseconds)
{
    loop_timer_stop(loop, timer);
    if (loop->timer_count + 2 > loop->timer_room) {
        loop->timer_room = loop->timer_room > 0 ? loop->timer_room * 2 : 64;
        loop->timers = mem_resize(loop->timers, loop->timer_room, sizeof(struct loop_timer *));
    }
    /* One more: the clock of the turn may be a millisecond old, and a timer restarted with zero
     * must not keep its own turn going. */
    timer->at = loop->now + milliseconds + 1;
    timer_place(loop, ++loop->timer_count, timer);
    timer_rise(loop, timer);
}

void loop_defer(struct loop *loop, struct loop_task *task)
{
    if (task->waiting)
        return;
    task->waiting = true;
    list_append(&loop->tasks, &task->link);
}

void loop_defer_first(struct loop *loop, struct loop_task *task)
{
    loop_task_cancel(task);
    task->waiting = true;
    list_prepend(&loop->tasks, &task->link);
}

void loop_task_cancel(struct loop_task *task)
{
    if (task->waiting)
        list_remove(&task->link);
    task->waiting = false;
}

static int loop_patience(const struct loop *loop)
{
    uint64_t at;

    if (!list_empty(&loop->tasks))
        return 0;
    if (loop->timer_count == 0)
        return -1;
    at = loop->timers[1]->at;
    if (at <= loop->now)
        return 0;
    return at - loop->now > 60000 ? 60000 : (int)(at - loop->now);
}

static void loop_turn(struct loop *loop)
{
    loop->event_count = epoll_wait(loop->epoll, loop->events, EVENTS_A_TURN, loop_patience(loop));
    loop->now = clock_milliseconds();
    for (int i = 0; i < loop->event_count; i++) {
        struct loop_watch *watch = loop->events[i].data.ptr;

        if (watch != NULL)
            watch->ready(watch, loop->events[i].events);
    }
    loop->event_count = 0;
    while (loop->timer_count > 0 && loop->timers[1]->at <= loop->now) {
        struct loop_timer *timer = loop->timers[1];

        loop_timer_stop(loop, timer);
        timer->expired(timer);
    }
    while (!list_empty(&loop->tasks)) {
        struct loop_task *task = container_of(loop->tasks.next, struct loop_task, link);

        loop_task_cancel(task);
        task->run(task);
    }
}

void loop_run(struct loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        loop_turn(loop);
}
