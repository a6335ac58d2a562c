/* SPDX-License-Identifier: ISC */

#include "ipc/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/shortage.h"
#include "ipc/stream.h"

enum { DRAIN_READS = 16, ARENA_LIMIT = 1024 * 1024 };

struct channel {
    struct loop *loop;
    struct loop_watch watch;
    struct loop_task flush;
    enum process receiver;
    enum process peer;
    enum channel_state state;
    const struct channel_events *events;
    void *owner;
    struct ipc_stream stream;
    struct arena arena;
    bool unwanted_fd;
    bool waits; /* events->incomplete() was told of bytes */
    bool dispatching;
    atomic_bool quiet; /* nothing waits to be written; for other threads */
    bool ended;        /* nothing is sent or received any more */
    bool told;         /* events->ended has been called */
    bool freed;        /* by a handler; the memory goes when the dispatch is over */
    bool fault;
    char why[160];
};

static void channel_end(struct channel *channel, bool fault, const char *why)
{
    if (channel->ended)
        return;
    channel->ended = true;
    atomic_store(&channel->quiet, false);
    channel->fault = fault;
    snprintf(channel->why, sizeof(channel->why), "%s", why);
    loop_unwatch(channel->loop, &channel->watch);
    /* The owner hears of it at the end of the turn, never inside its own call. */
    loop_defer(channel->loop, &channel->flush);
}

static void channel_destroy(struct channel *channel)
{
    loop_task_cancel(&channel->flush);
    if (!channel->ended)
        loop_unwatch(channel->loop, &channel->watch);
    ipc_stream_close(&channel->stream);
    arena_free(&channel->arena);
    free(channel);
}

void channel_free(struct channel *channel)
{
    if (channel == NULL)
        return;
    if (channel->dispatching) {
        channel->freed = true;
        channel_end(channel, false, "freed");
        loop_task_cancel(&channel->flush);
        return;
    }
    channel_destroy(channel);
}

void channel_break(struct channel *channel, const char *why)
{
    channel_end(channel, true, why);
}

/* ---- sending ---- */

void channel_flush(struct channel *channel)
{
    while (!channel->ended && buffer_length(&channel->stream.out) > 0) {
        if (ipc_stream_send(&channel->stream))
            continue;
        if (errno == EAGAIN) {
            loop_rewatch(channel->loop, &channel->watch, EPOLLIN | EPOLLOUT);
            return;
        }
        if (errno != EINTR) {
            channel_end(channel, false, "closed by the peer");
            return;
        }
    }
    if (!channel->ended) {
        atomic_store(&channel->quiet, true);
        loop_rewatch(channel->loop, &channel->watch, EPOLLIN);
    }
    if (channel->stream.out.capacity > IPC_STREAM_READ)
        buffer_free(&channel->stream.out);
}

static void channel_flush_task(struct loop_task *task)
{
    struct channel *channel = container_of(task, struct channel, flush);

    channel_flush(channel);
    if (channel->ended && !channel->told) {
        channel->told = true;
        loop_task_cancel(&channel->flush);
        channel->events->ended(channel, channel->fault, channel->why);
    }
}

bool channel_write(struct channel *channel, enum message_type type, const void *body)
{
    union message_body *copy = (union message_body *)(uintptr_t)body;
    int *fd = message_fd(type, copy);
    uint64_t position = ipc_stream_position(&channel->stream);
    bool queued;

    atomic_store(&channel->quiet, false);
    queued = !channel->ended && message_encode(&channel->stream.out, type, body);
    if (!channel->ended && !queued && channel->stream.out.failed)
        channel_end(channel, false, "does not read what it is sent");
    else if (!channel->ended && !queued)
        log_error("%s for %s is above its limits and is not sent", message_layout(type)->name,
                  process_name(channel->peer));
    if (queued)
        loop_defer(channel->loop, &channel->flush);
    if (fd != NULL && *fd >= CHANNEL_FD) {
        if (queued)
            ipc_stream_put_fd(&channel->stream, position, *fd);
        else
            close(*fd);
    }
    return queued;
}

