/* SPDX-License-Identifier: ISC */

#include "host/output.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/api.h"
#include "base/clock.h"
#include "host/post.h"
#include "input_limits.h"

enum { LOST_PAUSE = 1 /* milliseconds, for a thread whose data is dropped */ };

/* What one stream holds. */
struct queue {
    struct list chunks;
    size_t count;
    size_t boundaries; /* chunks that end an object of the plug-in */
    size_t bytes;
    uint64_t first_at;
};

struct output {
    pthread_cond_t room;
    struct list crowd; /* in `crowded` while a thread waits */
    unsigned waiting;  /* threads */
    unsigned references;
    char *const *streams;
    size_t stream_count;
    void (*changed)(void *owner);
    void *owner;
    struct post post;
    bool posted;
    bool cancelled;
    bool overflow; /* nobody waits any more: what does not fit is lost */
    size_t chunk_count;
    uint64_t last_number;
    uint64_t ended;
    uint64_t flush; /* bit per stream */
    bool told;      /* false: a state, or a flush of no stream, has not been told yet */
    bool news;      /* the state has not been told yet */
    enum command_state state;
    char *state_uri;
    uint32_t exit_code;
    struct queue queues[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static size_t total; /* the cost of all chunks, queued or taken */
static struct list crowded = {&crowded, &crowded};
static enum output_buffering buffering; /* of a shell that is disconnected */

/* ---- counting; lock held ---- */

static size_t chunk_cost(const struct output_chunk *chunk)
{
    return chunk->length - chunk->offset + OUTPUT_OVERHEAD;
}

static void total_shrink(size_t bytes)
{
    bool was_full = total >= SHELL_OUTPUT_BYTES;

    total -= bytes;
    if (!was_full || total >= SHELL_OUTPUT_BYTES)
        return;
    list_each(link, &crowded)
        pthread_cond_broadcast(&container_of(link, struct output, crowd)->room);
}

static void queue_count(struct output *output, const struct output_chunk *chunk)
{
    output->queues[chunk->stream].count++;
    output->queues[chunk->stream].boundaries += chunk->boundary;
    output->queues[chunk->stream].bytes += chunk_cost(chunk);
    output->chunk_count++;
}

static void queue_remove(struct output *output, struct output_chunk *chunk)
{
    list_remove(&chunk->link);
    output->queues[chunk->stream].count--;
    output->queues[chunk->stream].boundaries -= chunk->boundary;
    output->queues[chunk->stream].bytes -= chunk_cost(chunk);
    output->chunk_count--;
}

static struct output_chunk *queue_first(const struct queue *queue)
{
    return list_empty(&queue->chunks) ? NULL
                                      : container_of(queue->chunks.next, struct output_chunk, link);
}

/* The oldest chunk of these streams, or NULL. */
static struct output_chunk *output_first(const struct output *output, uint64_t streams)
{
    struct output_chunk *first = NULL;

    for (size_t i = 0; i < output->stream_count; i++) {
        struct output_chunk *chunk = queue_first(&output->queues[i]);

        if ((streams >> i & 1) != 0 && chunk != NULL &&
            (first == NULL || chunk->number < first->number))
            first = chunk;
    }
    return first;
}

static void free_chunks(struct list *chunks)
{
    size_t cost = 0;

    list_each(link, chunks) {
        struct output_chunk *chunk = container_of(link, struct output_chunk, link);

        cost += chunk_cost(chunk);
        list_remove(link);
        free(chunk);
    }
    total_shrink(cost);
}

static void output_drop_chunks(struct output *output)
{
    for (size_t i = 0; i < output->stream_count; i++) {
        free_chunks(&output->queues[i].chunks);
        output->queues[i].count = 0;
        output->queues[i].boundaries = 0;
        output->queues[i].bytes = 0;
    }
    output->chunk_count = 0;
}

/* ---- life ---- */

static void output_tell(struct post *post)
{
    struct output *output = container_of(post, struct output, post);
    void *owner;

    pthread_mutex_lock(&lock);
    output->posted = false;
    owner = output->owner;
    pthread_mutex_unlock(&lock);
    if (owner != NULL)
        output->changed(owner);
    output_unref(output);
}

struct output *output_new(char *const *streams, size_t count, void (*changed)(void *owner),
                          void *owner)
{
    struct output *output = mem_alloc(sizeof(*output) + count * sizeof(output->queues[0]));

    pthread_cond_init(&output->room, NULL);
    list_init(&output->crowd);
    output->references = 1;
    output->streams = streams;
    output->stream_count = count;
    output->changed = changed;
    output->owner = owner;
    output->post.run = output_tell;
    output->told = true;
    for (size_t i = 0; i < count; i++)
        list_init(&output->queues[i].chunks);
    return output;
}

struct output *output_ref(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->references++;
    pthread_mutex_unlock(&lock);
    return output;
}

void output_unref(struct output *output)
{
    bool last;

    if (output == NULL)
        return;
    pthread_mutex_lock(&lock);
    last = --output->references == 0;
    if (last)
        output_drop_chunks(output);
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    pthread_cond_destroy(&output->room);
    free(output->state_uri);
    free(output);
}

void output_cancel(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->cancelled = true;
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&lock);
}

void output_reopen(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->cancelled = false;
    pthread_mutex_unlock(&lock);
}

void output_keep_as(enum output_buffering kept_as)
{
    pthread_mutex_lock(&lock);
    buffering = kept_as;
    list_each(link, &crowded)
        pthread_cond_broadcast(&container_of(link, struct output, crowd)->room);
    pthread_mutex_unlock(&lock);
}

void output_overflow(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->overflow = true;
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&lock);
}

