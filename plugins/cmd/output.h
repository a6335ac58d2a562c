/* SPDX-License-Identifier: ISC */

/*
 * One output stream of a command, between its pipe and the host: a buffer that is filled as long as
 * it has room, and emptied when the client wants to receive. Used by the command's thread only.
 */

#ifndef PLUGINS_CMD_OUTPUT_H
#define PLUGINS_CMD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <wsman.h>

#include "cmd/code_page.h"

/* Of both streams together twice this much waits before a command that writes on has to wait. */
#define OUTPUT_BUFFER_SIZE (32 * 1024)

/*
 * Milliseconds that the beginning of a character waits for the rest of it: a program that speaks no
 * UTF-8 may wait for an answer to these bytes.
 */
#define OUTPUT_PATIENCE 100

struct output {
    int fd; /* -1: nothing comes any more */
    PCWSTR name;
    const struct code_page *page; /* NULL: bytes go out as they came */
    bool wanted;                  /* else what is read is thrown away */
    bool bounded;                 /* the process has ended: */
    size_t remaining;             /* this much of what it wrote is still in the pipe */
    size_t used;
    size_t ready;    /* of these, in the client's page: whole characters */
    int64_t held_at; /* milliseconds, when there was more than that */
    BYTE buffer[OUTPUT_BUFFER_SIZE];
};

/* Whether more can be read: the stream is open and the buffer has room. */
bool output_has_room(const struct output *output);

/* Reads what is there, as far as there is room. */
void output_fill(struct output *output);

/*
 * The process has ended: read what it left in the pipe, but do not wait for those who hold the
 * pipe still.
 */
void output_bound(struct output *output);

/*
 * Milliseconds until output_release has something to do, 0 when it has, -1 when nothing is held
 * back.
 */
int output_patience(const struct output *output);

/* Gives up waiting for the rest of a character. */
void output_release(struct output *output);

/* Takes so many bytes off the front, of those that are ready. */
void output_drop(struct output *output, size_t count);

/* Forgets what there is. */
void output_clear(struct output *output);

void output_close(struct output *output);

#endif