/* ---- receiving ---- */

static const char unwanted_fd[] = "sent a descriptor, which none of its messages has";

/* False: no bytes have come. */
static bool channel_read(struct channel *channel)
{
    switch (ipc_stream_receive(&channel->stream)) {
    case IPC_STREAM_nothing:
        return false;
    case IPC_STREAM_ended:
        channel_end(channel, false, "closed by the peer");
        return false;
    case IPC_STREAM_bytes:
        break;
    case IPC_STREAM_unwanted_fd:
        channel->unwanted_fd = true;
        break;
    case IPC_STREAM_missed_fd:
        /* Its message is delivered as one that has none: the handler knows what to do without. */
        log_error("%s has sent a descriptor that this process has no room for (%s)",
                  process_name(channel->peer), shortage_text(EMFILE));
        break;
    case IPC_STREAM_too_many_fds:
        channel_end(channel, true, "sent more descriptors than fit");
        break;
    }
    return true;
}

static bool channel_attach_fd(struct channel *channel, enum message_type type,
                              union message_body *body)
{
    int *fd = message_fd(type, body);

    return fd == NULL || *fd != MESSAGE_FD_ANNOUNCED || ipc_stream_take_fd(&channel->stream, fd);
}

/*
 * May such a message come now? Its header says enough: nothing is kept of one that may not, or that
 * is longer than any of its type.
 */
static bool channel_expects(struct channel *channel, enum message_type type, size_t length)
{
    char why[160];

    if (!message_permitted(channel->receiver, channel->peer, channel->state, type))
        snprintf(why, sizeof(why), "sent %s, which is not permitted in state %s",
                 message_layout(type)->name, channel_state_name(channel->state));
    else if (length > message_size_most(type))
        snprintf(why, sizeof(why), "sent a malformed %s", message_layout(type)->name);
    else
        return true;
    channel_end(channel, true, why);
    return false;
}

/* Of a permitted message that nobody handles. */
static void channel_drop_fd(enum message_type type, union message_body *body)
{
    int *fd = message_fd(type, body);

    if (fd != NULL && *fd >= CHANNEL_FD)
        close(*fd);
}

static void channel_deliver(struct channel *channel, enum message_type type, size_t length)
{
    union message_body body;
    char why[160];

    if (channel->unwanted_fd) {
        channel_end(channel, true, unwanted_fd);
        return;
    }
    if (!message_decode(type, buffer_bytes(&channel->stream.in) + MESSAGE_HEADER_SIZE, length,
                        &channel->arena, &body) ||
        !channel_attach_fd(channel, type, &body)) {
        snprintf(why, sizeof(why), "sent a malformed %s", message_layout(type)->name);
        channel_end(channel, true, why);
        return;
    }
    if (channel->events->handlers[type] != NULL)
        channel->events->handlers[type](channel, &body);
    else
        channel_drop_fd(type, &body);
    arena_reset(&channel->arena);
}

/* Says how much memory a message holds that is not complete; who never completes it holds it. */
static void channel_tell_incomplete(struct channel *channel)
{
    bool waits = !channel->ended && buffer_length(&channel->stream.in) > 0;

    if (channel->events->incomplete != NULL && !channel->freed && (waits || channel->waits))
        channel->events->incomplete(channel, waits ? channel->stream.in.capacity : 0);
    channel->waits = waits;
}

