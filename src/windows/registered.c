/* SPDX-License-Identifier: ISC */

/*
 * A registered wait is an object, for its handle's sake, that nobody can wait for. It holds a
 * reference to itself while it is armed or its callback is under way, and one by its handle.
 */

#include "windows/registered.h"

#include <limits.h>
#include <stdlib.h>

#include "windows/begin.h"
#include "windows/foreign.h"
#include "windows/object.h"
#include "windows/wait.h"

struct registered {
    struct object object;
    struct waiter waiter;
    struct wait_link wait;
    struct list link; /* in `limited` while a time limit runs */
    struct work work;
    WAITORTIMERCALLBACK callback;
    PVOID context;
    DWORD milliseconds;
    int64_t expires; /* of the monotonic clock, in ns */
    bool once;
    bool armed;
    bool busy; /* the callback is queued or runs */
    bool timed_out;
    bool unregistered;
    DWORD thread; /* that runs the callback; 0: none */
    pthread_cond_t idle;
    struct object *completion; /* set when the last callback has returned */
};

static struct list limited = {&limited, &limited};

static bool registered_signalled(const struct object *object, DWORD thread)
{
    (void)object;
    (void)thread;
    return false;
}

static void registered_destroy(struct object *object)
{
    struct registered *registered = container_of(object, struct registered, object);

    object_unref(registered->wait.object);
    object_unref(registered->completion);
    pthread_cond_destroy(&registered->idle);
    free(registered);
}

static const struct object_kind registered_kind = {registered_signalled, NULL, registered_destroy};

bool object_is_registered(const struct object *object)
{
    return object->kind == &registered_kind;
}

/* ---- firing; the dispatcher is held ---- */

/* The wait is over one way or the other; its callback takes over the reference of the wait. */
static void registered_fire(struct registered *registered, bool timed_out)
{
    registered->armed = false;
    registered->busy = true;
    registered->timed_out = timed_out;
    list_remove(&registered->link);
    pool_add(&registered->work);
}

static void registered_then(struct waiter *waiter)
{
    registered_fire(container_of(waiter, struct registered, waiter), false);
}

/* Takes over one reference of the caller. */
static void registered_arm(struct registered *registered)
{
    registered->armed = true;
    waiter_begin(&registered->waiter);
    if (registered->waiter.satisfied) {
        registered_fire(registered, false);
    } else if (registered->milliseconds != INFINITE) {
        registered->expires = clock_nanoseconds() + (int64_t)registered->milliseconds * 1000000;
        list_append(&limited, &registered->link);
        watcher_poke();
    }
}

int registered_expire(void)
{
    int64_t now = clock_nanoseconds();
    int64_t nearest = INT64_MAX;

    list_each(link, &limited) {
        struct registered *registered = container_of(link, struct registered, link);

        if (registered->expires <= now) {
            waiter_end(&registered->waiter);
            registered_fire(registered, true);
        } else if (registered->expires < nearest) {
            nearest = registered->expires;
        }
    }
    if (nearest == INT64_MAX)
        return -1;
    nearest = (nearest - now + 999999) / 1000000;
    return nearest < INT_MAX ? (int)nearest : INT_MAX;
}

/* ---- the callback ---- */

static void registered_finished(struct registered *registered)
{
    registered->busy = false;
    registered->thread = 0;
    pthread_cond_broadcast(&registered->idle);
    if (!registered->unregistered && !registered->once) {
        registered_arm(registered); /* goes on with the reference that the callback had */
        return;
    }
    if (registered->completion != NULL)
        event_set(registered->completion);
    object_unref(&registered->object);
}

static void registered_run(struct work *work)
{
    struct registered *registered = container_of(work, struct registered, work);
    bool wanted;

    dispatcher_lock();
    registered->thread = GetCurrentThreadId();
    wanted = !registered->unregistered;
    dispatcher_unlock();
    if (wanted)
        registered->callback(registered->context, registered->timed_out ? TRUE : FALSE);
    dispatcher_lock();
    registered_finished(registered);
    dispatcher_unlock();
}

/* ---- for plug-ins ---- */

