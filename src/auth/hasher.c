/* SPDX-License-Identifier: ISC */

#include "auth/hasher.h"

#include <crypt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "auth/source.h"
#include "base/memory.h"
#include "base/text.h"

/* Somebody with jobs that wait, run, or are done and not yet handed out. */
struct hash_source {
    struct list link; /* in hasher->sources, in the order of their turns */
    struct list jobs;
    size_t waiting;
    unsigned running;
    unsigned done;
    bool overtakes;   /* a newcomer that went before the others and has not had its turn */
    uint64_t ended;   /* hashes of this source that have ended */
    uint64_t told_at; /* when its refused jobs were last told of */
    uint32_t crowded; /* refused and not told of */
    char name[SOURCE_SIZE];
};

struct hasher {
    struct loop *loop;
    void (*finished)(struct hash_job *job);
    pthread_t threads[HASHER_THREADS];
    unsigned thread_count;

    pthread_mutex_t lock; /* guards all that follows, and what it links */
    pthread_cond_t work;
    struct list sources;
    struct list done;
    size_t waiting;
    uint64_t ended; /* hashes that have ended */
    bool overtaken; /* a newcomer went before the others, and none of those had a turn since */
    bool ending;
};

/* ---- the workers ---- */

static void job_compute(struct hash_job *job, struct crypt_data *data)
{
    const char *hash = crypt_rn(job->password, job->setting, data, (int)sizeof(*data));
    size_t length = strlen(job->setting);

    explicit_bzero(job->password, sizeof(job->password));
    if (hash == NULL)
        job->result = HASH_failed;
    else if (strlen(hash) == length && secret_equal(hash, job->setting, length))
        job->result = HASH_equal;
    else
        job->result = HASH_different;
    explicit_bzero(data, sizeof(*data));
}

/* The source whose turn it is. One that already has its share waits while others have jobs. */
static struct hash_source *hasher_turn(struct hasher *hasher)
{
    unsigned share = hasher->thread_count > 1 ? hasher->thread_count - 1 : 1;
    struct hash_source *first = NULL;

    list_each(link, &hasher->sources) {
        struct hash_source *source = container_of(link, struct hash_source, link);

        if (source->waiting == 0)
            continue;
        if (source->running < share)
            return source;
        if (first == NULL)
            first = source;
    }
    return first;
}

static struct hash_job *hasher_take(struct hasher *hasher)
{
    struct hash_source *source = hasher_turn(hasher);
    struct hash_job *job;

    if (source == NULL)
        return NULL;
    job = container_of(source->jobs.next, struct hash_job, link);
    list_remove(&job->link);
    job->waiting = false;
    job->waited = hasher->ended - source->ended - job->waited;
    source->waiting--;
    source->running++;
    hasher->waiting--;
    if (!source->overtakes)
        hasher->overtaken = false;
    source->overtakes = false;
    list_remove(&source->link);
    list_append(&hasher->sources, &source->link);
    return job;
}

/* The job is not in the source any more. The last one takes along what is still to be told. */
static void source_release(struct hash_source *source, struct hash_job *job)
{
    job->source = NULL;
    if (source->waiting > 0 || source->running > 0 || source->done > 0)
        return;
    job->crowded += source->crowded;
    list_remove(&source->link);
    free(source);
}

static void *hasher_work(void *context)
{
    struct hasher *hasher = context;
    struct crypt_data *data = mem_alloc(sizeof(*data));

    pthread_mutex_lock(&hasher->lock);
    while (!hasher->ending) {
        struct hash_job *job = hasher_take(hasher);

        if (job == NULL) {
            pthread_cond_wait(&hasher->work, &hasher->lock);
            continue;
        }
        pthread_mutex_unlock(&hasher->lock);
        job_compute(job, data);
        pthread_mutex_lock(&hasher->lock);
        job->source->running--;
        job->source->done++;
        job->source->ended++;
        hasher->ended++;
        list_append(&hasher->done, &job->link);
        loop_wake(hasher->loop);
    }
    pthread_mutex_unlock(&hasher->lock);
    free(data);
    return NULL;
}

/* ---- the loop's side ---- */

static void hasher_woken(void *context)
{
    struct hasher *hasher = context;

    for (;;) {
        struct hash_job *job = NULL;

        pthread_mutex_lock(&hasher->lock);
        if (!list_empty(&hasher->done)) {
            job = container_of(hasher->done.next, struct hash_job, link);
            list_remove(&job->link);
            job->source->done--;
            source_release(job->source, job);
        }
        pthread_mutex_unlock(&hasher->lock);
        if (job == NULL)
            return;
        hasher->finished(job);
    }
}

static unsigned cores(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

    return count < 1 ? 1 : count > HASHER_THREADS ? HASHER_THREADS : (unsigned)count;
}

