/* SPDX-License-Identifier: ISC */

/*
 * Who is next: jobs in one queue per source (source.h), and the sources take turns, so that whoever
 * sends many waits for himself. A source never has all of those who do the work: what it has sent
 * may be slow. Bounded: a source has at most `source_most` jobs waiting, all together `most`;
 * beyond the first a new job is refused, beyond the second the longest queue gives up its newest
 * one.
 */
#ifndef AUTH_TURNS_H
#define AUTH_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct turn_source;

/* Embedded in its owner, who keeps it until it was refused, dropped or ended. */
struct turn_job {
    struct list link;
    struct turn_source *source; /* NULL: it is neither waiting nor begun */
    bool waiting;
    /*
     * Jobs of this source, perhaps this one among them, that were refused and of which nobody has
     * been told. Not zero at most once in TURNS_TELL_PAUSE, and when the source has nothing left to
     * do: so that a flood of passwords is not a flood of audit lines.
     */
    uint32_t crowded;
};

enum { TURNS_TELL_PAUSE = 1000 };

struct turns {
    struct list sources; /* in the order of their turns */
    size_t waiting;
    size_t most;
    size_t source_most;
};

void turns_init(struct turns *turns, size_t most, size_t source_most);
/* Forgets what is still there. */
void turns_clear(struct turns *turns);

/* Queues a job. Returns NULL or the one that is refused for it, this one or another. */
struct turn_job *turns_add(struct turns *turns, struct turn_job *job, const char *address,
                           uint64_t now);
/*
 * The next job for which `may` says yes, begun; NULL: there is none. `workers`: how many do the
 * work. `may` is asked in the order of the sources' turns, and within a source of their coming: a
 * job that may not begin does not hold back those behind it.
 */
struct turn_job *turns_next(struct turns *turns, unsigned workers,
                            bool (*may)(struct turn_job *job, void *context), void *context);
/* A job that has begun is done; its `crowded` may be set. */
void turns_end(struct turns *turns, struct turn_job *job);
/* Takes a job out that waits; its `crowded` may be set. */
void turns_drop(struct turns *turns, struct turn_job *job);

/* The source a job that waits or has begun came from. */
const char *turns_source(const struct turn_job *job);

#endif
