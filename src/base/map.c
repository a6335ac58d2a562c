/* SPDX-License-Identifier: ISC */

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"

struct map_entry {
    struct map_entry *next;
    void *value;
    uint64_t hash;
    size_t length;
    unsigned char key[];
};

static uint8_t map_secret[HASH_KEY_SIZE];

/* Before main(), so that no thread ever sees the key change. */
__attribute__((constructor)) static void map_secret_init(void)
{
    random_bytes(map_secret, sizeof(map_secret));
}

static uint64_t map_hash(const void *key, size_t length)
{
    return hash_keyed(map_secret, key, length);
}

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_free(struct map *map)
{
    if (map == NULL)
        return;
    for (size_t i = 0; i < map->bucket_count; i++) {
        struct map_entry *entry = map->buckets[i];

        while (entry != NULL) {
            struct map_entry *next = entry->next;

            free(entry);
            entry = next;
        }
    }
    free(map->buckets);
    map_init(map);
}

static struct map_entry **map_find(const struct map *map, uint64_t hash, const void *key,
                                   size_t length)
{
    struct map_entry **place = &map->buckets[hash & (map->bucket_count - 1)];

    while (*place != NULL && ((*place)->hash != hash || (*place)->length != length ||
                              memcmp((*place)->key, key, length) != 0))
        place = &(*place)->next;
    return place;
}

static void map_grow(struct map *map)
{
    size_t count = map->bucket_count > 0 ? map->bucket_count * 2 : 16;
    struct map_entry **buckets = mem_alloc(count * sizeof(struct map_entry *));

    for (size_t i = 0; i < map->bucket_count; i++) {
        struct map_entry *entry = map->buckets[i];

        while (entry != NULL) {
            struct map_entry *next = entry->next;

            entry->next = buckets[entry->hash & (count - 1)];
            buckets[entry->hash & (count - 1)] = entry;
            entry = next;
        }
    }
    free(map->buckets);
    map->buckets = buckets;
    map->bucket_count = count;
}

void *map_get(const struct map *map, const void *key, size_t length)
{
    struct map_entry *entry;

    if (map->count == 0)
        return NULL;
    entry = *map_find(map, map_hash(key, length), key, length);
    return entry == NULL ? NULL : entry->value;
}

void map_put(struct map *map, const void *key, size_t length, void *value)
{
    uint64_t hash = map_hash(key, length);
    struct map_entry **place;

    if (map->count >= map->bucket_count)
        map_grow(map);
    place = map_find(map, hash, key, length);
    if (*place == NULL) {
        struct map_entry *entry = mem_alloc(sizeof(*entry) + length);

        entry->hash = hash;
        entry->length = length;
        memcpy(entry->key, key, length);
        *place = entry;
        map->count++;
    }
    (*place)->value = value;
}

void *map_remove(struct map *map, const void *key, size_t length)
{
    struct map_entry **place;
    struct map_entry *entry;
    void *value;

    if (map->count == 0)
        return NULL;
    place = map_find(map, map_hash(key, length), key, length);
    entry = *place;
    if (entry == NULL)
        return NULL;
    *place = entry->next;
    value = entry->value;
    free(entry);
    map->count--;
    return value;
}

void map_each(struct map *map, void (*visit)(void *value, void *context), void *context)
{
    for (size_t i = 0; i < map->bucket_count; i++) {
        struct map_entry *entry = map->buckets[i];

        while (entry != NULL) {
            struct map_entry *next = entry->next;

            visit(entry->value, context);
            entry = next;
        }
    }
}
