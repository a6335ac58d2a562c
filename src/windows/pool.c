/* SPDX-License-Identifier: ISC */

#include "windows/begin.h"

#include <windows.h>

#include <pthread.h>
#include <signal.h>

enum { THREAD_LIMIT = 512, QUEUE_LIMIT = 65536 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wanted = PTHREAD_COND_INITIALIZER;
static struct list queue = {&queue, &queue};
static unsigned threads;
static unsigned idle;
static unsigned queued;

bool thread_begin(void *(*run)(void *argument), void *argument)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    pthread_attr_t attributes;
    bool begun;

    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    begun = pthread_create(&thread, &attributes, run, argument) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return begun;
}

static void *pool_run(void *unused)
{
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        struct work *work;

        while (list_empty(&queue)) {
            idle++;
            pthread_cond_wait(&wanted, &lock);
            idle--;
        }
        work = container_of(queue.next, struct work, link);
        list_remove(&work->link);
        queued--;
        pthread_mutex_unlock(&lock);
        work->run(work);
        pthread_mutex_lock(&lock);
    }
    return NULL;
}

/* With the lock held. */
static void pool_grow(void)
{
    if (threads < THREAD_LIMIT && thread_begin(pool_run, NULL))
        threads++;
}

bool pool_begin(void)
{
    bool begun;

    pthread_mutex_lock(&lock);
    if (threads == 0)
        pool_grow();
    begun = threads > 0 && queued < QUEUE_LIMIT;
    pthread_mutex_unlock(&lock);
    if (!begun)
        SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return begun;
}

void pool_add(struct work *work)
{
    pthread_mutex_lock(&lock);
    if (queued >= idle)
        pool_grow();
    list_append(&queue, &work->link);
    queued++;
    pthread_cond_signal(&wanted);
    pthread_mutex_unlock(&lock);
}

struct queued_item {
    struct work work;
    LPTHREAD_START_ROUTINE function;
    PVOID context;
};

static void item_run(struct work *work)
{
    struct queued_item item = *container_of(work, struct queued_item, work);

    free(work);
    item.function(item.context);
}

BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE function, PVOID context, ULONG flags)
{
    struct queued_item *item;

    if (function == NULL || (flags & WT_TRANSFER_IMPERSONATION) != 0) {
        SetLastError(function == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return FALSE;
    }
    if (!pool_begin())
        return FALSE;
    item = calloc(1, sizeof(*item));
    if (item == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return FALSE;
    }
    item->work.run = item_run;
    item->function = function;
    item->context = context;
    pool_add(&item->work);
    return TRUE;
}
