/* SPDX-License-Identifier: ISC */

/*
 * The messages of tables/messages.h as C types, and their codec. A frame is a header of eight
 * bytes (payload length, type) and the fields in the order of the table. Decoded texts, bytes and
 * items point into the frame or into the arena given to message_decode(): they are valid for the
 * duration of the handler.
 */
#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "messages.h"
#include "processes.h"

enum {
    MESSAGE_HEADER_SIZE = 8,
    MESSAGE_SIZE_LIMIT = 4 * 1024 * 1024,
    MESSAGE_FIRST_FD = 3,             /* a descriptor field below this means none */
    MESSAGE_FD_ANNOUNCED = 0x7fffffff /* decoded: one belongs here and is still to be attached */
};

struct ipc_bytes {
    const uint8_t *data;
    uint32_t length;
};

struct ipc_item {
    const char *name;  /* NUL-terminated; may be NULL */
    const char *value; /* `length` bytes, and a NUL behind them that is not counted */
    uint32_t length;
    uint32_t flags;
};

struct ipc_items {
    const struct ipc_item *item;
    uint32_t count;
};

enum message_type {
    MESSAGE_none,
#define M(name) MESSAGE_##name,
    MESSAGE_TABLE(M)
#undef M
        MESSAGE_COUNT
};

#define FIELD_TYPE_BOOL  bool
#define FIELD_TYPE_U32   uint32_t
#define FIELD_TYPE_U64   uint64_t
#define FIELD_TYPE_TEXT  const char *
#define FIELD_TYPE_BYTES struct ipc_bytes
#define FIELD_TYPE_ITEMS struct ipc_items
#define FIELD_TYPE_FD    int

#define FIELD_MEMBER(type, name, limit) FIELD_TYPE_##type name;
#define M(name)                                          \
    struct message_##name {                              \
        FIELDS_##name(FIELD_MEMBER) char end_of_message; \
    };
MESSAGE_TABLE(M)
#undef M

/* Any message; the members have the messages' names. */
union message_body {
#define M(name) struct message_##name name;
    MESSAGE_TABLE(M)
#undef M
};

enum field_type {
    FIELD_BOOL,
    FIELD_U32,
    FIELD_U64,
    FIELD_TEXT,
    FIELD_BYTES,
    FIELD_ITEMS,
    FIELD_FD
};

struct message_field {
    const char *name;
    enum field_type type;
    uint32_t limit;
    size_t offset; /* in the struct */
};

struct message_layout {
    const char *name;
    const struct message_field *fields;
    size_t field_count;
    size_t size; /* of the struct */
};

/* NULL for a number that is no message type. */
const struct message_layout *message_layout(enum message_type type);

/*
 * Appends the frame of `type` to `out`. `body` is that message's struct. Of a descriptor only its
 * presence is written; message_fd() finds it. Fails (nothing appended) when a field is above its
 * limit.
 */
bool message_encode(struct buffer *out, enum message_type type, const void *body);

/*
 * Decodes a frame's payload. A descriptor is -1 or MESSAGE_FD_ANNOUNCED. False when the payload is
 * not exactly one message of that type within its limits.
 */
bool message_decode(enum message_type type, const uint8_t *payload, size_t length,
                    struct arena *arena, union message_body *body);

/*
 * A copy with its texts and items in the arena, for a message without bytes and descriptors; NULL
 * when the arena is full.
 */
void *message_keep(struct arena *arena, enum message_type type, const void *body);
/* The place of the message's descriptor field, or NULL when it has none. */
int *message_fd(enum message_type type, void *body);

/* Reads a frame header; false when the length or the type is impossible. */
bool message_header(const uint8_t header[MESSAGE_HEADER_SIZE], enum message_type *type,
                    size_t *length);

/* How long a payload of that type can be: all its fields at their limits. */
size_t message_size_most(enum message_type type);

/* Is this message permitted (tables/permitted.h)? */
bool message_permitted(enum process receiver, enum process peer, enum channel_state state,
                       enum message_type type);

const char *process_name(enum process process);
const char *channel_state_name(enum channel_state state);

#endif
