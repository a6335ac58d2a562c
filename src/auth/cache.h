/* SPDX-License-Identifier: ISC */

/*
 * Names and passwords that have been proved a short while ago, so that a client that opens many
 * connections does not cost a hash for each. What is kept is not the password but HMAC-SHA-256 of
 * name and password with a key that this process has made for itself and tells nobody. At most
 * CACHE_MOST users, one password each, and nobody for longer than the configured time.
 */
#ifndef AUTH_CACHE_H
#define AUTH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"

enum { CACHE_MOST = 4096, CACHE_DIGEST_SIZE = 32 };

struct cache;

struct cache_digest {
    uint8_t byte[CACHE_DIGEST_SIZE];
};

/* What a cached login says of its user. */
struct cache_identity {
    const char *account;
    uint32_t uid;
    struct ipc_items groups;
};

/* `time`: milliseconds; 0 keeps nothing. */
struct cache *cache_new(uint64_t time);
void cache_free(struct cache *cache);
/* Forgets all, and from now on keeps what is proved for so long. */
void cache_reset(struct cache *cache, uint64_t time);

/* False: there is no digest to be had (of a cache that keeps nothing). */
bool cache_digest(const struct cache *cache, const char *name, const char *password,
                  struct cache_digest *digest);
/* Is it this user's password as it was proved last? `identity` is valid until the next call. */
bool cache_find(struct cache *cache, const char *name, const struct cache_digest *digest,
                uint64_t now, struct cache_identity *identity);
/* It has been proved. The identity is copied. */
void cache_put(struct cache *cache, const char *name, const struct cache_digest *digest,
               uint64_t now, const struct cache_identity *identity);
/* Forgets all. */
void cache_clear(struct cache *cache);
/* The user has been refused, or is another one now. */
void cache_drop(struct cache *cache, const char *name);

#endif
