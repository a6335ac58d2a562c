/* SPDX-License-Identifier: ISC */

#include "host/output.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/api.h"
#include "host/output_queue.h"
#include "host/post.h"

enum { LOST_PAUSE = 1 /* milliseconds, for a thread whose data is dropped */ };

struct output {
    struct output_waiters waiters;
    unsigned references;
    char *const *streams;
    size_t stream_count;
    void (*changed)(void *owner);
    void *owner;
    struct post post;
    bool posted;
    bool cancelled;
    bool overflow; /* nobody waits any more: what does not fit is lost */
    uint64_t ended;
    uint64_t flush; /* bit per stream */
    bool told;      /* false: a state, or a flush of no stream, has not been told yet */
    bool news;      /* the state has not been told yet */
    enum command_state state;
    char *state_uri;
    uint32_t exit_code;
    struct output_queues *queues;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static enum output_buffering buffering; /* of a shell that is disconnected */

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
    struct output *output = mem_alloc(sizeof(*output));

    pthread_cond_init(&output->waiters.room, NULL);
    list_init(&output->waiters.link);
    output->references = 1;
    output->streams = streams;
    output->stream_count = count;
    output->changed = changed;
    output->owner = owner;
    output->post.run = output_tell;
    output->told = true;
    output->queues = output_queues_new(count);
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
        output_queues_free(output->queues);
    pthread_mutex_unlock(&lock);
    if (!last)
        return;
    pthread_cond_destroy(&output->waiters.room);
    free(output->state_uri);
    free(output);
}

void output_cancel(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->cancelled = true;
    pthread_cond_broadcast(&output->waiters.room);
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
    output_queues_wake_all();
    pthread_mutex_unlock(&lock);
}

void output_overflow(struct output *output)
{
    pthread_mutex_lock(&lock);
    output->overflow = true;
    pthread_cond_broadcast(&output->waiters.room);
    pthread_mutex_unlock(&lock);
}

void output_detach(struct output *output)
{
    output_cancel(output);
    pthread_mutex_lock(&lock);
    output->owner = NULL;
    output_queues_clear(output->queues);
    pthread_mutex_unlock(&lock);
}

void output_clear(struct output *output)
{
    pthread_mutex_lock(&lock);
    output_queues_clear(output->queues);
    pthread_cond_broadcast(&output->waiters.room);
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

/* Lock held: has the loop look, once for everything until it does. */
static void output_announce(struct output *output)
{
    if (output->posted || output->owner == NULL)
        return;
    output->posted = true;
    output->references++;
    post_send(&output->post);
}

/*
 * Lock held: waits until there is room, or nobody waits any more. `begun`: a part of the result has
 * been taken already.
 */
static size_t output_wait(struct output *output, int stream, bool begun)
{
    size_t room;

    while ((room = output_queues_room(output->queues, stream)) == 0 && !output->cancelled &&
           !output->overflow) {
        if (buffering == BUFFERING_drop)
            return output_queues_make_room(output->queues, stream);
        if (buffering == BUFFERING_refuse && !begun)
            return 0;
        output_queues_wait(&output->waiters, &lock);
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
        output_queues_add(output->queues, result->stream, data, piece, false,
                          result->boundary && piece == left);
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
    if (result->end) {
        output_queues_add(output->queues, result->stream, NULL, 0, true, false);
        output->ended |= (uint64_t)1 << result->stream;
    }
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
    output_queues_look(output->queues, streams, view);
    pthread_mutex_unlock(&lock);
}

void output_take(struct output *output, uint64_t streams, size_t room, size_t most,
                 struct list *taken)
{
    pthread_mutex_lock(&lock);
    output->flush &= ~streams;
    output->told = true;
    output->news = false;
    output_queues_take(output->queues, streams, room, most, taken);
    pthread_cond_broadcast(&output->waiters.room);
    pthread_mutex_unlock(&lock);
}

void output_give_back(struct output *output, struct list *taken)
{
    pthread_mutex_lock(&lock);
    output_queues_give_back(output->queues, taken);
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
    output_queues_free_chunks(taken);
    pthread_mutex_unlock(&lock);
}
