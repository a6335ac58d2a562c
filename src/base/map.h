/* SPDX-License-Identifier: ISC */

/*
 * Hash table from byte keys (copied) to pointers (not owned). Keys are hashed with a key of the
 * process, so that a client who chooses names cannot make it slow.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry;

struct map {
    struct map_entry **buckets;
    size_t bucket_count;
    size_t count;
};

void map_init(struct map *map);
/* Frees the table, not the values. NULL is allowed. */
void map_free(struct map *map);

void *map_get(const struct map *map, const void *key, size_t length);
/* Adds or replaces; `value` is not NULL. */
void map_put(struct map *map, const void *key, size_t length, void *value);
/* Takes the key out; returns its value or NULL. */
void *map_remove(struct map *map, const void *key, size_t length);

static inline void *map_get_u64(const struct map *map, uint64_t key)
{
    return map_get(map, &key, sizeof(key));
}
static inline void map_put_u64(struct map *map, uint64_t key, void *value)
{
    map_put(map, &key, sizeof(key), value);
}
static inline void *map_remove_u64(struct map *map, uint64_t key)
{
    return map_remove(map, &key, sizeof(key));
}

/*
 * Calls `visit` for each value, in no order. The visitor may remove the entry it is shown and
 * nothing else.
 */
void map_each(struct map *map, void (*visit)(void *value, void *context), void *context);

#endif
