/* SPDX-License-Identifier: ISC */

#include "host/output_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "input_limits.h"

/* What one stream holds. */
struct queue {
    struct list chunks;
    size_t count;
    size_t boundaries; /* chunks that end an object of the plug-in */
    size_t bytes;
    uint64_t first_at;
};

struct output_queues {
    size_t stream_count;
    size_t chunk_count;
    uint64_t last_number;
    struct queue stream[];
};

static size_t total;                               /* the cost of all chunks, queued or taken */
static struct list crowded = {&crowded, &crowded}; /* struct output_waiters.link */

/* ---- who waits ---- */

void output_queues_wait(struct output_waiters *waiters, pthread_mutex_t *lock)
{
    if (waiters->threads++ == 0)
        list_append(&crowded, &waiters->link);
    pthread_cond_wait(&waiters->room, lock);
    if (--waiters->threads == 0)
        list_remove(&waiters->link);
}

void output_queues_wake_all(void)
{
    list_each(link, &crowded)
        pthread_cond_broadcast(&container_of(link, struct output_waiters, link)->room);
}

/* ---- counting ---- */

static size_t chunk_cost(const struct output_chunk *chunk)
{
    return chunk->length - chunk->offset + OUTPUT_OVERHEAD;
}

static void total_shrink(size_t bytes)
{
    bool was_full = total >= SHELL_OUTPUT_BYTES;

    total -= bytes;
    if (was_full && total < SHELL_OUTPUT_BYTES)
        output_queues_wake_all();
}

static void queue_count(struct output_queues *queues, const struct output_chunk *chunk)
{
    queues->stream[chunk->stream].count++;
    queues->stream[chunk->stream].boundaries += chunk->boundary;
    queues->stream[chunk->stream].bytes += chunk_cost(chunk);
    queues->chunk_count++;
}

static void queue_remove(struct output_queues *queues, struct output_chunk *chunk)
{
    list_remove(&chunk->link);
    queues->stream[chunk->stream].count--;
    queues->stream[chunk->stream].boundaries -= chunk->boundary;
    queues->stream[chunk->stream].bytes -= chunk_cost(chunk);
    queues->chunk_count--;
}

static struct output_chunk *queue_first(const struct queue *queue)
{
    return list_empty(&queue->chunks) ? NULL
                                      : container_of(queue->chunks.next, struct output_chunk, link);
}

/* The oldest chunk of these streams, or NULL. */
static struct output_chunk *queues_first(const struct output_queues *queues, uint64_t streams)
{
    struct output_chunk *first = NULL;

    for (size_t i = 0; i < queues->stream_count; i++) {
        struct output_chunk *chunk = queue_first(&queues->stream[i]);

        if ((streams >> i & 1) != 0 && chunk != NULL &&
            (first == NULL || chunk->number < first->number))
            first = chunk;
    }
    return first;
}

void output_queues_free_chunks(struct list *taken)
{
    size_t cost = 0;

    list_each(link, taken) {
        struct output_chunk *chunk = container_of(link, struct output_chunk, link);

        cost += chunk_cost(chunk);
        list_remove(link);
        free(chunk);
    }
    total_shrink(cost);
}

/* ---- life ---- */

struct output_queues *output_queues_new(size_t streams)
{
    struct output_queues *queues = mem_alloc(sizeof(*queues) + streams * sizeof(queues->stream[0]));

    queues->stream_count = streams;
    for (size_t i = 0; i < streams; i++)
        list_init(&queues->stream[i].chunks);
    return queues;
}

void output_queues_free(struct output_queues *queues)
{
    if (queues == NULL)
        return;
    output_queues_clear(queues);
    free(queues);
}

void output_queues_clear(struct output_queues *queues)
{
    for (size_t i = 0; i < queues->stream_count; i++) {
        output_queues_free_chunks(&queues->stream[i].chunks);
        queues->stream[i].count = 0;
        queues->stream[i].boundaries = 0;
        queues->stream[i].bytes = 0;
    }
    queues->chunk_count = 0;
}

/* ---- the plug-in's side ---- */

size_t output_queues_room(const struct output_queues *queues, int stream)
{
    if (queues->stream[stream].bytes >= OUTPUT_LIMIT)
        return 0;
    if (total < SHELL_OUTPUT_BYTES)
        return OUTPUT_PIECE;
    return queues->chunk_count == 0 ? OUTPUT_LEAST : 0;
}

/*
 * Drops the oldest data of a stream, up to the end of one of the plug-in's own objects if it marks
 * them. False when there is none.
 */
