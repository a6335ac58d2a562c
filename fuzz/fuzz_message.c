/* SPDX-License-Identifier: ISC */

/* Any bytes either decode to a message that encodes to the same bytes, or fail. */
#include <stdlib.h>
#include <string.h>

#include "ipc/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum message_type type;
    union message_body body;
    struct arena arena;
    struct buffer out;
    size_t length;

    if (size < MESSAGE_HEADER_SIZE || !message_header(data, &type, &length) ||
        length > size - MESSAGE_HEADER_SIZE)
        return 0;
    arena_init(&arena, 1024 * 1024);
    buffer_init(&out, MESSAGE_SIZE_LIMIT + MESSAGE_HEADER_SIZE);
    if (message_decode(type, data + MESSAGE_HEADER_SIZE, length, &arena, &body)) {
        if (!message_encode(&out, type, &body))
            abort();
        if (buffer_length(&out) != length + MESSAGE_HEADER_SIZE ||
            memcmp(buffer_bytes(&out), data, MESSAGE_HEADER_SIZE + length) != 0)
            abort();
    }
    buffer_free(&out);
    arena_free(&arena);
    return 0;
}