/* Signals are the loop thread's business. */
static void threads_start(struct hasher *hasher, unsigned wanted)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (hasher->thread_count < wanted &&
           pthread_create(&hasher->threads[hasher->thread_count], NULL, hasher_work, hasher) == 0)
        hasher->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct hasher *hasher_new(struct loop *loop, unsigned threads,
                          void (*finished)(struct hash_job *job))
{
    struct hasher *hasher = mem_alloc(sizeof(*hasher));

    hasher->loop = loop;
    hasher->finished = finished;
    pthread_mutex_init(&hasher->lock, NULL);
    pthread_cond_init(&hasher->work, NULL);
    list_init(&hasher->sources);
    list_init(&hasher->done);
    loop_on_wake(loop, hasher_woken, hasher);
    pthread_mutex_lock(&hasher->lock);
    threads_start(hasher, threads == 0 || threads > HASHER_THREADS ? cores() : threads);
    pthread_mutex_unlock(&hasher->lock);
    if (hasher->thread_count == 0) {
        hasher_free(hasher);
        return NULL;
    }
    return hasher;
}

void hasher_free(struct hasher *hasher)
{
    if (hasher == NULL)
        return;
    pthread_mutex_lock(&hasher->lock);
    hasher->ending = true;
    pthread_cond_broadcast(&hasher->work);
    pthread_mutex_unlock(&hasher->lock);
    for (unsigned i = 0; i < hasher->thread_count; i++)
        pthread_join(hasher->threads[i], NULL);
    list_each(link, &hasher->sources)
        free(container_of(link, struct hash_source, link));
    loop_on_wake(hasher->loop, NULL, NULL);
    pthread_cond_destroy(&hasher->work);
    pthread_mutex_destroy(&hasher->lock);
    free(hasher);
}

static struct hash_source *source_find(struct hasher *hasher, const char *address)
{
    char name[SOURCE_SIZE];
    struct hash_source *source;

    source_of(address, name);
    list_each(link, &hasher->sources) {
        source = container_of(link, struct hash_source, link);
        if (strcmp(source->name, name) == 0)
            return source;
    }
    source = mem_alloc(sizeof(*source));
    memcpy(source->name, name, sizeof(source->name));
    list_init(&source->jobs);
    source->overtakes = !hasher->overtaken;
    if (source->overtakes)
        list_prepend(&hasher->sources, &source->link);
    else
        list_append(&hasher->sources, &source->link);
    hasher->overtaken = true;
    return source;
}

static struct hash_source *source_longest(struct hasher *hasher)
{
    struct hash_source *longest = NULL;

    list_each(link, &hasher->sources) {
        struct hash_source *source = container_of(link, struct hash_source, link);

        if (longest == NULL || source->waiting > longest->waiting)
            longest = source;
    }
    return longest;
}

static void job_unqueue(struct hasher *hasher, struct hash_job *job)
{
    list_remove(&job->link);
    job->waiting = false;
    job->source->waiting--;
    hasher->waiting--;
    source_release(job->source, job);
    explicit_bzero(job->password, sizeof(job->password));
}

/* The job is refused; it tells of that, or leaves it to a later one of its source. */
static void job_crowd(struct hasher *hasher, struct hash_job *job, struct hash_source *source)
{
    uint64_t now = loop_now(hasher->loop);

    job->result = HASH_crowded;
    source->crowded++;
    if (source->told_at != 0 && now - source->told_at < HASHER_TELL_PAUSE)
        return;
    source->told_at = now;
    job->crowded = source->crowded;
    source->crowded = 0;
}

static void job_queue(struct hasher *hasher, struct hash_job *job, struct hash_source *source)
{
    job->source = source;
    job->waiting = true;
    job->waited = hasher->ended - source->ended; /* until it begins: those before it came */
    list_append(&source->jobs, &job->link);
    source->waiting++;
    hasher->waiting++;
    pthread_cond_signal(&hasher->work);
}

void hasher_add(struct hasher *hasher, struct hash_job *job, const char *address)
{
    struct hash_job *crowded = NULL;
    struct hash_source *source;

    pthread_mutex_lock(&hasher->lock);
    job->result = HASH_none;
    job->crowded = 0;
    source = source_find(hasher, address);
    if (source->waiting >= HASHER_SOURCE_WAITING) {
        crowded = job;
        explicit_bzero(job->password, sizeof(job->password));
        job_crowd(hasher, job, source);
    } else {
        job_queue(hasher, job, source);
    }
    if (hasher->waiting > HASHER_WAITING) {
        source = source_longest(hasher);
        crowded = container_of(source->jobs.previous, struct hash_job, link);
        job_crowd(hasher, crowded, source);
        job_unqueue(hasher, crowded);
    }
    pthread_mutex_unlock(&hasher->lock);
    if (crowded != NULL)
        hasher->finished(crowded);
}

bool hasher_drop(struct hasher *hasher, struct hash_job *job)
{
    bool waits;

    pthread_mutex_lock(&hasher->lock);
    waits = job->waiting;
    if (waits)
        job_unqueue(hasher, job);
    pthread_mutex_unlock(&hasher->lock);
    return waits;
}

size_t hasher_waiting(struct hasher *hasher)
{
    size_t waiting;

    pthread_mutex_lock(&hasher->lock);
    waiting = hasher->waiting;
    pthread_mutex_unlock(&hasher->lock);
    return waiting;
}
