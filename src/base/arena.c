/* SPDX-License-Identifier: ISC */

#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { FIRST_BLOCK = 4096, ALIGNMENT = alignof(max_align_t) };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of data */
    size_t used;
    alignas(max_align_t) unsigned char data[];
};

void arena_init(struct arena *arena, size_t limit)
{
    *arena = (struct arena){.limit = limit};
}

static struct arena_block *arena_grow(struct arena *arena, size_t size)
{
    size_t wanted = arena->blocks == NULL ? FIRST_BLOCK : arena->blocks->size * 2;
    struct arena_block *block;

    if (wanted < size)
        wanted = size;
    if (wanted > arena->limit - arena->taken)
        wanted = arena->limit - arena->taken;
    if (wanted < size)
        return NULL;
    block = mem_resize(NULL, 1, sizeof(*block) + wanted);
    *block = (struct arena_block){.next = arena->blocks, .size = wanted};
    arena->blocks = block;
    arena->taken += wanted;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_block *block = arena->blocks;
    void *memory;

    if (size > arena->limit)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (block == NULL || size > block->size - block->used) {
        block = arena_grow(arena, size);
        if (block == NULL)
            return NULL;
    }
    memory = block->data + block->used;
    block->used += size;
    return memset(memory, 0, size);
}

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
    char *copy = text == NULL ? NULL : arena_alloc(arena, length + 1);

    if (copy != NULL)
        memcpy(copy, text, length);
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return text == NULL ? NULL : arena_text_n(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    char *copy = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) >= 0)
        copy = arena_text(arena, text);
    va_end(arguments);
    free(text);
    return copy;
}

void arena_reset(struct arena *arena)
{
    struct arena_block *block = arena->blocks;

    while (block != NULL && block->next != NULL) {
        struct arena_block *next = block->next;

        arena->taken -= block->size;
        free(block);
        block = next;
    }
    arena->blocks = block;
    if (block != NULL)
        block->used = 0;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    arena_reset(arena);
    free(arena->blocks);
    arena->blocks = NULL;
    arena->taken = 0;
}
