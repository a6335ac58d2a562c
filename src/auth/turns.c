/* SPDX-License-Identifier: ISC */

#include "auth/turns.h"

#include <stdlib.h>
#include <string.h>

#include "auth/source.h"
#include "base/memory.h"

struct turn_source {
    struct list link; /* turns->sources */
    struct list jobs; /* those that wait */
    size_t waiting;
    size_t running;
    uint64_t told_at; /* when its refused jobs were last told of; 0: never */
    uint32_t crowded; /* refused and not told of */
    char name[SOURCE_SIZE];
};

void turns_init(struct turns *turns, size_t most, size_t source_most)
{
    list_init(&turns->sources);
    turns->waiting = 0;
    turns->most = most;
    turns->source_most = source_most;
}

void turns_clear(struct turns *turns)
{
    list_each(link, &turns->sources)
        free(container_of(link, struct turn_source, link));
    turns_init(turns, turns->most, turns->source_most);
}

static struct turn_source *source_find(struct turns *turns, const char *address)
{
    struct turn_source *source;
    char name[SOURCE_SIZE];

    source_of(address, name);
    list_each(link, &turns->sources) {
        source = container_of(link, struct turn_source, link);
        if (strcmp(source->name, name) == 0)
            return source;
    }
    source = mem_alloc(sizeof(*source));
    memcpy(source->name, name, sizeof(source->name));
    list_init(&source->jobs);
    list_append(&turns->sources, &source->link);
    return source;
}

/* The job is not in the source any more. The last one takes along what is still to be told. */
static void source_release(struct turn_source *source, struct turn_job *job)
{
    job->source = NULL;
    if (source->waiting > 0 || source->running > 0)
        return;
    job->crowded += source->crowded;
    list_remove(&source->link);
    free(source);
}

static struct turn_source *source_longest(struct turns *turns)
{
    struct turn_source *longest = NULL;

    list_each(link, &turns->sources) {
        struct turn_source *source = container_of(link, struct turn_source, link);

        if (longest == NULL || source->waiting > longest->waiting)
            longest = source;
    }
    return longest;
}

static void job_unqueue(struct turns *turns, struct turn_job *job)
{
    list_remove(&job->link);
    job->waiting = false;
    job->source->waiting--;
    turns->waiting--;
}

/* The job is refused; it tells of that, or leaves it to a later one of its source. */
static void job_crowd(struct turn_job *job, struct turn_source *source, uint64_t now)
{
    source->crowded++;
    if (source->told_at != 0 && now - source->told_at < TURNS_TELL_PAUSE)
        return;
    source->told_at = now;
    job->crowded = source->crowded;
    source->crowded = 0;
}

struct turn_job *turns_add(struct turns *turns, struct turn_job *job, const char *address,
                           uint64_t now)
{
    struct turn_source *source = source_find(turns, address);
    struct turn_job *refused;

    job->crowded = 0;
    if (source->waiting >= turns->source_most) {
        job->source = NULL;
        job->waiting = false;
        job_crowd(job, source, now);
        return job;
    }
    job->source = source;
    job->waiting = true;
    list_append(&source->jobs, &job->link);
    source->waiting++;
    turns->waiting++;
    if (turns->waiting <= turns->most)
        return NULL;
    source = source_longest(turns);
    refused = container_of(source->jobs.previous, struct turn_job, link);
    job_crowd(refused, source, now);
    turns_drop(turns, refused);
    return refused;
}

struct turn_job *turns_next(struct turns *turns, unsigned workers,
                            bool (*may)(struct turn_job *job, void *context), void *context)
{
    size_t share = workers > 1 ? workers - 1 : 1;

    list_each(link, &turns->sources) {
        struct turn_source *source = container_of(link, struct turn_source, link);

        if (source->running >= share)
            continue;
        list_each(at, &source->jobs) {
            struct turn_job *job = container_of(at, struct turn_job, link);

            if (!may(job, context))
                continue;
            job_unqueue(turns, job);
            source->running++;
            list_remove(&source->link);
            list_append(&turns->sources, &source->link);
            return job;
        }
    }
    return NULL;
}

void turns_end(struct turns *turns, struct turn_job *job)
{
    (void)turns;
    if (job->source == NULL)
        return;
    job->source->running--;
    source_release(job->source, job);
}

void turns_drop(struct turns *turns, struct turn_job *job)
{
    struct turn_source *source = job->source;

    job_unqueue(turns, job);
    source_release(source, job);
}

const char *turns_source(const struct turn_job *job)
{
    return job->source->name;
}
