/* SPDX-License-Identifier: ISC */

/*
 * Memory with one common end: everything that belongs to a request is taken from the request's
 * arena and given back at once. An arena has a limit, because what a request asks for comes from
 * outside; beyond it arena_alloc() returns NULL and the request is refused.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t taken;               /* bytes in all blocks */
    size_t limit;
};

/* An empty arena; no memory is taken before the first arena_alloc(). `limit` is in bytes. */
void arena_init(struct arena *arena, size_t limit);

/* Zeroed, aligned memory that lives until arena_reset() or arena_free(); NULL beyond the limit. */
void *arena_alloc(struct arena *arena, size_t size);

/* Copy of a text (NUL added); NULL when `text` is NULL or beyond the limit. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Gives everything back but keeps the first block for the next request. */
void arena_reset(struct arena *arena);
/* Gives everything back; the arena can be used again. NULL is allowed. */
void arena_free(struct arena *arena);

#endif