void output_detach(struct output *output)
{
    output_cancel(output);
    pthread_mutex_lock(&lock);
    output->owner = NULL;
    output_drop_chunks(output);
    pthread_mutex_unlock(&lock);
}

void output_clear(struct output *output)
{
    pthread_mutex_lock(&lock);
    output_drop_chunks(output);
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&lock);
}

/* ---- the plug-in's side ---- */

int output_stream(const struct output *output, const char *name)
{
    for (size_t i = 0; i < output->stream_count; i++)
        if (strcmp(output->streams[i], name) == 0)
            return (int)i;
    return OUTPUT_NO_STREAM;
}

/* Lock held. */
static void output_add(struct output *output, int stream, const void *data, size_t length, bool end,
                       bool boundary)
{
    struct output_chunk *chunk = mem_alloc(sizeof(*chunk) + length + 1);
    struct queue *queue = &output->queues[stream];

    chunk->stream = (unsigned)stream;
    chunk->end = end;
    chunk->boundary = boundary;
    chunk->length = length;
    chunk->number = ++output->last_number;
    if (length > 0)
        memcpy(chunk->data, data, length);
    if (queue->count == 0)
        queue->first_at = clock_milliseconds();
    list_append(&queue->chunks, &chunk->link);
    queue_count(output, chunk);
    total += chunk_cost(chunk);
    if (end)
        output->ended |= (uint64_t)1 << stream;
}

/* Lock held: has the loop look, once for everything until it does. */
static void output_announce(struct output *output)
{
    if (output->posted || output->owner == NULL)
        return;
    output->posted = true;
    output->references++;
    post_send(&output->post);
}

/* Lock held: how many bytes of data this stream can take now. */
static size_t output_room(const struct output *output, int stream)
{
    if (output->queues[stream].bytes >= OUTPUT_LIMIT)
        return 0;
    if (total < SHELL_OUTPUT_BYTES)
        return OUTPUT_PIECE;
    return output->chunk_count == 0 ? OUTPUT_LEAST : 0;
}

/*
 * Lock held: drops the oldest data of a stream, up to the end of one of the plug-in's own objects
 * if it marks them. False when there is none.
 */
static bool queue_drop_oldest(struct output *output, struct queue *queue)
{
    bool whole = queue->boundaries > 0;
    struct list dropped;
    struct output_chunk *chunk;
    bool last = false;

    list_init(&dropped);
    while (!last && (chunk = queue_first(queue)) != NULL && !chunk->end) {
        last = !whole || chunk->boundary;
        queue_remove(output, chunk);
        list_append(&dropped, &chunk->link);
    }
    if (list_empty(&dropped))
        return false;
    free_chunks(&dropped);
    return true;
}

/* Lock held: makes room for this stream at the expense of what its output holds. */
static size_t output_make_room(struct output *output, int stream)
{
    size_t room;

    while ((room = output_room(output, stream)) == 0) {
        struct queue *fullest = &output->queues[stream];

        for (size_t i = 0; fullest->bytes < OUTPUT_LIMIT && i < output->stream_count; i++)
            if (output->queues[i].bytes > fullest->bytes)
                fullest = &output->queues[i];
        /* Ends stay. What is put out behind the end of its own stream can not push anything out. */
        if (!queue_drop_oldest(output, fullest))
            return output->chunk_count <= output->stream_count ? OUTPUT_LEAST : 0;
    }
    return room;
}

/*
 * Lock held: waits until there is room, or nobody waits any more. `begun`: a part of the result has
 * been taken already.
 */
static size_t output_wait(struct output *output, int stream, bool begun)
{
    size_t room;

    while ((room = output_room(output, stream)) == 0 && !output->cancelled && !output->overflow) {
        if (buffering == BUFFERING_drop)
            return output_make_room(output, stream);
        if (buffering == BUFFERING_refuse && !begun)
            return 0;
        if (output->waiting++ == 0)
            list_append(&crowded, &output->crowd);
        pthread_cond_wait(&output->room, &lock);
        if (--output->waiting == 0)
            list_remove(&output->crowd);
    }
    return output->cancelled ? 0 : room;
}

/*
 * Lock held: adds data piece by piece as there is room; waits for it, or drops the rest. How much
 * of it was added.
 */
