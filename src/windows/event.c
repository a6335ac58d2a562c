/* SPDX-License-Identifier: ISC */

/* Events, semaphores, mutexes; closing and duplicating handles. */

#include <stdlib.h>

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS
#include <windows.h>
#include <wsman.h>
#include <wsman_linux.h>

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

struct mutex {
    struct object object;
    struct list link; /* in `owned` */
    DWORD owner;      /* 0: free */
    uint32_t depth;
    bool abandoned;
};

/* All that have an owner; the key's destructor looks for those of a thread that ends. */
static struct list owned = {&owned, &owned};
static pthread_key_t owner_key;
static pthread_once_t owner_once = PTHREAD_ONCE_INIT;

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

static bool mutex_signalled(const struct object *object, DWORD thread)
{
    const struct mutex *mutex = container_of(object, const struct mutex, object);

    return mutex->owner == 0 || mutex->owner == thread;
}

static bool mutex_take(struct object *object, DWORD thread)
{
    struct mutex *mutex = container_of(object, struct mutex, object);
    bool abandoned = mutex->abandoned;

    mutex->abandoned = false;
    mutex->owner = thread;
    mutex->depth++;
    if (list_empty(&mutex->link))
        list_append(&owned, &mutex->link);
    return abandoned;
}

static void mutex_destroy(struct object *object)
{
    list_remove(&container_of(object, struct mutex, object)->link);
    free(container_of(object, struct mutex, object));
}

static const struct object_kind event_kind = {event_signalled, event_take, event_destroy};
static const struct object_kind semaphore_kind = {semaphore_signalled, semaphore_take,
                                                  semaphore_destroy};
static const struct object_kind mutex_kind = {mutex_signalled, mutex_take, mutex_destroy};

bool object_is_event(const struct object *object)
{
    return object->kind == &event_kind;
}

bool object_is_mutex(const struct object *object)
{
    return object->kind == &mutex_kind;
}

static void mutex_free(struct mutex *mutex, bool abandoned)
{
    mutex->owner = 0;
    mutex->depth = 0;
    mutex->abandoned = abandoned;
    list_remove(&mutex->link);
    object_changed(&mutex->object);
}

static void owner_ended(void *unused)
{
    DWORD thread = GetCurrentThreadId();
    bool found = true;

    (void)unused;
    dispatcher_lock();
    while (found) {
        found = false;
        list_each(link, &owned) {
            struct mutex *mutex = container_of(link, struct mutex, link);

            if (mutex->owner != thread)
                continue;
            mutex_free(mutex, true);
            found = true; /* the list may have changed: from its beginning */
            break;
        }
    }
    dispatcher_unlock();
}

static void owner_begin(void)
{
    pthread_key_create(&owner_key, owner_ended);
}

void mutex_note_thread(void)
{
    pthread_once(&owner_once, owner_begin);
    pthread_setspecific(owner_key, &owned);
}

/* ---- making them ---- */

static bool creation_refused(const SECURITY_ATTRIBUTES *attributes, const void *name)
{
    /* lpSecurityDescriptor NULL asks for nothing, and nothing is inherited here anyway. */
    if (name == NULL && (attributes == NULL || attributes->lpSecurityDescriptor == NULL))
        return false;
    SetLastError(ERROR_NOT_SUPPORTED);
    return true;
}

static HANDLE object_open(struct object *object, const struct object_kind *kind)
{
    HANDLE handle;

    object_init(object, kind);
    dispatcher_lock();
    handle = handle_new(object);
    dispatcher_unlock();
    if (handle != NULL)
        SetLastError(NO_ERROR); /* sources ask for ERROR_ALREADY_EXISTS behind it */
    return handle;
}

