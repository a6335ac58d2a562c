/* SPDX-License-Identifier: ISC */

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void buffer_init(struct buffer *buffer, size_t limit)
{
    *buffer = (struct buffer){.limit = limit};
}

void buffer_free(struct buffer *buffer)
{
    bool secret;

    if (buffer == NULL)
        return;
    secret = buffer->secret;
    if (secret && buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->capacity);
    free(buffer->data);
    buffer_init(buffer, buffer->limit);
    buffer->secret = secret;
}

/* Wipes the bytes from `from` to `to`, which are not needed any more. */
static void buffer_wipe(struct buffer *buffer, size_t from, size_t to)
{
    if (buffer->secret && from < to)
        explicit_bzero(buffer->data + from, to - from);
}

static void buffer_grow(struct buffer *buffer, size_t capacity)
{
    uint8_t *data;

    if (!buffer->secret) {
        buffer->data = mem_resize(buffer->data, capacity, 1);
    } else {
        /* realloc() would leave the old bytes behind. */
        data = mem_resize(NULL, capacity, 1);
        if (buffer->data != NULL) {
            memcpy(data, buffer->data, buffer->end);
            explicit_bzero(buffer->data, buffer->capacity);
            free(buffer->data);
        }
        buffer->data = data;
    }
    buffer->capacity = capacity;
}

void buffer_reset(struct buffer *buffer)
{
    buffer_wipe(buffer, 0, buffer->end);
    buffer->start = buffer->end = 0;
    buffer->failed = false;
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size)
{
    size_t length = buffer_length(buffer);

    /* A limit that was lowered may be below what is there already. */
    if (buffer->failed || length > buffer->limit || size > buffer->limit - length) {
        buffer->failed = true;
        return NULL;
    }
    if (size <= buffer->capacity - buffer->end)
        return buffer->data + buffer->end;
    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, length);
        buffer_wipe(buffer, length, buffer->end);
        buffer->start = 0;
        buffer->end = length;
    }
    if (size > buffer->capacity - length) {
        size_t capacity = buffer->capacity > 0 ? buffer->capacity * 2 : 256;

        if (capacity < length + size)
            capacity = length + size;
        if (capacity > buffer->limit)
            capacity = buffer->limit;
        buffer_grow(buffer, capacity);
    }
    return buffer->data + buffer->end;
}

void buffer_added(struct buffer *buffer, size_t size)
{
    buffer->end += size;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length)
{
    uint8_t *room;

    if (length == 0)
        return !buffer->failed;
    room = buffer_reserve(buffer, length);
    if (room == NULL)
        return false;
    memcpy(room, bytes, length);
    buffer->end += length;
    return true;
}

bool buffer_text(struct buffer *buffer, const char *text)
{
    return buffer_append(buffer, text, strlen(text));
}

bool buffer_printf(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    int length;
    bool done = false;

    va_start(arguments, format);
    length = vasprintf(&text, format, arguments);
    va_end(arguments);
    if (length >= 0)
        done = buffer_append(buffer, text, (size_t)length);
    else
        buffer->failed = true;
    free(length >= 0 ? text : NULL);
    return done;
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    buffer_wipe(buffer, buffer->start, buffer->start + length);
    buffer->start += length;
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
}
