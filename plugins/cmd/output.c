/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/output.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool output_has_room(const struct output *output)
{
    return output->fd >= 0 && output->used < sizeof(output->buffer);
}

void output_fill(struct output *output)
{
    while (output_has_room(output)) {
        size_t room = sizeof(output->buffer) - output->used;
        ssize_t count;

        if (output->bounded && output->remaining < room)
            room = output->remaining;
        count = room ? read(output->fd, output->buffer + output->used, room) : 0;
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN && !output->bounded)
            return;
        if (count <= 0) {
            output_close(output);
            return;
        }
        if (output->bounded)
            output->remaining -= (size_t)count;
        if (output->wanted)
            output->used += (size_t)count;
    }
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

/* How many bytes at the end begin a character that is not complete: 0 to 3. */
static size_t incomplete_tail(const BYTE *bytes, size_t length)
{
    for (size_t back = 1; back <= 3 && back <= length; back++) {
        BYTE byte = bytes[length - back];
        size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;

        if ((byte & 0xc0) != 0x80)
            return needed > back ? back : 0;
    }
    return 0;
}

size_t output_ready(const struct output *output)
{
    if (output->fd < 0)
        return output->used;
    return output->used - incomplete_tail(output->buffer, output->used);
}

void output_drop(struct output *output, size_t count)
{
    output->used -= count;
    memmove(output->buffer, output->buffer + count, output->used);
}

void output_close(struct output *output)
{
    if (output->fd >= 0)
        close(output->fd);
    output->fd = -1;
}