static DWORD registered_refusal(const HANDLE *wait, WAITORTIMERCALLBACK callback, DWORD flags)
{
    const DWORD known = WT_EXECUTEINIOTHREAD | WT_EXECUTEINUITHREAD | WT_EXECUTEINWAITTHREAD |
                        WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION | WT_EXECUTEINPERSISTENTTHREAD |
                        WT_TRANSFER_IMPERSONATION;

    /* The upper half may carry a limit of threads (WT_SET_MAX_THREADPOOL_THREADS). */
    if (wait == NULL || callback == NULL || (flags & 0xffff & ~known) != 0)
        return ERROR_INVALID_PARAMETER;
    return (flags & WT_TRANSFER_IMPERSONATION) != 0 ? ERROR_NOT_SUPPORTED : NO_ERROR;
}

BOOL WINAPI RegisterWaitForSingleObject(HANDLE *wait, HANDLE object, WAITORTIMERCALLBACK callback,
                                        PVOID context, DWORD milliseconds, DWORD flags)
{
    DWORD refusal = registered_refusal(wait, callback, flags);
    struct registered *registered;
    HANDLE handle;

    if (refusal != NO_ERROR) {
        SetLastError(refusal);
        return FALSE;
    }
    *wait = NULL;
    if (!watcher_begin() || !pool_begin())
        return FALSE;
    registered = calloc(1, sizeof(*registered));
    if (registered == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    registered->wait.object = wait_object(object, true);
    if (registered->wait.object == NULL) {
        free(registered);
        return FALSE;
    }
    object_init(&registered->object, &registered_kind);
    condition_init(&registered->idle);
    list_init(&registered->link);
    registered->waiter =
        (struct waiter){.links = &registered->wait, .count = 1, .then = registered_then};
    registered->work.run = registered_run;
    registered->callback = callback;
    registered->context = context;
    registered->milliseconds = milliseconds;
    registered->once = (flags & WT_EXECUTEONLYONCE) != 0;
    dispatcher_lock();
    handle = handle_new(&registered->object);
    if (handle != NULL) {
        registered->object.references++;
        *wait = handle; /* before the callback can begin: it may want to unregister itself */
        registered_arm(registered);
    }
    dispatcher_unlock();
    return handle != NULL;
}

/* Held. False: a callback has not returned, and the caller is not to wait for it. */
static bool registered_leave(struct registered *registered, bool blocking)
{
    if (registered->armed) {
        registered->armed = false;
        waiter_end(&registered->waiter);
        list_remove(&registered->link);
        object_unref(&registered->object);
    }
    if (!registered->busy)
        return true;
    if (!blocking || registered->thread == GetCurrentThreadId())
        return false;
    while (registered->busy) {
        /* By the dispatcher's own lock. */
        dispatcher_sleep(&registered->idle, NULL);
    }
    return true;
}

static BOOL registered_unregister(HANDLE wait, struct object *completion, bool blocking)
{
    struct registered *registered;
    struct object *object;
    bool idle;

    dispatcher_lock();
    object = handle_object(wait);
    if (object == NULL || !object_is_registered(object)) {
        object_unref(completion);
        dispatcher_unlock();
        SetLastError(ERROR_INVALID_HANDLE);
        return FALSE;
    }
    handle_end(wait);
    registered = container_of(object, struct registered, object);
    registered->unregistered = true;
    idle = registered_leave(registered, blocking);
    if (!idle)
        registered->completion = completion;
    else if (completion != NULL) {
        event_set(completion);
        object_unref(completion);
    }
    object_unref(object);
    dispatcher_unlock();
    if (!idle)
        SetLastError(ERROR_IO_PENDING);
    return idle;
}

BOOL WINAPI UnregisterWait(HANDLE wait)
{
    return registered_unregister(wait, NULL, false);
}

BOOL WINAPI UnregisterWaitEx(HANDLE wait, HANDLE completion)
{
    struct object *event = NULL;

    if (completion == INVALID_HANDLE_VALUE)
        return registered_unregister(wait, NULL, true);
    if (completion != NULL) {
        event = object_of_handle(completion);
        if (event == NULL || !object_is_event(event)) {
            dispatcher_lock();
            object_unref(event);
            dispatcher_unlock();
            SetLastError(ERROR_INVALID_HANDLE);
            return FALSE;
        }
    }
    return registered_unregister(wait, event, false);
}