static void *object_alloc(size_t size)
{
    void *object = calloc(1, size);

    if (object == NULL)
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return object;
}

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manualReset, BOOL initialState,
                           LPCWSTR name)
{
    struct event *event = creation_refused(attributes, name) ? NULL : object_alloc(sizeof(*event));

    if (event == NULL)
        return NULL;
    event->manual = manualReset != FALSE;
    event->set = initialState != FALSE;
    return object_open(&event->object, &event_kind);
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
    return CreateEventW(attributes, (flags & CREATE_EVENT_MANUAL_RESET) != 0,
                        (flags & CREATE_EVENT_INITIAL_SET) != 0, name);
}

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initialCount,
                               LONG maximumCount, LPCWSTR name)
{
    struct semaphore *semaphore;

    if (creation_refused(attributes, name))
        return NULL;
    if (maximumCount <= 0 || initialCount < 0 || initialCount > maximumCount) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return NULL;
    }
    semaphore = object_alloc(sizeof(*semaphore));
    if (semaphore == NULL)
        return NULL;
    semaphore->count = initialCount;
    semaphore->maximum = maximumCount;
    return object_open(&semaphore->object, &semaphore_kind);
}

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL initialOwner, LPCWSTR name)
{
    struct mutex *mutex = creation_refused(attributes, name) ? NULL : object_alloc(sizeof(*mutex));

    if (mutex == NULL)
        return NULL;
    list_init(&mutex->link);
    if (initialOwner != FALSE) {
        mutex_note_thread();
        dispatcher_lock();
        mutex_take(&mutex->object, GetCurrentThreadId());
        dispatcher_unlock();
    }
    return object_open(&mutex->object, &mutex_kind);
}

/* ---- changing them ---- */

/* Held. The object of that kind behind the handle, without a reference; NULL: the error is set. */
static struct object *object_find(HANDLE handle, const struct object_kind *kind)
{
    struct object *object = handle_object(handle);

    if (object != NULL && object->kind == kind)
        return object;
    SetLastError(ERROR_INVALID_HANDLE);
    return NULL;
}

void event_set(struct object *object)
{
    container_of(object, struct event, object)->set = true;
    object_changed(object);
}

BOOL WINAPI SetEvent(HANDLE event)
{
    struct object *object;

    dispatcher_lock();
    object = object_find(event, &event_kind);
    if (object != NULL)
        event_set(object);
    dispatcher_unlock();
    return object != NULL;
}

BOOL WINAPI ResetEvent(HANDLE event)
{
    struct object *object;

    dispatcher_lock();
    object = object_find(event, &event_kind);
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
    object = object_find(handle, &semaphore_kind);
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

BOOL WINAPI ReleaseMutex(HANDLE handle)
{
    struct object *object;
    bool released = false;

    dispatcher_lock();
    object = object_find(handle, &mutex_kind);
    if (object != NULL) {
        struct mutex *mutex = container_of(object, struct mutex, object);

        released = mutex->owner == GetCurrentThreadId();
        if (released && --mutex->depth == 0)
            mutex_free(mutex, false);
        else if (!released)
            SetLastError(ERROR_NOT_OWNER);
    }
    dispatcher_unlock();
    return released;
}

DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE object, DWORD milliseconds, BOOL alertable)
{
    bool signalled = SetEvent(signal) || ReleaseMutex(signal) || ReleaseSemaphore(signal, 1, NULL);

    return signalled ? WaitForSingleObjectEx(object, milliseconds, alertable) : WAIT_FAILED;
}

/* ---- handles ---- */

BOOL WINAPI CloseHandle(HANDLE handle)
{
    struct object *object;
    bool ours;

    dispatcher_lock();
    object = handle_object(handle);
    ours = object != NULL;
    if (ours && !object_is_registered(object))
        object_unref(handle_end(handle));
    else
        object = NULL;
    dispatcher_unlock();
    if (object != NULL || (!ours && WSManLinuxCloseToken(handle) == NO_ERROR))
        return TRUE;
    SetLastError(ERROR_INVALID_HANDLE);
    return FALSE;
}

BOOL WINAPI DuplicateHandle(HANDLE sourceProcess, HANDLE source, HANDLE targetProcess,
                            HANDLE *target, DWORD access, BOOL inherit, DWORD options)
{
    DWORD length = 0;
    struct object *object;
    HANDLE copy;

    (void)access;
    if (target == NULL || sourceProcess != GetCurrentProcess() ||
        targetProcess != GetCurrentProcess() || inherit != FALSE) {
        SetLastError(target == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    *target = NULL;
    object = wait_object(source, false);
    if (object == NULL) {
        if (WSManLinuxGetTokenAccount(source, NULL, &length) != ERROR_INVALID_HANDLE)
            SetLastError(ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    dispatcher_lock();
    copy = handle_new(object);
    dispatcher_unlock();
    *target = copy;
    if (copy != NULL && (options & DUPLICATE_CLOSE_SOURCE) != 0)
        CloseHandle(source);
    return copy != NULL;
}
