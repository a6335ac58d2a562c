/* SPDX-License-Identifier: ISC */

#include "host/address.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CHUNK_SIZE = 1024 * 1024, CHUNK_SLOTS = CHUNK_SIZE / ADDRESS_SIZE };

/* The part of the table for one chunk of the range; it exists while an address in it is in use. */
struct chunk {
    unsigned in_use;
    struct handle *slot[CHUNK_SLOTS];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *range;
static size_t range_slots;
static size_t next_slot;
static struct chunk **chunks;

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

/* Sanitizers shadow what is reserved and become slow with a large range. */
#ifdef SANITIZED
static const size_t range_sizes[] = {(size_t)1 << 28};
#else
static const size_t range_sizes[] = {(size_t)1 << 40, (size_t)1 << 36, (size_t)1 << 32,
                                     (size_t)1 << 28};
#endif

bool address_init(void)
{
    for (size_t i = 0; i < sizeof(range_sizes) / sizeof(range_sizes[0]); i++) {
        size_t size = range_sizes[i];
        void *reserved =
            mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (reserved == MAP_FAILED)
            continue;
        chunks = calloc(size / CHUNK_SIZE, sizeof(struct chunk *));
        if (chunks == NULL) {
            munmap(reserved, size);
            continue;
        }
        range = reserved;
        range_slots = size / ADDRESS_SIZE;
        return true;
    }
    return false;
}

void address_lock(void)
{
    pthread_mutex_lock(&lock);
}

void address_unlock(void)
{
    pthread_mutex_unlock(&lock);
}

static struct chunk *chunk_begin(size_t number)
{
    if (chunks[number] != NULL)
        return chunks[number];
    if (mprotect(range + number * CHUNK_SIZE, CHUNK_SIZE, PROT_READ | PROT_WRITE) != 0)
        return NULL;
    chunks[number] = calloc(1, sizeof(struct chunk));
    return chunks[number];
}

/*
 * Ends a chunk whose addresses have all been handed out and given up. Its memory is dropped and
 * not protected: a plug-in that still reads there sees zeros.
 */
static void chunk_end(size_t number)
{
    madvise(range + number * CHUNK_SIZE, CHUNK_SIZE, MADV_DONTNEED);
    free(chunks[number]);
    chunks[number] = NULL;
}

bool handle_open(struct handle *handle, enum handle_kind kind)
{
    struct chunk *chunk;

    if (next_slot >= range_slots)
        return false;
    chunk = chunk_begin(next_slot / CHUNK_SLOTS);
    if (chunk == NULL)
        return false;
    *handle =
        (struct handle){.kind = kind, .open = true, .address = range + next_slot * ADDRESS_SIZE};
    chunk->slot[next_slot % CHUNK_SLOTS] = handle;
    chunk->in_use++;
    next_slot++;
    return true;
}

static size_t handle_slot(const struct handle *handle)
{
    return (size_t)((char *)handle->address - range) / ADDRESS_SIZE;
}

void handle_close(struct handle *handle)
{
    size_t slot;

    if (!handle->open)
        return;
    slot = handle_slot(handle);
    chunks[slot / CHUNK_SLOTS]->slot[slot % CHUNK_SLOTS] = NULL;
    handle->open = false;
}

void handle_drop(struct handle *handle)
{
    size_t number;

    if (handle->address == NULL)
        return;
    handle_close(handle);
    number = handle_slot(handle) / CHUNK_SLOTS;
    handle->address = NULL;
    chunks[number]->in_use--;
    if (chunks[number]->in_use == 0 && next_slot >= (number + 1) * CHUNK_SLOTS)
        chunk_end(number);
}

struct handle *handle_find(const void *address, enum handle_kind kind, const char **cause)
{
    uintptr_t offset = (uintptr_t)address - (uintptr_t)range;
    size_t slot = offset / ADDRESS_SIZE;
    struct chunk *chunk;
    struct handle *handle;

    *cause = "a pointer that was never handed out";
    if (address == NULL)
        *cause = "NULL";
    if (slot >= next_slot || offset % ADDRESS_SIZE != 0)
        return NULL;
    chunk = chunks[slot / CHUNK_SLOTS];
    handle = chunk != NULL ? chunk->slot[slot % CHUNK_SLOTS] : NULL;
    if (handle == NULL) {
        *cause = "a call that is complete already";
        return NULL;
    }
    if (handle->kind != kind) {
        *cause = "a pointer that names something else";
        return NULL;
    }
    return handle;
}