static size_t output_add_data(struct output *output, const struct output_result *result)
{
    const char *data = result->data;
    size_t left = result->length;

    while (left > 0) {
        size_t room = output_wait(output, result->stream, left < result->length);
        size_t piece = left < room ? left : room;

        if (room == 0)
            break;
        if (piece < left)
            piece -= utf8_incomplete_tail(data, piece);
        output_add(output, result->stream, data, piece, false, result->boundary && piece == left);
        output_announce(output);
        data += piece;
        left -= piece;
    }
    return result->length - left;
}

/* Lock held. */
static void output_set_state(struct output *output, const struct output_result *result)
{
    if (result->state == COMMAND_STATE_none)
        return;
    free(output->state_uri);
    output->state_uri = mem_text(result->state_uri);
    output->state = result->state;
    output->exit_code = result->exit_code;
    output->news = true;
    /* With data it goes when that does. */
    if (result->state != COMMAND_STATE_done &&
        (result->state != COMMAND_STATE_running || (result->length == 0 && !result->end)))
        output->told = false;
}

/* Lock held: nothing is taken while the shell is disconnected, but from those that are to end. */
static bool output_is_refused(const struct output *output)
{
    return buffering == BUFFERING_refuse && !output->cancelled && !output->overflow;
}

uint32_t output_push(struct output *output, const struct output_result *result)
{
    uint32_t code = ERROR_INVALID_PARAMETER;
    size_t added = 0;
    bool lost = false;

    pthread_mutex_lock(&lock);
    if (output->state == COMMAND_STATE_done)
        goto out;
    if (!output_is_refused(output))
        added = output_add_data(output, result);
    code = ERROR_OPERATION_ABORTED;
    if (output->cancelled)
        goto out;
    code = ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED;
    if (added == 0 && output_is_refused(output))
        goto out;
    lost = added < result->length;
    if (result->end)
        output_add(output, result->stream, NULL, 0, true, false);
    if (result->flush && result->stream != OUTPUT_NO_STREAM)
        output->flush |= (uint64_t)1 << result->stream;
    else if (result->flush)
        output->told = false;
    output_set_state(output, result);
    output_announce(output);
    code = NO_ERROR;
out:
    pthread_mutex_unlock(&lock);
    /* A plug-in that puts out all the time would hardly leave the lock to the loop that ends it. */
    if (lost)
        poll(NULL, 0, LOST_PAUSE);
    return code;
}

/* ---- the loop's side ---- */

void output_look(struct output *output, uint64_t streams, struct output_view *view)
{
    pthread_mutex_lock(&lock);
    *view = (struct output_view){.flush = (output->flush & streams) != 0 || !output->told,
                                 .news = output->news,
                                 .done = output->state == COMMAND_STATE_done,
                                 .state = output->state,
                                 .state_uri = mem_text(output->state_uri),
                                 .exit_code = output->exit_code,
                                 .ended = output->ended};
    for (size_t i = 0; i < output->stream_count; i++) {
        const struct queue *queue = &output->queues[i];

        if ((streams >> i & 1) == 0 || queue->count == 0)
            continue;
        if (view->chunks == 0 || queue->first_at < view->first_at)
            view->first_at = queue->first_at;
        view->chunks += queue->count;
        view->bytes += queue->bytes;
    }
    pthread_mutex_unlock(&lock);
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

void output_take(struct output *output, uint64_t streams, size_t room, size_t most,
                 struct list *taken)
{
    size_t left = room > OUTPUT_OVERHEAD + 4 ? room : OUTPUT_OVERHEAD + 4;
    size_t whole = left - OUTPUT_OVERHEAD; /* the longest data that a response has room for */
    struct output_chunk *chunk;

    pthread_mutex_lock(&lock);
    output->flush &= ~streams;
    output->told = true;
    output->news = false;
    for (size_t count = 0; count < most && left >= OUTPUT_OVERHEAD + 4 &&
                           (chunk = output_first(output, streams)) != NULL;
         count++) {
        size_t length = chunk->length - chunk->offset;

        left -= OUTPUT_OVERHEAD;
        if (length > left && length <= whole)
            break;
        if (length > left) {
            chunk = chunk_cut(chunk, left);
            output->queues[chunk->stream].bytes -= chunk->length;
            total += OUTPUT_OVERHEAD;
            list_append(taken, &chunk->link);
            break;
        }
        queue_remove(output, chunk);
        list_append(taken, &chunk->link);
        left -= length;
    }
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&lock);
}

void output_give_back(struct output *output, struct list *taken)
{
    pthread_mutex_lock(&lock);
    while (!list_empty(taken)) {
        struct output_chunk *chunk = container_of(taken->previous, struct output_chunk, link);

        list_remove(&chunk->link);
        list_prepend(&output->queues[chunk->stream].chunks, &chunk->link);
        output->queues[chunk->stream].first_at = 0;
        queue_count(output, chunk);
    }
    output->told = false;
    output_announce(output);
    pthread_mutex_unlock(&lock);
}

void output_state_again(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->news = true;
    pthread_mutex_unlock(&lock);
}

void output_free_chunks(struct list *taken)
{
    pthread_mutex_lock(&lock);
    free_chunks(taken);
    pthread_mutex_unlock(&lock);
}
