/* SPDX-License-Identifier: ISC */

/* Events and semaphores. */

#include <stdlib.h>

#include "windows/handle.h"
#include "windows/wait.h"

struct event {
    struct object object;
    bool manual;
    bool set;
};

struct semaphore {
    struct object object;
    LONG count;
    LONG maximum;
};

static bool event_signalled(const struct object *object, DWORD thread)
{
    (void)thread;
    return container_of(object, const struct event, object)->set;
}

static bool event_take(struct object *object, DWORD thread)
{
    struct event *event = container_of(object, struct event, object);

    (void)thread;
    event->set = event->manual;
    return false;
}

static void event_destroy(struct object *object)
{
    free(container_of(object, struct event, object));
}

static bool semaphore_signalled(const struct object *object, DWORD thread)
{
    (void)thread;
    return container_of(object, const struct semaphore, object)->count > 0;
}

static bool semaphore_take(struct object *object, DWORD thread)
{
    (void)thread;
    container_of(object, struct semaphore, object)->count--;
    return false;
}

static void semaphore_destroy(struct object *object)
{
    free(container_of(object, struct semaphore, object));
}

static const struct object_kind event_kind = {event_signalled, event_take, event_destroy};
static const struct object_kind semaphore_kind = {semaphore_signalled, semaphore_take,
                                                  semaphore_destroy};

bool object_is_event(const struct object *object)
{
    return object->kind == &event_kind;
}

/* ---- making them ---- */

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manualReset, BOOL initialState,
                           LPCWSTR name)
{
    struct event *event = handle_refused(attributes, name) ? NULL : handle_alloc(sizeof(*event));

    if (event == NULL)
        return NULL;
    event->manual = manualReset != FALSE;
    event->set = initialState != FALSE;
    return handle_open(&event->object, &event_kind);
}

HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manualReset, BOOL initialState,
                           LPCSTR name)
{
    return CreateEventW(attributes, manualReset, initialState, name != NULL ? L"" : NULL);
}

HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                             DWORD access)
{
    (void)access;
    if ((flags & ~(DWORD)(CREATE_EVENT_MANUAL_RESET | CREATE_EVENT_INITIAL_SET)) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    return CreateEventW(attributes, (flags & CREATE_EVENT_MANUAL_RESET) != 0,
                        (flags & CREATE_EVENT_INITIAL_SET) != 0, name);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initialCount,
                               LONG maximumCount, LPCWSTR name)
{
    struct semaphore *semaphore;

    if (handle_refused(attributes, name))
        return NULL;
    if (maximumCount <= 0 || initialCount < 0 || initialCount > maximumCount) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    semaphore = handle_alloc(sizeof(*semaphore));
    if (semaphore == NULL)
        return NULL;
    semaphore->count = initialCount;
    semaphore->maximum = maximumCount;
    return handle_open(&semaphore->object, &semaphore_kind);
}

/* ---- changing them ---- */

void event_set(struct object *object)
{
    container_of(object, struct event, object)->set = true;
    object_changed(object);
}

BOOL WINAPI SetEvent(HANDLE event)
{
    struct object *object;

    dispatcher_lock();
    object = handle_find(event, &event_kind);
    if (object != NULL)
        event_set(object);
    dispatcher_unlock();
    return object != NULL;
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    struct object *object;

    dispatcher_lock();
    object = handle_find(event, &event_kind);
    if (object != NULL)
        container_of(object, struct event, object)->set = false;
    dispatcher_unlock();
    return object != NULL;
}

BOOL WINAPI ReleaseSemaphore(HANDLE handle, LONG count, LONG *previous)
{
    struct semaphore *semaphore;
    struct object *object;
    DWORD refusal = NO_ERROR;

    dispatcher_lock();
    object = handle_find(handle, &semaphore_kind);
    if (object == NULL) {
        dispatcher_unlock();
        return FALSE;
    }
    semaphore = container_of(object, struct semaphore, object);
    if (count <= 0)
        refusal = ERROR_INVALID_PARAMETER;
    else if (count > semaphore->maximum - semaphore->count)
        refusal = ERROR_TOO_MANY_POSTS;
    if (refusal == NO_ERROR) {
        if (previous != NULL)
            *previous = semaphore->count;
        semaphore->count += count;
        object_changed(object);
    }
    dispatcher_unlock();
    if (refusal != NO_ERROR)
        SetLastError(refusal);
    return refusal == NO_ERROR;
}
