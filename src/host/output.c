/* SPDX-License-Identifier: ISC */

#include "host/output.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/api.h"
#include "host/clock.h"
#include "host/post.h"

struct output {
    pthread_mutex_t lock;
    pthread_cond_t room;
    unsigned references;
    char *const *streams;
    size_t stream_count;
    void (*changed)(void *owner);
    void *owner;
    struct post post;
    bool posted;
    bool cancelled;
    bool overflow; /* nobody waits any more: what does not fit is lost */
    struct list chunks;
    size_t chunk_count;
    size_t bytes;
    uint64_t first_at;
    uint64_t ended;
    bool flush;
    enum command_state state;
    char *state_uri;
    uint32_t exit_code;
};

/* ---- life ---- */

static void output_tell(struct post *post)
{
    struct output *output = container_of(post, struct output, post);
    void *owner;

    pthread_mutex_lock(&output->lock);
    output->posted = false;
    owner = output->owner;
    pthread_mutex_unlock(&output->lock);
    if (owner != NULL)
        output->changed(owner);
    output_unref(output);
}

struct output *output_new(char *const *streams, size_t count, void (*changed)(void *owner),
                          void *owner)
{
    struct output *output = mem_alloc(sizeof(*output));

    pthread_mutex_init(&output->lock, NULL);
    pthread_cond_init(&output->room, NULL);
    output->references = 1;
    output->streams = streams;
    output->stream_count = count;
    output->changed = changed;
    output->owner = owner;
    output->post.run = output_tell;
    list_init(&output->chunks);
    return output;
}

struct output *output_ref(struct output *output)
{
    pthread_mutex_lock(&output->lock);
    output->references++;
    pthread_mutex_unlock(&output->lock);
    return output;
}

/* Lock held. */
static void output_drop_chunks(struct output *output)
{
    list_each(link, &output->chunks) {
        list_remove(link);
        free(container_of(link, struct output_chunk, link));
    }
    output->bytes = 0;
    output->chunk_count = 0;
}

void output_unref(struct output *output)
{
    bool last;

    if (output == NULL)
        return;
    pthread_mutex_lock(&output->lock);
    last = --output->references == 0;
    pthread_mutex_unlock(&output->lock);
    if (!last)
        return;
    output_drop_chunks(output);
    pthread_cond_destroy(&output->room);
    pthread_mutex_destroy(&output->lock);
    free(output->state_uri);
    free(output);
}

void output_cancel(struct output *output)
{
    pthread_mutex_lock(&output->lock);
    output->cancelled = true;
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&output->lock);
}

void output_overflow(struct output *output)
{
    pthread_mutex_lock(&output->lock);
    output->overflow = true;
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&output->lock);
}

void output_detach(struct output *output)
{
    output_cancel(output);
    pthread_mutex_lock(&output->lock);
    output->owner = NULL;
    pthread_mutex_unlock(&output->lock);
}

