/* SPDX-License-Identifier: ISC */

#include "auth/limits.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/memory.h"

/* A bucket, told by the one number that changes: when it is full again. */
struct bucket {
    char *who;
    uint64_t full_at;
};

struct limits {
    struct map buckets;
    uint64_t refill;
    uint64_t room; /* how long before full_at there is a token */
};

struct sweep {
    struct limits *limits;
    uint64_t now;
};

struct limits *limits_new(uint32_t burst, uint64_t refill)
{
    struct limits *limits = mem_alloc(sizeof(*limits));

    map_init(&limits->buckets);
    limits->refill = refill;
    limits->room = (burst - 1) * refill;
    return limits;
}

static void bucket_free(struct limits *limits, struct bucket *bucket)
{
    map_remove(&limits->buckets, bucket->who, strlen(bucket->who));
    free(bucket->who);
    free(bucket);
}

static void sweep_visit(void *value, void *context)
{
    const struct sweep *sweep = context;
    struct bucket *bucket = value;

    if (bucket->full_at <= sweep->now)
        bucket_free(sweep->limits, bucket);
}

static void limits_sweep(struct limits *limits, uint64_t now)
{
    struct sweep sweep = {limits, now};

    map_each(&limits->buckets, sweep_visit, &sweep);
}

void limits_free(struct limits *limits)
{
    if (limits == NULL)
        return;
    limits_sweep(limits, UINT64_MAX);
    map_free(&limits->buckets);
    free(limits);
}

uint64_t limits_wait(struct limits *limits, const char *who, uint64_t now)
{
    const struct bucket *bucket = map_get(&limits->buckets, who, strlen(who));

    if (bucket != NULL)
        return bucket->full_at > now + limits->room ? bucket->full_at - limits->room - now : 0;
    if (limits->buckets.count >= LIMITS_MOST)
        limits_sweep(limits, now);
    return limits->buckets.count >= LIMITS_MOST ? limits->refill : 0;
}

void limits_take(struct limits *limits, const char *who, uint64_t now)
{
    struct bucket *bucket = map_get(&limits->buckets, who, strlen(who));

    if (bucket == NULL) {
        bucket = mem_alloc(sizeof(*bucket));
        bucket->who = mem_text(who);
        map_put(&limits->buckets, who, strlen(who), bucket);
    }
    bucket->full_at = (bucket->full_at > now ? bucket->full_at : now) + limits->refill;
}

void limits_give(struct limits *limits, const char *who, uint64_t now)
{
    struct bucket *bucket = map_get(&limits->buckets, who, strlen(who));

    if (bucket == NULL)
        return;
    bucket->full_at -= limits->refill;
    if (bucket->full_at <= now)
        bucket_free(limits, bucket);
}

bool limits_forget(struct limits *limits, const char *who, uint64_t now)
{
    struct bucket *bucket = map_get(&limits->buckets, who, strlen(who));
    bool counted = bucket != NULL && bucket->full_at > now;

    if (bucket != NULL)
        bucket_free(limits, bucket);
    return counted;
}
