/* SPDX-License-Identifier: ISC */

/*
 * The threads that run plug-in code. They are started on demand up to a limit and kept. A call
 * that blocks holds its thread and nobody else's: as long as the limit is not reached, work never
 * waits for a thread that may block. All functions may be called from any thread.
 */
#ifndef HOST_POOL_H
#define HOST_POOL_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

/* One thing to do; embedded in its owner, who keeps it until `run` is called. */
struct pool_work {
    void (*run)(struct pool_work *work);
    struct list link;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    struct list queue;
    unsigned queued;
    unsigned idle;
    unsigned busy;
    unsigned threads;
    unsigned thread_limit;
    unsigned queue_limit;
    uint64_t finished; /* pieces of work, since the start */
};

void pool_init(struct pool *pool, unsigned thread_limit, unsigned queue_limit);

/* False, and nothing happens, when all threads are busy and the queue is full. */
bool pool_submit(struct pool *pool, struct pool_work *work);
/* For what has to be done (giving contexts back): the queue's limit does not count. */
void pool_submit_always(struct pool *pool, struct pool_work *work);
/* True when the work, submitted before, had not begun: it will not be run. */
bool pool_withdraw(struct pool *pool, struct pool_work *work);
/* How many threads there are when all of them are busy, else 0. */
unsigned pool_held(struct pool *pool);
/* How many pieces of work have been finished. */
uint64_t pool_finished(struct pool *pool);
/* How many threads are at work. */
unsigned pool_busy(struct pool *pool);
/* How many threads it has. */
unsigned pool_threads(struct pool *pool);

#endif
