/* SPDX-License-Identifier: ISC */

/*
 * The chunks that one output holds, a queue for each of its streams, and what they cost: how much a
 * stream, an output and all outputs of the process may hold, and what gives way when that is too
 * much. For output.c alone, whose lock is held in every call.
 */
#ifndef HOST_OUTPUT_QUEUE_H
#define HOST_OUTPUT_QUEUE_H

#include <pthread.h>

#include "host/output.h"

struct output_queues;

/* Free with output_queues_free(). */
struct output_queues *output_queues_new(size_t streams);
/* With all chunks that were not taken. NULL is allowed. */
void output_queues_free(struct output_queues *queues);
/* Drops what has not been taken. */
void output_queues_clear(struct output_queues *queues);

/* How many bytes of data this stream can take now; 0: it is full, or the process is. */
size_t output_queues_room(const struct output_queues *queues, int stream);
/*
 * The same after the oldest data of the output has given way. 0: what is left cannot (the ends of
 * streams, and what was put out behind them).
 */
size_t output_queues_make_room(struct output_queues *queues, int stream);
/* Appends a copy of the data. Nobody asks whether there is room. */
void output_queues_add(struct output_queues *queues, int stream, const void *data, size_t length,
                       bool end, bool boundary);

/* Fills in bytes, chunks and first_at of these streams; bits, as everywhere. */
void output_queues_look(const struct output_queues *queues, uint64_t streams,
                        struct output_view *view);
/* As output_take() and output_give_back(). */
void output_queues_take(struct output_queues *queues, uint64_t streams, size_t room, size_t most,
                        struct list *taken);
void output_queues_give_back(struct output_queues *queues, struct list *taken);
/* Of chunks that were taken: the process has room for others. */
void output_queues_free_chunks(struct list *taken);

/* Threads that wait for room in one output, which initializes it. */
struct output_waiters {
    pthread_cond_t room;
    unsigned threads;
    struct list link; /* in the crowd while there are threads */
};

/* Waits for a signal of `room`, or until the process, which was full, is not any more. */
void output_queues_wait(struct output_waiters *waiters, pthread_mutex_t *lock);
/* Wakes whoever waits, at whatever output. */
void output_queues_wake_all(void);

#endif
