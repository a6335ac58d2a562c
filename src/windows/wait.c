/* SPDX-License-Identifier: ISC */

#include "windows/wait.h"

struct object *wait_object(HANDLE handle, bool by_pool)
{
    struct object *object = object_of_handle(handle);

    if (object == NULL)
        return NULL;
    if (!object_is_registered(object) && !(by_pool && object_is_mutex(object))) {
        if (object_is_mutex(object))
            mutex_note_thread();
        return object;
    }
    dispatcher_lock();
    object_unref(object);
    dispatcher_unlock();
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

/* Held. WAIT_TIMEOUT, or what the wait was satisfied with. */
static DWORD wait_sleep(struct waiter *waiter, DWORD milliseconds)
{
    struct timespec deadline;
    pthread_cond_t woken;
    bool in_time = true;

    deadline_set(&deadline, milliseconds);
    condition_init(&woken);
    waiter->woken = &woken;
    waiter_begin(waiter);
    while (!waiter->satisfied && in_time && milliseconds != 0)
        in_time = dispatcher_sleep(&woken, milliseconds != INFINITE ? &deadline : NULL);
    waiter_end(waiter);
    pthread_cond_destroy(&woken);
    return waiter->satisfied ? waiter->result : WAIT_TIMEOUT;
}

DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *objects, BOOL waitAll,
                                    DWORD milliseconds)
{
    struct wait_link links[MAXIMUM_WAIT_OBJECTS];
    struct waiter waiter = {.links = links, .all = waitAll != FALSE};
    DWORD result = WAIT_FAILED;
    bool found = true;

    if (count == 0 || count > MAXIMUM_WAIT_OBJECTS || objects == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return WAIT_FAILED;
    }
    while (found && waiter.count < count) {
        links[waiter.count].object = wait_object(objects[waiter.count], false);
        found = links[waiter.count].object != NULL;
        /* The same object twice could not be taken twice; Windows refuses it as well. */
        for (DWORD i = 0; found && waiter.all && i < waiter.count; i++)
            if (objects[i] == objects[waiter.count]) {
                SetLastError(ERROR_INVALID_PARAMETER);
                count = 0;
            }
        waiter.count += found ? 1 : 0;
    }
    dispatcher_lock();
    if (found && count != 0) {
        waiter.thread = GetCurrentThreadId();
        result = wait_sleep(&waiter, milliseconds);
    }
    for (DWORD i = 0; i < waiter.count; i++)
        object_unref(links[i].object);
    dispatcher_unlock();
    return result;
}

DWORD WINAPI WaitForSingleObject(HANDLE object, DWORD milliseconds)
{
    return WaitForMultipleObjects(1, &object, FALSE, milliseconds);
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE object, DWORD milliseconds, BOOL alertable)
{
    (void)alertable;
    return WaitForMultipleObjects(1, &object, FALSE, milliseconds);
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *objects, BOOL waitAll,
                                      DWORD milliseconds, BOOL alertable)
{
    (void)alertable;
    return WaitForMultipleObjects(count, objects, waitAll, milliseconds);
}
