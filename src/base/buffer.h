/* SPDX-License-Identifier: ISC */

/*
 * A growing run of bytes with a hard limit. Failure is sticky: appending beyond the limit sets
 * `failed` and appends nothing from then on, so that a writer checks once, at the end.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    uint8_t *data;
    size_t start; /* first byte not yet consumed */
    size_t end;   /* behind the last byte */
    size_t capacity;
    size_t limit;
    bool failed;
    bool secret; /* set by the owner: bytes are wiped when they are consumed or given back */
};

void buffer_init(struct buffer *buffer, size_t limit);
/* Frees the memory; the buffer is empty and usable again. NULL is allowed. */
void buffer_free(struct buffer *buffer);
/* Empties the buffer and clears `failed`, keeping the memory. */
void buffer_reset(struct buffer *buffer);

static inline size_t buffer_length(const struct buffer *buffer)
{
    return buffer->end - buffer->start;
}
/* The unconsumed bytes; valid until the next call that appends. */
static inline uint8_t *buffer_bytes(const struct buffer *buffer)
{
    return buffer->data != NULL ? buffer->data + buffer->start : NULL;
}

/* Room for `size` bytes behind the end, or NULL (sets `failed`); buffer_added() takes them in. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_added(struct buffer *buffer, size_t size);

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
bool buffer_text(struct buffer *buffer, const char *text);
bool buffer_printf(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Drops `length` bytes from the front. */
void buffer_consume(struct buffer *buffer, size_t length);

#endif
