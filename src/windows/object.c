/* SPDX-License-Identifier: ISC */

#include "windows/object.h"

#include <stdlib.h>

#include "base/clock.h"
#include "windows/foreign.h"
#include "windows/wait.h"

/*
 * A handle is a number no address has (bit 62), of a place in the table and of how often that
 * place has been used: one that was closed is never found again.
 */
enum { HANDLE_LIMIT = 65536, PLACE_BITS = 16 };
#define HANDLE_MARK ((uintptr_t)1 << 62)

struct place {
    struct object *object;
    uint64_t uses;
    uint32_t next_free; /* place + 1; 0: none */
};

static pthread_mutex_t dispatcher = PTHREAD_MUTEX_INITIALIZER;
static struct place *places;
static uint32_t places_begun;
static uint32_t places_size;
static uint32_t first_free; /* place + 1 */

void dispatcher_lock(void)
{
    pthread_mutex_lock(&dispatcher);
}

void dispatcher_unlock(void)
{
    pthread_mutex_unlock(&dispatcher);
}

bool dispatcher_sleep(pthread_cond_t *condition, const struct timespec *deadline)
{
    if (deadline == NULL)
        return pthread_cond_wait(condition, &dispatcher) == 0;
    return pthread_cond_timedwait(condition, &dispatcher, deadline) == 0;
}

void object_init(struct object *object, const struct object_kind *kind)
{
    object->kind = kind;
    object->references = 1;
    list_init(&object->waits);
}

void object_unref(struct object *object)
{
    if (object != NULL && --object->references == 0)
        object->kind->destroy(object);
}

/* ---- waiting ---- */

static bool link_signalled(const struct wait_link *link)
{
    return link->object->kind->signalled(link->object, link->waiter->thread);
}

static bool link_take(const struct wait_link *link)
{
    const struct object_kind *kind = link->object->kind;

    return kind->take != NULL && kind->take(link->object, link->waiter->thread);
}

static bool waiter_try_all(struct waiter *waiter)
{
    bool abandoned = false;

    for (DWORD i = 0; i < waiter->count; i++)
        if (!link_signalled(&waiter->links[i]))
            return false;
    for (DWORD i = 0; i < waiter->count; i++)
        abandoned |= link_take(&waiter->links[i]);
    waiter->result = abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0;
    return true;
}

/* Satisfies the wait if its objects allow it now. */
static bool waiter_try(struct waiter *waiter)
{
    if (waiter->all) {
        waiter->satisfied = waiter_try_all(waiter);
        return waiter->satisfied;
    }
    for (DWORD i = 0; i < waiter->count; i++) {
        if (!link_signalled(&waiter->links[i]))
            continue;
        waiter->result = (link_take(&waiter->links[i]) ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + i;
        waiter->satisfied = true;
        return true;
    }
    return false;
}

void waiter_begin(struct waiter *waiter)
{
    waiter->satisfied = false;
    for (DWORD i = 0; i < waiter->count; i++) {
        waiter->links[i].waiter = waiter;
        list_init(&waiter->links[i].link);
    }
    if (waiter_try(waiter))
        return;
    for (DWORD i = 0; i < waiter->count; i++)
        list_append(&waiter->links[i].object->waits, &waiter->links[i].link);
}

void waiter_end(struct waiter *waiter)
{
    for (DWORD i = 0; i < waiter->count; i++)
        list_remove(&waiter->links[i].link);
}

static struct waiter *first_satisfied(struct object *object)
{
    list_each(link, &object->waits) {
        struct waiter *waiter = container_of(link, struct wait_link, link)->waiter;

        if (waiter_try(waiter))
            return waiter;
    }
    return NULL;
}

void object_changed(struct object *object)
{
    struct waiter *waiter;

    /* From the front each time: what a wait takes, or lets go, changes the list. */
    while ((waiter = first_satisfied(object)) != NULL) {
        waiter_end(waiter);
        if (waiter->woken != NULL)
            pthread_cond_signal(waiter->woken);
        else
            waiter->then(waiter);
    }
}

/* ---- handles ---- */

static bool places_grow(void)
{
    uint32_t size = places_size != 0 ? places_size * 2 : 64;
    struct place *larger;

    if (places_size >= HANDLE_LIMIT)
        return false;
    larger = realloc(places, size * sizeof(*places));
    if (larger == NULL)
        return false;
    places = larger;
    places_size = size;
    return true;
}

HANDLE handle_new(struct object *object)
{
    uint32_t place;

    if (first_free != 0) {
        place = first_free - 1;
        first_free = places[place].next_free;
    } else if (places_begun < places_size || places_grow()) {
        place = places_begun++;
        places[place].uses = 0;
    } else {
        object_unref(object);
        SetLastError(ERROR_TOO_MANY_OPEN_FILES);
        return NULL;
    }
    places[place].object = object;
    return (HANDLE)(HANDLE_MARK | (uintptr_t)places[place].uses << (PLACE_BITS + 2) |
                    (uintptr_t)place << 2);
}

static struct place *handle_place(HANDLE handle)
{
    uintptr_t value = (uintptr_t)handle;
    uintptr_t place = (value >> 2) & (HANDLE_LIMIT - 1);
    struct place *found;

    if (value >> 62 != 1 || (value & 3) != 0 || place >= places_begun)
        return NULL;
    found = &places[place];
    if (found->object == NULL || found->uses != (value & ~HANDLE_MARK) >> (PLACE_BITS + 2))
        return NULL;
    return found;
}

struct object *handle_object(HANDLE handle)
{
    struct place *place = handle_place(handle);

    return place != NULL ? place->object : NULL;
}

struct object *handle_end(HANDLE handle)
{
    struct place *place = handle_place(handle);
    struct object *object;

    if (place == NULL)
        return NULL;
    object = place->object;
    place->object = NULL;
    place->uses++;
    place->next_free = first_free;
    first_free = (uint32_t)(place - places) + 1;
    return object;
}

struct object *object_of_handle(HANDLE handle)
{
    struct object *object;

    dispatcher_lock();
    object = handle_object(handle);
    if (object != NULL)
        object->references++;
    dispatcher_unlock();
    return object != NULL ? object : foreign_object(handle);
}

/* ---- time ---- */

int64_t clock_nanoseconds(void)
{
    struct timespec now = clock_read(CLOCK_MONOTONIC);

    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void deadline_set(struct timespec *deadline, DWORD milliseconds)
{
    *deadline = clock_read(CLOCK_MONOTONIC);
    deadline->tv_sec += milliseconds / 1000;
    deadline->tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (deadline->tv_nsec >= 1000000000) {
        deadline->tv_nsec -= 1000000000;
        deadline->tv_sec++;
    }
}

void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}
