/* SPDX-License-Identifier: ISC */

#include "ipc/stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"

enum { FDS_A_READ = 16 };

/* A descriptor on its way out: it goes with the byte at `position` of the stream. */
struct outgoing_fd {
    struct list link;
    uint64_t position;
    int fd;
};

void ipc_stream_init(struct ipc_stream *stream, int fd, size_t in_limit, size_t out_limit,
                     bool takes_fds)
{
    *stream = (struct ipc_stream){.fd = fd, .takes_fds = takes_fds};
    buffer_init(&stream->in, in_limit);
    buffer_init(&stream->out, out_limit);
    /* Passwords pass through some channels. */
    stream->in.secret = stream->out.secret = true;
    list_init(&stream->outgoing);
}

void ipc_stream_close(struct ipc_stream *stream)
{
    close(stream->fd);
    list_each(link, &stream->outgoing) {
        struct outgoing_fd *outgoing = container_of(link, struct outgoing_fd, link);

        close(outgoing->fd);
        free(outgoing);
    }
    for (size_t i = 0; i < stream->incoming_count; i++)
        if (stream->incoming[i] >= 0)
            close(stream->incoming[i]);
    buffer_free(&stream->in);
    buffer_free(&stream->out);
}

/* ---- sending ---- */

uint64_t ipc_stream_position(const struct ipc_stream *stream)
{
    return stream->written + buffer_length(&stream->out);
}

void ipc_stream_put_fd(struct ipc_stream *stream, uint64_t position, int fd)
{
    struct outgoing_fd *outgoing = mem_alloc(sizeof(*outgoing));

    outgoing->fd = fd;
    outgoing->position = position;
    list_append(&stream->outgoing, &outgoing->link);
}

/* How many bytes there are up to the next descriptor's. */
static size_t stream_piece(const struct ipc_stream *stream)
{
    size_t length = buffer_length(&stream->out);

    list_each(link, &stream->outgoing) {
        const struct outgoing_fd *outgoing = container_of(link, struct outgoing_fd, link);
        uint64_t distance = outgoing->position - stream->written;

        if (distance > 0)
            return distance < length ? (size_t)distance : length;
    }
    return length;
}

/* Sends bytes up to the next descriptor's frame, with the descriptor that belongs to the first. */
static ssize_t stream_send_piece(struct ipc_stream *stream, size_t length)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr header;
    } control = {0};
    struct iovec data = {.iov_base = buffer_bytes(&stream->out), .iov_len = length};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    struct outgoing_fd *first = NULL;
    ssize_t sent;

    if (!list_empty(&stream->outgoing))
        first = container_of(stream->outgoing.next, struct outgoing_fd, link);
    if (first != NULL && first->position == stream->written) {
        struct cmsghdr *header = &control.header;

        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(header), &first->fd, sizeof(int));
    } else {
        first = NULL;
    }
    sent = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    if (sent > 0 && first != NULL) {
        list_remove(&first->link);
        close(first->fd);
        free(first);
    }
    return sent;
}

bool ipc_stream_send(struct ipc_stream *stream)
{
    ssize_t sent = stream_send_piece(stream, stream_piece(stream));

    if (sent <= 0)
        return false;
    buffer_consume(&stream->out, (size_t)sent);
    stream->written += (uint64_t)sent;
    return true;
}

/* ---- receiving ---- */

/* How many descriptors have come with a read. */
static size_t stream_take_fds(struct ipc_stream *stream, struct msghdr *message)
{
    size_t taken = 0;

    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL;
         header = CMSG_NXTHDR(message, header)) {
        size_t count;

        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
            continue;
        count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
            taken++;
            if (stream->incoming_count < IPC_STREAM_FDS_WAITING)
                stream->incoming[stream->incoming_count++] = fd;
            else
                close(fd);
        }
    }
    return taken;
}

/*
 * The kernel drops a descriptor that this process has no room for. One read never brings more than
 * the descriptors of one sendmsg() (unix(7)), and ours sends one at a time.
 */
static enum ipc_stream_got stream_judge_fds(struct ipc_stream *stream, struct msghdr *message)
{
    size_t taken = stream_take_fds(stream, message);

    if ((message->msg_flags & MSG_CTRUNC) == 0)
        return IPC_STREAM_bytes;
    if (!stream->takes_fds)
        return IPC_STREAM_unwanted_fd;
    if (taken > 0)
        return IPC_STREAM_too_many_fds;
    if (stream->incoming_count < IPC_STREAM_FDS_WAITING)
        stream->incoming[stream->incoming_count++] = -1;
    return IPC_STREAM_missed_fd;
}

enum ipc_stream_got ipc_stream_receive(struct ipc_stream *stream)
{
    union {
        char bytes[CMSG_SPACE(FDS_A_READ * sizeof(int))];
        struct cmsghdr header;
    } control;
    uint8_t *room = buffer_reserve(&stream->in, IPC_STREAM_READ);
    struct iovec data = {.iov_base = room, .iov_len = IPC_STREAM_READ};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    ssize_t got;

    /* Without room for them the kernel closes what is sent along: it never is one of ours. */
    if (stream->takes_fds) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control.bytes);
    }
    got = recvmsg(stream->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got > 0) {
        buffer_added(&stream->in, (size_t)got);
        return stream_judge_fds(stream, &message);
    }
    return got == 0 || (errno != EAGAIN && errno != EINTR) ? IPC_STREAM_ended : IPC_STREAM_nothing;
}

bool ipc_stream_take_fd(struct ipc_stream *stream, int *fd)
{
    if (stream->incoming_count == 0)
        return false;
    *fd = stream->incoming[0];
    stream->incoming_count--;
    memmove(stream->incoming, stream->incoming + 1, stream->incoming_count * sizeof(int));
    return true;
}
