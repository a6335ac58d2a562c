/* SPDX-License-Identifier: ISC */

#include "auth/cache.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

struct entry {
    struct list link; /* cache->entries, the oldest first */
    char *name;
    struct cache_digest digest;
    uint64_t until;
    char *account;
    uint32_t uid;
    struct ipc_item *groups;
    uint32_t group_count;
};

struct cache {
    uint64_t time;
    uint8_t key[32];
    struct map by_name;
    struct list entries;
};

static void entry_free(struct cache *cache, struct entry *entry)
{
    map_remove(&cache->by_name, entry->name, strlen(entry->name));
    list_remove(&entry->link);
    for (uint32_t i = 0; i < entry->group_count; i++)
        free((char *)(uintptr_t)entry->groups[i].name);
    free(entry->groups);
    free(entry->account);
    free(entry->name);
    explicit_bzero(entry, sizeof(*entry));
    free(entry);
}

struct cache *cache_new(uint64_t time)
{
    struct cache *cache = mem_alloc(sizeof(*cache));

    map_init(&cache->by_name);
    list_init(&cache->entries);
    cache->time = time;
    random_bytes(cache->key, sizeof(cache->key));
    return cache;
}

void cache_clear(struct cache *cache)
{
    list_each(link, &cache->entries)
        entry_free(cache, container_of(link, struct entry, link));
}

void cache_reset(struct cache *cache, uint64_t time)
{
    cache_clear(cache);
    cache->time = time;
}

void cache_free(struct cache *cache)
{
    if (cache == NULL)
        return;
    cache_reset(cache, 0);
    map_free(&cache->by_name);
    explicit_bzero(cache, sizeof(*cache));
    free(cache);
}

bool cache_digest(const struct cache *cache, const char *name, const char *password,
                  struct cache_digest *digest)
{
    /* Together, with the NUL between them: a password belongs to its name. */
    size_t head = strlen(name) + 1;
    size_t length = head + strlen(password);
    unsigned char *text;
    unsigned size = 0;
    bool made;

    if (cache->time == 0)
        return false;
    text = mem_alloc(length);
    memcpy(text, name, head);
    memcpy(text + head, password, length - head);
    made = HMAC(EVP_sha256(), cache->key, (int)sizeof(cache->key), text, length, digest->byte,
                &size) != NULL &&
           size == sizeof(digest->byte);
    explicit_bzero(text, length);
    free(text);
    return made;
}

bool cache_find(struct cache *cache, const char *name, const struct cache_digest *digest,
                uint64_t now, struct cache_identity *identity)
{
    struct entry *entry = map_get(&cache->by_name, name, strlen(name));

    if (entry == NULL)
        return false;
    if (entry->until <= now) {
        entry_free(cache, entry);
        return false;
    }
    if (CRYPTO_memcmp(entry->digest.byte, digest->byte, sizeof(digest->byte)) != 0)
        return false;
    *identity = (struct cache_identity){.account = entry->account,
                                        .uid = entry->uid,
                                        .groups = {entry->groups, entry->group_count}};
    return true;
}

/* From the front: entries live equally long, so the first to end is the oldest. */
static void cache_make_room(struct cache *cache, uint64_t now)
{
    list_each(link, &cache->entries) {
        struct entry *entry = container_of(link, struct entry, link);

        if (entry->until > now && cache->by_name.count < CACHE_MOST)
            return;
        entry_free(cache, entry);
    }
}

void cache_put(struct cache *cache, const char *name, const struct cache_digest *digest,
               uint64_t now, const struct cache_identity *identity)
{
    struct entry *entry;

    cache_drop(cache, name);
    cache_make_room(cache, now);
    if (cache->time == 0)
        return;
    entry = mem_alloc(sizeof(*entry));
    entry->name = mem_text(name);
    entry->digest = *digest;
    entry->until = now + cache->time;
    entry->account = mem_text(identity->account);
    entry->uid = identity->uid;
    entry->groups = mem_alloc(((size_t)identity->groups.count + 1) * sizeof(*entry->groups));
    for (uint32_t i = 0; i < identity->groups.count; i++)
        if (identity->groups.item[i].name != NULL)
            entry->groups[entry->group_count++].name = mem_text(identity->groups.item[i].name);
    map_put(&cache->by_name, name, strlen(name), entry);
    list_append(&cache->entries, &entry->link);
}

void cache_drop(struct cache *cache, const char *name)
{
    struct entry *entry = map_get(&cache->by_name, name, strlen(name));

    if (entry != NULL)
        entry_free(cache, entry);
}
