/* SPDX-License-Identifier: ISC */

#include "ipc/message.h"

#include <string.h>

#include "permitted.h"

/*
 * One function per message, so that a field's row can name the struct it belongs to (`self`)
 * although the field lists in tables/messages.h do not repeat it.
 */
#define ROW(kind, field, most) \
    {.name = #field, .type = FIELD_##kind, .limit = (most), .offset = offsetof(self, field)},
#define M(message)                                                                            \
    static struct message_layout layout_##message(void)                                       \
    {                                                                                         \
        typedef struct message_##message self;                                                \
        static const struct message_field fields[] = {FIELDS_##message(ROW){.name = NULL}};   \
        return (struct message_layout){.name = #message,                                      \
                                       .fields = fields,                                      \
                                       .field_count = sizeof(fields) / sizeof(fields[0]) - 1, \
                                       .size = sizeof(self)};                                 \
    }
MESSAGE_TABLE(M)
#undef M

static struct message_layout layouts[MESSAGE_COUNT];
static size_t sizes_most[MESSAGE_COUNT];
static bool permitted[PROCESS_COUNT][PROCESS_COUNT][CHANNEL_STATES][MESSAGE_COUNT];

static size_t field_size_most(const struct message_field *field)
{
    const size_t text = sizeof(uint32_t) + 1; /* around its bytes */

    switch (field->type) {
    case FIELD_BOOL:
    case FIELD_FD:
        return 1;
    case FIELD_U32:
        return sizeof(uint32_t);
    case FIELD_U64:
        return sizeof(uint64_t);
    case FIELD_TEXT:
    case FIELD_BYTES:
        return text + field->limit;
    case FIELD_ITEMS:
        return sizeof(uint32_t) +
               field->limit * (sizeof(uint32_t) + text + LIMIT_URI + text + LIMIT_PAYLOAD);
    }
    return 0;
}

__attribute__((constructor)) static void message_tables_init(void)
{
#define M(message) layouts[MESSAGE_##message] = layout_##message();
    MESSAGE_TABLE(M)
#undef M
#define R(receiver, peer, state, message) \
    permitted[PROCESS_##receiver][PROCESS_##peer][CHANNEL_##state][MESSAGE_##message] = true;
    PERMITTED_TABLE(R)
#undef R
    for (unsigned type = MESSAGE_none + 1; type < MESSAGE_COUNT; type++) {
        for (size_t i = 0; i < layouts[type].field_count; i++)
            sizes_most[type] += field_size_most(&layouts[type].fields[i]);
        if (sizes_most[type] > MESSAGE_SIZE_LIMIT)
            sizes_most[type] = MESSAGE_SIZE_LIMIT;
    }
}

size_t message_size_most(enum message_type type)
{
    return type < MESSAGE_COUNT ? sizes_most[type] : 0;
}

const struct message_layout *message_layout(enum message_type type)
{
    return type > MESSAGE_none && type < MESSAGE_COUNT ? &layouts[type] : NULL;
}

bool message_permitted(enum process receiver, enum process peer, enum channel_state state,
                       enum message_type type)
{
    return receiver < PROCESS_COUNT && peer < PROCESS_COUNT && state < CHANNEL_STATES &&
           type < MESSAGE_COUNT && permitted[receiver][peer][state][type];
}

const char *process_name(enum process process)
{
    static const char *const names[] = {[PROCESS_none] = "nobody",
#define P(name, program) [PROCESS_##name] = program,
                                        PROCESS_TABLE(P)
#undef P
    };

    return process < PROCESS_COUNT ? names[process] : "nobody";
}

const char *channel_state_name(enum channel_state state)
{
    static const char *const names[CHANNEL_STATES] = {"none", "starting", "serving", "stopping"};

    return state < CHANNEL_STATES ? names[state] : "none";
}

/* ---- encoding ---- */

enum { ABSENT = 0xffffffffU };

static bool put_u32(struct buffer *out, uint32_t value)
{
    return buffer_append(out, &value, sizeof(value));
}

/* A text or a run of bytes: length, bytes, NUL. Both sides are one program version on one host. */
static bool put_bytes(struct buffer *out, const void *bytes, size_t length, uint32_t limit)
{
    if (length > limit)
        return false;
    if (bytes == NULL && length == 0)
        return put_u32(out, ABSENT);
    return put_u32(out, (uint32_t)length) && buffer_append(out, bytes, length) &&
           buffer_append(out, "", 1);
}

static bool put_text(struct buffer *out, const char *text, uint32_t limit)
{
    return put_bytes(out, text, text == NULL ? 0 : strlen(text), limit);
}

static bool put_items(struct buffer *out, const struct ipc_items *items, uint32_t limit)
{
    if (items->count > limit || !put_u32(out, items->count))
        return false;
    for (uint32_t i = 0; i < items->count; i++) {
        const struct ipc_item *item = &items->item[i];

        if (!put_u32(out, item->flags) || !put_text(out, item->name, LIMIT_URI) ||
            !put_bytes(out, item->value, item->length, LIMIT_PAYLOAD))
            return false;
    }
    return true;
}

static bool put_field(struct buffer *out, const struct message_field *field, const char *body)
{
    const void *place = body + field->offset;

    switch (field->type) {
    case FIELD_BOOL: {
        uint8_t value = *(const bool *)place ? 1 : 0;

        return buffer_append(out, &value, 1);
    }
    case FIELD_U32:
        return buffer_append(out, place, sizeof(uint32_t));
    case FIELD_U64:
        return buffer_append(out, place, sizeof(uint64_t));
    case FIELD_TEXT:
        return put_text(out, *(const char *const *)place, field->limit);
    case FIELD_BYTES: {
        const struct ipc_bytes *bytes = place;

        return put_bytes(out, bytes->data, bytes->length, field->limit);
    }
    case FIELD_ITEMS:
        return put_items(out, place, field->limit);
    case FIELD_FD: {
        /* The descriptor itself travels beside the bytes; this says whether there is one. */
        uint8_t present = *(const int *)place >= MESSAGE_FIRST_FD ? 1 : 0;

        return buffer_append(out, &present, 1);
    }
    }
    return false;
}

bool message_encode(struct buffer *out, enum message_type type, const void *body)
{
    const struct message_layout *layout = message_layout(type);
    uint32_t header[2] = {0, (uint32_t)type};
    size_t start = buffer_length(out);
    bool ok = layout != NULL && buffer_append(out, header, sizeof(header));
    size_t length;

    for (size_t i = 0; ok && i < layout->field_count; i++)
        ok = put_field(out, &layout->fields[i], body);
    length = buffer_length(out) - start - MESSAGE_HEADER_SIZE;
    if (!ok || out->failed || length > MESSAGE_SIZE_LIMIT) {
        out->end = out->start + start;
        return false;
    }
    header[0] = (uint32_t)length;
    memcpy(buffer_bytes(out) + start, header, sizeof(header));
    return true;
}

/* ---- decoding ---- */

struct reader {
    const uint8_t *at;
    size_t left;
    struct arena *arena;
};

static bool take(struct reader *reader, void *value, size_t size)
{
    if (reader->left < size)
        return false;
    memcpy(value, reader->at, size);
    reader->at += size;
    reader->left -= size;
    return true;
}

static bool take_bytes(struct reader *reader, const uint8_t **bytes, uint32_t *length,
                       uint32_t limit)
{
    uint32_t announced;

    *bytes = NULL;
    *length = 0;
    if (!take(reader, &announced, sizeof(announced)))
        return false;
    if (announced == ABSENT)
        return true;
    if (announced > limit || reader->left <= announced || reader->at[announced] != '\0')
        return false;
    *bytes = reader->at;
    *length = announced;
    reader->at += announced + 1;
    reader->left -= announced + 1;
    return true;
}

static bool take_text(struct reader *reader, const char **text, uint32_t limit)
{
    const uint8_t *bytes;
    uint32_t length;

    if (!take_bytes(reader, &bytes, &length, limit) ||
        (length > 0 && memchr(bytes, '\0', length) != NULL))
        return false;
    *text = (const char *)bytes;
    return true;
}

static bool take_items(struct reader *reader, struct ipc_items *items, uint32_t limit)
{
    struct ipc_item *item;

    /* Each item is at least flags, a name's and a value's length. */
    if (!take(reader, &items->count, sizeof(items->count)) || items->count > limit ||
        items->count > reader->left / 12)
        return false;
    item = arena_alloc(reader->arena, items->count * sizeof(*item));
    if (item == NULL)
        return false;
    items->item = item;
    for (uint32_t i = 0; i < items->count; i++) {
        const uint8_t *value;

        if (!take(reader, &item[i].flags, sizeof(item[i].flags)) ||
            !take_text(reader, &item[i].name, LIMIT_URI) ||
            !take_bytes(reader, &value, &item[i].length, LIMIT_PAYLOAD))
            return false;
        item[i].value = (const char *)value;
    }
    return true;
}

static bool take_field(struct reader *reader, const struct message_field *field, char *body)
{
    void *place = body + field->offset;

    switch (field->type) {
    case FIELD_BOOL: {
        uint8_t value;

        if (!take(reader, &value, 1) || value > 1)
            return false;
        *(bool *)place = value == 1;
        return true;
    }
    case FIELD_U32:
        return take(reader, place, sizeof(uint32_t));
    case FIELD_U64:
        return take(reader, place, sizeof(uint64_t));
    case FIELD_TEXT:
        return take_text(reader, place, field->limit);
    case FIELD_BYTES: {
        struct ipc_bytes *bytes = place;

        return take_bytes(reader, &bytes->data, &bytes->length, field->limit);
    }
    case FIELD_ITEMS:
        return take_items(reader, place, field->limit);
    case FIELD_FD: {
        uint8_t present;

        if (!take(reader, &present, 1) || present > 1)
            return false;
        *(int *)place = present == 1 ? MESSAGE_FD_ANNOUNCED : -1;
        return true;
    }
    }
    return false;
}

bool message_decode(enum message_type type, const uint8_t *payload, size_t length,
                    struct arena *arena, union message_body *body)
{
    const struct message_layout *layout = message_layout(type);
    struct reader reader = {.at = payload, .left = length, .arena = arena};
    bool ok = layout != NULL;

    if (ok)
        memset(body, 0, layout->size);
    for (size_t i = 0; ok && i < layout->field_count; i++)
        ok = take_field(&reader, &layout->fields[i], (char *)body);
    return ok && reader.left == 0;
}

/* False when the arena is full. */
static bool keep_text(struct arena *arena, const char **text)
{
    if (*text != NULL)
        *text = arena_text(arena, *text);
    return *text != NULL;
}

static bool keep_items(struct arena *arena, struct ipc_items *items)
{
    struct ipc_item *copy = arena_alloc(arena, (items->count + 1) * sizeof(*copy));

    for (uint32_t i = 0; copy != NULL && i < items->count; i++) {
        copy[i] = items->item[i];
        if (copy[i].name != NULL && !keep_text(arena, &copy[i].name))
            return false;
        if (copy[i].value != NULL)
            copy[i].value = arena_text_n(arena, copy[i].value, copy[i].length);
        if (copy[i].value == NULL && items->item[i].value != NULL)
            return false;
    }
    items->item = copy;
    return copy != NULL;
}

void *message_keep(struct arena *arena, enum message_type type, const void *body)
{
    const struct message_layout *layout = message_layout(type);
    char *copy = arena_alloc(arena, layout->size);

    if (copy == NULL)
        return NULL;
    memcpy(copy, body, layout->size);
    for (size_t i = 0; i < layout->field_count; i++) {
        void *field = copy + layout->fields[i].offset;

        if (layout->fields[i].type == FIELD_TEXT && *(const char **)field != NULL &&
            !keep_text(arena, field))
            return NULL;
        if (layout->fields[i].type == FIELD_ITEMS && !keep_items(arena, field))
            return NULL;
    }
    return copy;
}

int *message_fd(enum message_type type, void *body)
{
    const struct message_layout *layout = message_layout(type);

    for (size_t i = 0; layout != NULL && i < layout->field_count; i++)
        if (layout->fields[i].type == FIELD_FD)
            return (int *)(void *)((char *)body + layout->fields[i].offset);
    return NULL;
}

bool message_header(const uint8_t header[MESSAGE_HEADER_SIZE], enum message_type *type,
                    size_t *length)
{
    uint32_t words[2];

    memcpy(words, header, sizeof(words));
    if (words[0] > MESSAGE_SIZE_LIMIT || words[1] == MESSAGE_none || words[1] >= MESSAGE_COUNT)
        return false;
    *length = words[0];
    *type = (enum message_type)words[1];
    return true;
}
