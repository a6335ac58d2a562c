/* SPDX-License-Identifier: ISC */

/*
 * One output stream of a command, between its pipe and the host: a buffer that is filled as long as
 * it has room, and emptied when the client wants to receive. Used by the command's thread only.
 */

#ifndef PLUGINS_CMD_OUTPUT_H
#define PLUGINS_CMD_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <wsman.h>

/* Of both streams together twice this much waits before a command that writes on has to wait. */
#define OUTPUT_BUFFER_SIZE (32 * 1024)

struct output {
    int fd; /* -1: nothing comes any more */
    PCWSTR name;
    bool wanted;      /* else what is read is thrown away */
    bool bounded;     /* the process has ended: */
    size_t remaining; /* this much of what it wrote is still in the pipe */
    size_t used;
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

/* How many bytes can be passed on: whole UTF-8 characters while more may come, in the end all. */
size_t output_ready(const struct output *output);

/* Takes so many bytes off the front. */
void output_drop(struct output *output, size_t count);

void output_close(struct output *output);

#endif
