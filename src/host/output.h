/* SPDX-License-Identifier: ISC */

/*
 * What a command has put out and no client has fetched yet, stream by stream, and the last state
 * the plug-in reported. Plug-in threads push and wait while a stream is full, or all outputs of
 * the process together are (SHELL_OUTPUT_BYTES); the loop takes. An output is counted, because a
 * plug-in thread may still wait in it when its command is over. One lock guards them all, and what
 * they hold (output_queue.h).
 */
#ifndef HOST_OUTPUT_H
#define HOST_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "messages.h"

enum {
    OUTPUT_LIMIT = 1024 * 1024, /* bytes of a stream; above it a plug-in's thread waits */
    OUTPUT_PIECE = 512 * 1024,  /* a longer result is cut */
    OUTPUT_LEAST = 8 * 1024,    /* so much an output may hold however full the others are */
    OUTPUT_OVERHEAD = 96,       /* what one chunk costs in a response besides its data */
    OUTPUT_STREAMS = 64,        /* at most, as text_words(): sets of them are bits of a number */
    OUTPUT_NO_STREAM = -1
};

struct output;

/* A piece of one stream, or its end (then without data). Freed by output_free_chunks(). */
struct output_chunk {
    struct list link;
    unsigned stream;
    bool end;
    bool boundary;   /* one of the plug-in's own objects ends here */
    uint64_t number; /* of its output, in the order of arrival */
    size_t offset;   /* of what has not been taken */
    size_t length;
    char data[];
};

/* One WSManPluginReceiveResult. */
struct output_result {
    int stream; /* index, or OUTPUT_NO_STREAM */
    const void *data;
    size_t length;
    bool end;
    bool flush;
    bool boundary;            /* WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY */
    enum command_state state; /* COMMAND_STATE_none: unchanged */
    const char *state_uri;    /* with COMMAND_STATE_other */
    uint32_t exit_code;       /* with COMMAND_STATE_done */
};

/* Of the streams that are looked at: */
struct output_view {
    size_t bytes;
    size_t chunks;
    uint64_t first_at; /* CLOCK_MONOTONIC milliseconds of the oldest chunk's arrival */
    bool flush;        /* of one of them, or a new state: to be told at once */
    bool news;         /* the state has not been told yet */
    bool done;
    enum command_state state;
    char *state_uri; /* with COMMAND_STATE_other; free it */
    uint32_t exit_code;
    uint64_t ended; /* bit per stream, of all: its end is among the chunks, or was taken */
};

/*
 * `count` is at most OUTPUT_STREAMS. `changed` is called on the loop's thread, once for any number
 * of pushes. The names of the streams stay the caller's. One reference is the caller's.
 */
struct output *output_new(char *const *streams, size_t count, void (*changed)(void *owner),
                          void *owner);
struct output *output_ref(struct output *output);
/* NULL is allowed. */
void output_unref(struct output *output);

/* The owner goes: `changed` is not called any more, nobody waits, what was not taken is dropped. */
void output_detach(struct output *output);
/* Waiting and later pushes return ERROR_OPERATION_ABORTED. */
void output_cancel(struct output *output);
/* After a cancellation: pushes are taken again. */
void output_reopen(struct output *output);

/*
 * What becomes of a result that finds its output full, in all outputs of the process: it waits
 * (BUFFERING_block, and BUFFERING_none: the shell is connected), the oldest data of the output
 * gives way (BUFFERING_drop). BUFFERING_refuse: every result is refused with
 * ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED, full or not, but for the rest of one that has been taken
 * in part, which waits.
 */
void output_keep_as(enum output_buffering buffering);

/* From now on pushes do not wait: they succeed, and what finds the output full is lost. */
void output_overflow(struct output *output);
/* Drops what has not been taken. */
void output_clear(struct output *output);

/* Index of a stream, OUTPUT_NO_STREAM when there is none of that name. */
int output_stream(const struct output *output, const char *name);

/* Any thread; waits while the output is full. A code of wsmerror.h. */
uint32_t output_push(struct output *output, const struct output_result *result);

/* `streams`: a bit for each stream that counts. */
void output_look(struct output *output, uint64_t streams, struct output_view *view);
/*
 * Moves chunks of these streams to `taken`, in the order in which they came, until `room` bytes
 * are used (one at least) or `most` chunks are there. A chunk that would fit into an empty response
 * stays whole for the next one: clients of PowerShell (Ruby, pypsrp) take each for whole fragments
 * of their protocol. A longer one is cut, not inside a UTF-8 sequence if it can be helped. Chunks
 * taken count for SHELL_OUTPUT_BYTES until they are freed.
 */
void output_take(struct output *output, uint64_t streams, size_t room, size_t most,
                 struct list *taken);
/* Puts chunks that were taken back in front; what they were told with is to be told again. */
void output_give_back(struct output *output, struct list *taken);
/* The state was told in an answer that did not arrive: it is news again. */
void output_state_again(struct output *output);
/* Frees chunks that were taken. */
void output_free_chunks(struct list *taken);

#endif
