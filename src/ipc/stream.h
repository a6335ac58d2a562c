/* SPDX-License-Identifier: ISC */

/*
 * Bytes on a connected socket, and descriptors among them: each goes with one byte of the stream,
 * and comes no later than that. What the bytes mean, and which descriptors are wanted, is for the
 * channel to know that it belongs to (ipc/channel.h). Nothing here blocks.
 */
#ifndef IPC_STREAM_H
#define IPC_STREAM_H

#include "base/buffer.h"
#include "base/list.h"

enum {
    IPC_STREAM_READ = 65536,    /* bytes, at most, of one read */
    IPC_STREAM_FDS_WAITING = 64 /* received, but their message is not complete yet */
};

struct ipc_stream {
    struct buffer in;                     /* received, and not taken yet */
    struct buffer out;                    /* to be sent */
    int incoming[IPC_STREAM_FDS_WAITING]; /* -1: one that was missed */
    size_t incoming_count;
    bool takes_fds; /* false: what is sent along is never received */
    /* Private to stream.c. */
    int fd;
    uint64_t written; /* bytes of the stream so far; position of out's first byte */
    struct list outgoing;
};

/* Takes the socket over. */
void ipc_stream_init(struct ipc_stream *stream, int fd, size_t in_limit, size_t out_limit,
                     bool takes_fds);
/* Closes the socket and every descriptor that has not arrived or was not taken. */
void ipc_stream_close(struct ipc_stream *stream);

/* Where the next byte that is appended to `out` will stand. */
uint64_t ipc_stream_position(const struct ipc_stream *stream);
/* A descriptor, taken over, that goes with the byte at that position; positions only grow. */
void ipc_stream_put_fd(struct ipc_stream *stream, uint64_t position, int fd);
/* Sends some bytes of `out`, which must have some. False: none, and errno says why. */
bool ipc_stream_send(struct ipc_stream *stream);

enum ipc_stream_got {
    IPC_STREAM_nothing,
    IPC_STREAM_ended,
    IPC_STREAM_bytes,
    /* Bytes came, and with them: */
    IPC_STREAM_unwanted_fd, /* a descriptor, which this stream does not take */
    IPC_STREAM_missed_fd,   /* one that this process has no room for: it is -1 in `incoming` */
    IPC_STREAM_too_many_fds
};

/* Reads once. */
enum ipc_stream_got ipc_stream_receive(struct ipc_stream *stream);
/* The oldest descriptor received, now the caller's; -1 for a missed one. False: there is none. */
bool ipc_stream_take_fd(struct ipc_stream *stream, int *fd);

#endif
