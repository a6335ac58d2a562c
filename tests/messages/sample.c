/* SPDX-License-Identifier: ISC */

#include "messages/sample.h"

#include <string.h>

static const struct ipc_item sample_items[] = {
    {.name = "stdout", .value = "some bytes", .length = 10, .flags = 0},
    {.name = "stderr", .value = NULL, .length = 0, .flags = ITEM_END},
};

static void fill_field(const struct message_field *field, char *body)
{
    void *place = body + field->offset;

    switch (field->type) {
    case FIELD_BOOL:
        *(bool *)place = true;
        break;
    case FIELD_U32:
        *(uint32_t *)place = 3;
        break;
    case FIELD_U64:
        *(uint64_t *)place = UINT64_C(0x0102030405060708);
        break;
    case FIELD_TEXT:
        *(const char **)place = field->name;
        break;
    case FIELD_BYTES:
        *(struct ipc_bytes *)place = (struct ipc_bytes){.data = (const uint8_t *)"0123456789abcdef",
                                                        .length = field->limit < 16 ? 0 : 16};
        break;
    case FIELD_ITEMS:
        *(struct ipc_items *)place = (struct ipc_items){
            .item = sample_items, .count = sizeof(sample_items) / sizeof(sample_items[0])};
        break;
    case FIELD_FD:
        *(int *)place = -1;
        break;
    }
}

void message_sample(enum message_type type, union message_body *body)
{
    const struct message_layout *layout = message_layout(type);

    memset(body, 0, sizeof(*body));
    for (size_t i = 0; layout != NULL && i < layout->field_count; i++)
        fill_field(&layout->fields[i], (char *)body);
}

bool message_sample_encode(enum message_type type, struct buffer *out)
{
    union message_body body;

    message_sample(type, &body);
    return message_encode(out, type, &body);
}

enum message_type message_by_name(const char *name)
{
    for (unsigned i = MESSAGE_none + 1; i < MESSAGE_COUNT; i++)
        if (strcmp(message_layout((enum message_type)i)->name, name) == 0)
            return (enum message_type)i;
    return MESSAGE_none;
}