void output_clear(struct output *output)
{
    pthread_mutex_lock(&output->lock);
    output_drop_chunks(output);
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&output->lock);
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
static void output_add(struct output *output, int stream, const void *data, size_t length, bool end)
{
    struct output_chunk *chunk = mem_alloc(sizeof(*chunk) + length + 1);

    chunk->stream = (unsigned)stream;
    chunk->end = end;
    chunk->length = length;
    if (length > 0)
        memcpy(chunk->data, data, length);
    if (output->chunk_count == 0)
        output->first_at = clock_milliseconds();
    list_append(&output->chunks, &chunk->link);
    output->chunk_count++;
    output->bytes += length + OUTPUT_OVERHEAD;
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

/* Lock held: adds data piece by piece as there is room; waits for it, or drops the rest. */
static void output_add_data(struct output *output, const struct output_result *result)
{
    const char *data = result->data;
    size_t left = result->length;

    while (left > 0) {
        size_t piece = left < OUTPUT_PIECE ? left : OUTPUT_PIECE;

        while (!output->cancelled && !output->overflow && output->bytes >= OUTPUT_LIMIT)
            pthread_cond_wait(&output->room, &output->lock);
        if (output->cancelled || output->bytes >= OUTPUT_LIMIT)
            return;
        if (piece < left)
            piece -= utf8_incomplete_tail(data, piece);
        output_add(output, result->stream, data, piece, false);
        output_announce(output);
        data += piece;
        left -= piece;
    }
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
    if (result->state != COMMAND_STATE_running && result->state != COMMAND_STATE_done)
        output->flush = true;
}

uint32_t output_push(struct output *output, const struct output_result *result)
{
    uint32_t code = ERROR_INVALID_PARAMETER;

    pthread_mutex_lock(&output->lock);
    if (output->state == COMMAND_STATE_done)
        goto out;
    output_add_data(output, result);
    code = ERROR_OPERATION_ABORTED;
    if (output->cancelled)
        goto out;
    if (result->end)
        output_add(output, result->stream, NULL, 0, true);
    if (result->flush)
        output->flush = true;
    output_set_state(output, result);
    output_announce(output);
    code = NO_ERROR;
out:
    pthread_mutex_unlock(&output->lock);
    return code;
}

/* ---- the loop's side ---- */

void output_look(struct output *output, struct output_view *view)
{
    pthread_mutex_lock(&output->lock);
    *view = (struct output_view){.bytes = output->bytes,
                                 .chunks = output->chunk_count,
                                 .first_at = output->first_at,
                                 .flush = output->flush,
                                 .done = output->state == COMMAND_STATE_done,
                                 .state = output->state,
                                 .state_uri = mem_text(output->state_uri),
                                 .exit_code = output->exit_code,
                                 .ended = output->ended};
    pthread_mutex_unlock(&output->lock);
}

static void output_remove(struct output *output, struct output_chunk *chunk)
{
    list_remove(&chunk->link);
    output->chunk_count--;
    output->bytes -= chunk->length - chunk->offset + OUTPUT_OVERHEAD;
}

/* A copy of the first `size` bytes of a chunk, which loses them. */
static struct output_chunk *chunk_cut(struct output_chunk *chunk, size_t size)
{
    struct output_chunk *head;

    size -= size > 3 ? utf8_incomplete_tail(chunk->data + chunk->offset, size) : 0;
    head = mem_alloc(sizeof(*head) + size + 1);
    head->stream = chunk->stream;
    head->length = size;
    memcpy(head->data, chunk->data + chunk->offset, size);
    chunk->offset += size;
    return head;
}

void output_take(struct output *output, size_t room, size_t most, struct list *taken)
{
    size_t left = room > OUTPUT_OVERHEAD + 4 ? room : OUTPUT_OVERHEAD + 4;
    size_t count = 0;

    pthread_mutex_lock(&output->lock);
    output->flush = false;
    while (!list_empty(&output->chunks) && count < most && left >= OUTPUT_OVERHEAD + 4) {
        struct output_chunk *chunk = container_of(output->chunks.next, struct output_chunk, link);
        size_t length = chunk->length - chunk->offset;

        left -= OUTPUT_OVERHEAD;
        count++;
        if (length > left) {
            chunk = chunk_cut(chunk, left);
            output->bytes -= chunk->length;
            list_append(taken, &chunk->link);
            break;
        }
        output_remove(output, chunk);
        list_append(taken, &chunk->link);
        left -= length;
    }
    pthread_cond_broadcast(&output->room);
    pthread_mutex_unlock(&output->lock);
}

void output_give_back(struct output *output, struct list *taken)
{
    pthread_mutex_lock(&output->lock);
    while (!list_empty(taken)) {
        struct output_chunk *chunk = container_of(taken->previous, struct output_chunk, link);

        list_remove(&chunk->link);
        list_prepend(&output->chunks, &chunk->link);
        output->chunk_count++;
        output->bytes += chunk->length - chunk->offset + OUTPUT_OVERHEAD;
    }
    output->first_at = 0;
    output->flush = true;
    output_announce(output);
    pthread_mutex_unlock(&output->lock);
}
