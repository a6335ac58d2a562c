/* SPDX-License-Identifier: ISC */

#include "host/pool.h"

#include <stdlib.h>

#include "base/log.h"
#include "host/crash.h"

void pool_init(struct pool *pool, unsigned thread_limit, unsigned queue_limit)
{
    *pool = (struct pool){.thread_limit = thread_limit, .queue_limit = queue_limit};
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wanted, NULL);
    list_init(&pool->queue);
}

static void *pool_thread(void *argument)
{
    struct pool *pool = argument;

    crash_thread();
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct pool_work *work;

        while (list_empty(&pool->queue)) {
            pool->idle++;
            pthread_cond_wait(&pool->wanted, &pool->lock);
            pool->idle--;
        }
        work = container_of(pool->queue.next, struct pool_work, link);
        list_remove(&work->link);
        pool->queued--;
        pool->busy++;
        pthread_mutex_unlock(&pool->lock);
        work->run(work);
        pthread_mutex_lock(&pool->lock);
        pool->busy--;
        pool->finished++;
    }
    return NULL;
}

/* Called with the lock held. */
static void pool_grow(struct pool *pool)
{
    pthread_attr_t attributes;
    pthread_t thread;
    bool started;

    if (pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    started = pthread_create(&thread, &attributes, pool_thread, pool) == 0;
    pthread_attr_destroy(&attributes);
    if (started)
        pool->threads++;
    else
        log_error("cannot start a thread for plug-in calls beyond %u", pool->threads);
}

static bool pool_add(struct pool *pool, struct pool_work *work, bool always)
{
    bool added = false;
    bool full;

    pthread_mutex_lock(&pool->lock);
    /* Each idle thread has at most one piece of work coming; more of it needs another thread. */
    if (pool->queued >= pool->idle && pool->threads < pool->thread_limit)
        pool_grow(pool);
    /* A thread that has not fetched its first work yet is no reason to refuse any. */
    full = pool->threads == 0 || pool->queued + pool->busy >= pool->threads + pool->queue_limit;
    if (always || !full) {
        list_append(&pool->queue, &work->link);
        pool->queued++;
        added = true;
    }
    pthread_mutex_unlock(&pool->lock);
    /* Without the lock: the thread woken would only wait for it. */
    if (added)
        pthread_cond_signal(&pool->wanted);
    return added;
}

bool pool_submit(struct pool *pool, struct pool_work *work)
{
    return pool_add(pool, work, false);
}

unsigned pool_threads(struct pool *pool)
{
    unsigned threads;

    pthread_mutex_lock(&pool->lock);
    threads = pool->threads;
    pthread_mutex_unlock(&pool->lock);
    return threads;
}

void pool_submit_always(struct pool *pool, struct pool_work *work)
{
    pool_add(pool, work, true);
}

bool pool_withdraw(struct pool *pool, struct pool_work *work)
{
    bool waiting;

    pthread_mutex_lock(&pool->lock);
    waiting = !list_empty(&work->link);
    if (waiting) {
        list_remove(&work->link);
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

unsigned pool_held(struct pool *pool)
{
    unsigned held;

    pthread_mutex_lock(&pool->lock);
    held = pool->busy == pool->threads ? pool->threads : 0;
    pthread_mutex_unlock(&pool->lock);
    return held;
}

unsigned pool_busy(struct pool *pool)
{
    unsigned busy;

    pthread_mutex_lock(&pool->lock);
    busy = pool->busy;
    pthread_mutex_unlock(&pool->lock);
    return busy;
}

uint64_t pool_finished(struct pool *pool)
{
    uint64_t finished;

    pthread_mutex_lock(&pool->lock);
    finished = pool->finished;
    pthread_mutex_unlock(&pool->lock);
    return finished;
}