static void channel_dispatch(struct channel *channel)
{
    channel->dispatching = true;
    while (!channel->ended && buffer_length(&channel->stream.in) >= MESSAGE_HEADER_SIZE) {
        enum message_type type;
        size_t length;

        if (!message_header(buffer_bytes(&channel->stream.in), &type, &length)) {
            channel_end(channel, true, "sent bytes that are no message");
            break;
        }
        if (!channel_expects(channel, type, length) ||
            buffer_length(&channel->stream.in) < MESSAGE_HEADER_SIZE + length)
            break;
        channel_deliver(channel, type, length);
        buffer_consume(&channel->stream.in, MESSAGE_HEADER_SIZE + length);
    }
    if (channel->unwanted_fd)
        channel_end(channel, true, unwanted_fd);
    /* A descriptor comes with the first byte of its message. */
    if (channel->stream.incoming_count > 0 && buffer_length(&channel->stream.in) == 0)
        channel_end(channel, true, "sent a descriptor that belongs to no message");
    channel_tell_incomplete(channel);
    channel->dispatching = false;
}

/* One read and what is complete with it; false when there is nothing more or no channel. */
static bool channel_receive(struct channel *channel)
{
    if (channel->ended || !channel_read(channel))
        return false;
    channel_dispatch(channel);
    if (channel->freed) {
        channel_destroy(channel);
        return false;
    }
    if (buffer_length(&channel->stream.in) == 0 &&
        channel->stream.in.capacity > 2 * IPC_STREAM_READ)
        buffer_free(&channel->stream.in);
    return true;
}

void channel_drain(struct channel *channel)
{
    unsigned reads = DRAIN_READS;

    while (reads-- > 0 && channel_receive(channel))
        continue;
}

static void channel_ready(struct loop_watch *watch, uint32_t events)
{
    struct channel *channel = container_of(watch, struct channel, watch);

    if ((events & EPOLLOUT) != 0)
        channel_flush(channel);
    if ((events & ~(uint32_t)EPOLLOUT) != 0)
        channel_receive(channel);
}

/* ---- life ---- */

/* Has any message that this peer may send, in whatever state, a descriptor? */
static bool peer_sends_fds(enum process receiver, enum process peer)
{
    union message_body body;

    for (unsigned type = MESSAGE_none + 1; type < MESSAGE_COUNT; type++) {
        if (message_fd((enum message_type)type, &body) == NULL)
            continue;
        for (unsigned state = CHANNEL_none + 1; state < CHANNEL_STATES; state++)
            if (message_permitted(receiver, peer, (enum channel_state)state,
                                  (enum message_type)type))
                return true;
    }
    return false;
}

struct channel *channel_new(struct loop *loop, int fd, enum process receiver, enum process peer,
                            const struct channel_events *events, void *owner)
{
    struct channel *channel = mem_alloc(sizeof(*channel));

    channel->loop = loop;
    channel->watch = (struct loop_watch){.fd = fd, .ready = channel_ready};
    channel->flush.run = channel_flush_task;
    channel->receiver = receiver;
    channel->peer = peer;
    channel->state = CHANNEL_starting;
    channel->events = events;
    channel->owner = owner;
    ipc_stream_init(&channel->stream, fd,
                    MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE + IPC_STREAM_READ, CHANNEL_OUT_LIMIT,
                    peer_sends_fds(receiver, peer));
    atomic_init(&channel->quiet, true);
    arena_init(&channel->arena, ARENA_LIMIT);
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0 ||
        !loop_watch(loop, &channel->watch, EPOLLIN)) {
        close(fd);
        free(channel);
        return NULL;
    }
    return channel;
}

void *channel_owner(const struct channel *channel)
{
    return channel->owner;
}

struct loop *channel_loop(const struct channel *channel)
{
    return channel->loop;
}

enum channel_state channel_state(const struct channel *channel)
{
    return channel->state;
}

void channel_set_state(struct channel *channel, enum channel_state state)
{
    channel->state = state;
}

bool channel_is_ended(const struct channel *channel)
{
    return channel->ended;
}

size_t channel_backlog(const struct channel *channel)
{
    return buffer_length(&channel->stream.out);
}

bool channel_is_quiet(const struct channel *channel)
{
    return atomic_load(&channel->quiet);
}

bool channel_pair(int pair[2])
{
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0;
}
