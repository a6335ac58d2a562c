/* SPDX-License-Identifier: ISC */

/*
 * What can be waited for. One lock, the dispatcher's, guards the state of every object, every wait
 * and the table of handles; it is held for a few instructions and never while code of a plug-in
 * or of the host runs. An object that becomes signalled looks through who waits for it, in order,
 * and satisfies whom it can there and then: a ResetEvent right behind a SetEvent takes nothing
 * back from a thread that was waiting.
 *
 * Objects are counted: one reference for each handle and for each wait.
 */
#ifndef WINDOWS_OBJECT_H
#define WINDOWS_OBJECT_H

#include <windows.h>

#include <pthread.h>
#include <stdbool.h>

#include "base/list.h"

struct object;
struct waiter;

struct object_kind {
    /* Could this thread's wait be satisfied now? */
    bool (*signalled)(const struct object *object, DWORD thread);
    /* It is: consumes what a wait consumes. True: the mutex was abandoned. NULL: nothing to do. */
    bool (*take)(struct object *object, DWORD thread);
    void (*destroy)(struct object *object); /* dispatcher held, last reference gone */
};

struct object {
    const struct object_kind *kind;
    unsigned references;
    struct list waits; /* of struct wait_link, in order of arrival */
};

struct wait_link {
    struct list link;
    struct object *object;
    struct waiter *waiter;
};

/* One wait for one or more objects. Either a thread sleeps on `woken`, or `then` is called. */
struct waiter {
    struct wait_link *links;
    DWORD count;
    bool all;
    DWORD thread;
    bool satisfied;
    DWORD result; /* WAIT_OBJECT_0 + n, or WAIT_ABANDONED_0 + n */
    pthread_cond_t *woken;
    void (*then)(struct waiter *waiter);
};

void dispatcher_lock(void);
void dispatcher_unlock(void);

/* The functions below are called with the dispatcher held. */

void object_init(struct object *object, const struct object_kind *kind);
void object_unref(struct object *object); /* NULL is allowed */
/* The object may be signalled now: satisfies who waits. */
void object_changed(struct object *object);

/* Enters the wait at its objects, unless it can be satisfied at once (then `then` is not called).
 */
void waiter_begin(struct waiter *waiter);
/* Leaves them; nothing happens to a wait that has left. */
void waiter_end(struct waiter *waiter);

/* Takes over one reference. NULL with ERROR_TOO_MANY_OPEN_FILES when the table is full. */
HANDLE handle_new(struct object *object);
/* The object behind a handle, without a reference, or NULL; the last error is not set. */
struct object *handle_object(HANDLE handle);
/* Ends the handle and returns its object with the handle's reference; NULL: there is none. */
struct object *handle_end(HANDLE handle);

/* Not held: a reference to the object behind a handle, the host's too; NULL sets the last error. */
struct object *object_of_handle(HANDLE handle);

/* A point in time on the monotonic clock. */
void deadline_set(struct timespec *deadline, DWORD milliseconds);
int64_t clock_nanoseconds(void);
/* A condition that is waited for by that clock. */
void condition_init(pthread_cond_t *condition);

#endif
