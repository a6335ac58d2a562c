/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool output_has_room(const struct output *output)
{
    return output->fd >= 0 && output->used < sizeof(output->buffer);
}

/* Brings what has been read into the client's page; `last`: also what is not complete. */
static void settle(struct output *output, bool last)
{
    BYTE *fresh = output->buffer + output->ready;
    size_t count = output->used - output->ready;

    if (output->page) {
        output->ready += code_page_from_utf8(output->page, fresh, &count, last);
        output->used = (size_t)(fresh - output->buffer) + count;
    } else {
        output->ready = output->used - (last ? 0 : utf8_unfinished(output->buffer, output->used));
    }
    if (output->used > output->ready)
        output->held_at = milliseconds();
}

void output_fill(struct output *output)
{
    size_t before = output->used;

    while (output_has_room(output)) {
        size_t room = sizeof(output->buffer) - output->used;
        ssize_t count;

        if (output->bounded && output->remaining < room)
            room = output->remaining;
        count = room ? read(output->fd, output->buffer + output->used, room) : 0;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN && !output->bounded)
            break;
        if (count <= 0) {
            output_close(output);
            break;
        }
        if (output->bounded)
            output->remaining -= (size_t)count;
        if (output->wanted)
            output->used += (size_t)count;
    }
    if (output->used > before || output->fd < 0)
        settle(output, output->fd < 0);
}

void output_bound(struct output *output)
{
    int waiting = 0;

    if (output->fd < 0 || output->bounded)
        return;
    if (ioctl(output->fd, FIONREAD, &waiting) != 0 || waiting < 0)
        waiting = 0;
    output->bounded = true;
    output->remaining = (size_t)waiting;
}

int output_patience(const struct output *output)
{
    int64_t left;

    if (output->used == output->ready)
        return -1;
    left = output->held_at + OUTPUT_PATIENCE - milliseconds();
    return left > 0 ? (int)left : 0;
}

void output_release(struct output *output)
{
    settle(output, true);
}

void output_drop(struct output *output, size_t count)
{
    output->used -= count;
    output->ready -= count;
    memmove(output->buffer, output->buffer + count, output->used);
}

void output_clear(struct output *output)
{
    output->used = output->ready = 0;
}

void output_close(struct output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
}
