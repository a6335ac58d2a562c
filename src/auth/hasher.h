/* SPDX-License-Identifier: ISC */

/*
 * Worker threads that compute password hashes, some 30 ms of processor time each, off the loop.
 * Jobs wait in one queue per source (source.h): whoever sends many passwords waits for himself.
 *
 *   turns   The sources take turns. A source that had nothing to do and comes with a job goes
 *           before all others, once; the next newcomer does so when somebody else has had a turn
 *           in between. So a lone login waits for no more than one hash that is not its own: the
 *           first of those that occupied the workers when it came.
 *   cap     No source has all workers while another one waits.
 *   bounds  A source has at most HASHER_SOURCE_WAITING jobs waiting, all together HASHER_WAITING;
 *           beyond the first a new job is refused at once, beyond the second the longest queue
 *           gives up its newest one.
 *
 * All functions are called by the loop's thread; only the hashing happens in the others.
 */
#ifndef AUTH_HASHER_H
#define AUTH_HASHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/users.h"
#include "base/list.h"
#include "base/loop.h"

enum {
    HASHER_SOURCE_WAITING = 256,
    HASHER_WAITING = 1024,
    HASHER_THREADS = 4,
    HASHER_PASSWORD_LIMIT = 511, /* CRYPT_MAX_PASSPHRASE_SIZE without the NUL */
    HASHER_TELL_PAUSE = 1000     /* ms between two tellings of one source's refused jobs */
};

enum hash_result {
    HASH_none,
    HASH_equal,
    HASH_different,
    HASH_failed, /* crypt() could not compute it */
    HASH_crowded /* it was never computed: too many others waited */
};

struct hash_source;

/* A check; embedded in its owner, who keeps it until `finished` has been called. */
struct hash_job {
    char setting[USER_HASH_LIMIT + 1];
    char password[HASHER_PASSWORD_LIMIT + 1]; /* wiped as soon as the hash is known */
    enum hash_result result;
    /* Hashes of other sources that ended while this one waited to begin. */
    uint64_t waited;
    /*
     * Jobs of this source, perhaps this one among them, that were refused as crowded and of which
     * nobody has been told. Not zero at most once in HASHER_TELL_PAUSE and when the source has
     * nothing left to do: so that a flood of passwords is not a flood of audit lines.
     */
    uint32_t crowded;
    struct list link; /* this and the rest: the hasher's */
    struct hash_source *source;
    bool waiting;
};

struct hasher;

/*
 * `finished` is called on the loop's thread for every job given to hasher_add(), also from within
 * that call. `threads` 0: one per core, at most HASHER_THREADS. NULL when no thread can be had.
 */
struct hasher *hasher_new(struct loop *loop, unsigned threads,
                          void (*finished)(struct hash_job *job));
/* Waits for the workers; jobs that were not finished are forgotten. NULL is allowed. */
void hasher_free(struct hasher *hasher);

/* Queues a job under the address it came from. */
void hasher_add(struct hasher *hasher, struct hash_job *job, const char *address);
/*
 * Takes a job out that has not begun; its `crowded` may be set. False: it has begun, and `finished`
 * will be called.
 */
bool hasher_drop(struct hasher *hasher, struct hash_job *job);

/* Jobs that wait for a worker. */
size_t hasher_waiting(struct hasher *hasher);

#endif
