/* SPDX-License-Identifier: ISC */

/* Mutexes, and which thread owns them. */

#include <stdlib.h>

#include "windows/handle.h"
#include "windows/wait.h"

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

static const struct object_kind mutex_kind = {mutex_signalled, mutex_take, mutex_destroy};

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

HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL initialOwner, LPCWSTR name)
{
    struct mutex *mutex = handle_refused(attributes, name) ? NULL : handle_alloc(sizeof(*mutex));

    if (mutex == NULL)
        return NULL;
    list_init(&mutex->link);
    if (initialOwner != FALSE) {
        mutex_note_thread();
        dispatcher_lock();
        mutex_take(&mutex->object, GetCurrentThreadId());
        dispatcher_unlock();
    }
    return handle_open(&mutex->object, &mutex_kind);
}

BOOL WINAPI ReleaseMutex(HANDLE handle)
{
    struct object *object;
    bool released = false;

    dispatcher_lock();
    object = handle_find(handle, &mutex_kind);
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