static bool queue_drop_oldest(struct output_queues *queues, struct queue *queue)
{
    bool whole = queue->boundaries > 0;
    struct list dropped;
    struct output_chunk *chunk;
    bool last = false;

    list_init(&dropped);
    while (!last && (chunk = queue_first(queue)) != NULL && !chunk->end) {
        last = !whole || chunk->boundary;
        queue_remove(queues, chunk);
        list_append(&dropped, &chunk->link);
    }
    if (list_empty(&dropped))
        return false;
    output_queues_free_chunks(&dropped);
    return true;
}

size_t output_queues_make_room(struct output_queues *queues, int stream)
{
    size_t room;

    while ((room = output_queues_room(queues, stream)) == 0) {
        struct queue *fullest = &queues->stream[stream];

        for (size_t i = 0; fullest->bytes < OUTPUT_LIMIT && i < queues->stream_count; i++)
            if (queues->stream[i].bytes > fullest->bytes)
                fullest = &queues->stream[i];
        /* Ends stay. What is put out behind the end of its own stream can not push anything out. */
        if (!queue_drop_oldest(queues, fullest))
            return queues->chunk_count <= queues->stream_count ? OUTPUT_LEAST : 0;
    }
    return room;
}

void output_queues_add(struct output_queues *queues, int stream, const void *data, size_t length,
                       bool end, bool boundary)
{
    struct output_chunk *chunk = mem_alloc(sizeof(*chunk) + length + 1);
    struct queue *queue = &queues->stream[stream];

    chunk->stream = (unsigned)stream;
    chunk->end = end;
    chunk->boundary = boundary;
    chunk->length = length;
    chunk->number = ++queues->last_number;
    if (length > 0)
        memcpy(chunk->data, data, length);
    if (queue->count == 0)
        queue->first_at = clock_milliseconds();
    list_append(&queue->chunks, &chunk->link);
    queue_count(queues, chunk);
    total += chunk_cost(chunk);
}

/* ---- the loop's side ---- */

void output_queues_look(const struct output_queues *queues, uint64_t streams,
                        struct output_view *view)
{
    for (size_t i = 0; i < queues->stream_count; i++) {
        const struct queue *queue = &queues->stream[i];

        if ((streams >> i & 1) == 0 || queue->count == 0)
            continue;
        if (view->chunks == 0 || queue->first_at < view->first_at)
            view->first_at = queue->first_at;
        view->chunks += queue->count;
        view->bytes += queue->bytes;
    }
}

/* A copy of the first `size` bytes of a chunk, which loses them. */
static struct output_chunk *chunk_cut(struct output_chunk *chunk, size_t size)
{
    struct output_chunk *head;

    size -= size > 3 ? utf8_incomplete_tail(chunk->data + chunk->offset, size) : 0;
    head = mem_alloc(sizeof(*head) + size + 1);
    head->stream = chunk->stream;
    head->number = chunk->number;
    head->length = size;
    memcpy(head->data, chunk->data + chunk->offset, size);
    chunk->offset += size;
    return head;
}

void output_queues_take(struct output_queues *queues, uint64_t streams, size_t room, size_t most,
                        struct list *taken)
{
    size_t left = room > OUTPUT_OVERHEAD + 4 ? room : OUTPUT_OVERHEAD + 4;
    size_t whole = left - OUTPUT_OVERHEAD; /* the longest data that a response has room for */
    struct output_chunk *chunk;

    for (size_t count = 0; count < most && left >= OUTPUT_OVERHEAD + 4 &&
                           (chunk = queues_first(queues, streams)) != NULL;
         count++) {
        size_t length = chunk->length - chunk->offset;

        left -= OUTPUT_OVERHEAD;
        if (length > left && length <= whole)
            break;
        if (length > left) {
            chunk = chunk_cut(chunk, left);
            queues->stream[chunk->stream].bytes -= chunk->length;
            total += OUTPUT_OVERHEAD;
            list_append(taken, &chunk->link);
            break;
        }
        queue_remove(queues, chunk);
        list_append(taken, &chunk->link);
        left -= length;
    }
}

void output_queues_give_back(struct output_queues *queues, struct list *taken)
{
    while (!list_empty(taken)) {
        struct output_chunk *chunk = container_of(taken->previous, struct output_chunk, link);

        list_remove(&chunk->link);
        list_prepend(&queues->stream[chunk->stream].chunks, &chunk->link);
        queues->stream[chunk->stream].first_at = 0;
        queue_count(queues, chunk);
    }
}
