/* SPDX-License-Identifier: ISC */

/*
 * Worker threads that compute password hashes, some 30 ms of processor time each, off the loop.
 * Jobs wait in one queue per source address. The sources take turns, none of them gets all
 * workers while another one waits, and when everything is full the longest queue gives up its
 * newest job: whoever sends many passwords waits for himself.
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

enum { HASHER_WAITING = 256, HASHER_THREADS = 4, HASHER_PASSWORD_LIMIT = 511 };

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
    struct list link; /* the hasher's */
    struct hash_source *source;
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
/* Takes a job out that has not begun. False: it has, and `finished` will be called. */
bool hasher_drop(struct hasher *hasher, struct hash_job *job);

/* Jobs that wait for a worker. */
size_t hasher_waiting(struct hasher *hasher);

#endif
