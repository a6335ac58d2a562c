/* SPDX-License-Identifier: ISC */

#include "plugins/fragments.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 21, MESSAGE_HEAD = 40, START = 1, END = 2 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void bytes_add(struct bytes *bytes, const void *data, size_t length)
{
    if (bytes->room - bytes->length < length) {
        bytes->room = 2 * (bytes->room + length);
        bytes->data = realloc(bytes->data, bytes->room);
        if (bytes->data == NULL)
            abort();
    }
    if (length > 0)
        memcpy(bytes->data + bytes->length, data, length);
    bytes->length += length;
}

void bytes_add_text(struct bytes *bytes, const char *text)
{
    bytes_add(bytes, text, strlen(text));
}

void bytes_clear(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

bool bytes_add_base64(struct bytes *bytes, PCWSTR text, size_t length)
{
    unsigned bits = 0, count = 0;

    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] < 128 && text[i] != 0 ? strchr(digits, (char)text[i]) : NULL;

        if (digit == NULL &&
            (text[i] == '=' || text[i] == ' ' || text[i] == '\n' || text[i] == '\r'))
            continue;
        if (digit == NULL)
            return false;
        bits = bits << 6 | (unsigned)(digit - digits);
        if (++count % 4 != 1) {
            unsigned char byte = (unsigned char)(bits >> (6 - 2 * ((count - 1) % 4)));

            bytes_add(bytes, &byte, 1);
        }
    }
    return true;
}

void bytes_write_base64(struct bytes *bytes, const struct bytes *from)
{
    for (size_t i = 0; i < from->length; i += 3) {
        size_t left = from->length - i;
        unsigned bits = (unsigned)from->data[i] << 16;
        char four[4];

        if (left > 1)
            bits |= (unsigned)from->data[i + 1] << 8;
        if (left > 2)
            bits |= from->data[i + 2];
        for (unsigned j = 0; j < 4; j++)
            four[j] = j <= left ? digits[bits >> (18 - 6 * j) & 63] : '=';
        bytes_add(bytes, four, sizeof(four));
    }
    bytes_add(bytes, "", 1);
    bytes->length--;
}

static uint64_t read_big(const unsigned char *from, unsigned count)
{
    uint64_t value = 0;

    while (count-- > 0)
        value = value << 8 | *from++;
    return value;
}

size_t psrp_length(const unsigned char *fragment)
{
    return HEAD + (size_t)read_big(fragment + 17, 4);
}

static void add_big(struct bytes *bytes, uint64_t value, unsigned count)
{
    while (count-- > 0) {
        unsigned char byte = (unsigned char)(value >> (8 * count));

        bytes_add(bytes, &byte, 1);
    }
}

static int read_message(struct psrp_inbound *inbound, struct psrp_message *message)
{
    const unsigned char *data = inbound->message.data;
    size_t length = inbound->message.length;

    if (length < MESSAGE_HEAD || data[0] != 2)
        return -1;
    message->type = (uint32_t)data[4] | (uint32_t)data[5] << 8 | (uint32_t)data[6] << 16 |
                    (uint32_t)data[7] << 24;
    memcpy(message->pool, data + 8, 16);
    memcpy(message->pipeline, data + 24, 16);
    message->text = malloc(length - MESSAGE_HEAD + 1);
    if (message->text == NULL)
        abort();
    memcpy(message->text, data + MESSAGE_HEAD, length - MESSAGE_HEAD);
    message->text[length - MESSAGE_HEAD] = '\0';
    inbound->message.length = 0;
    return 1;
}

int psrp_take(struct psrp_inbound *inbound, struct psrp_message *message)
{
    struct bytes *from = &inbound->fragments;

    while (from->length >= HEAD) {
        uint64_t object = read_big(from->data, 8), number = read_big(from->data + 8, 8);
        unsigned flags = from->data[16];
        size_t blob = (size_t)read_big(from->data + 17, 4);

        if (from->length - HEAD < blob)
            return -1; /* a piece of base64 holds whole fragments */
        if ((flags & START) != 0
                ? inbound->begun || number != 0
                : !inbound->begun || object != inbound->object || number != inbound->next)
            return -1;
        inbound->begun = (flags & END) == 0;
        inbound->object = object;
        inbound->next = number + 1;
        bytes_add(&inbound->message, from->data + HEAD, blob);
        from->length -= HEAD + blob;
        memmove(from->data, from->data + HEAD + blob, from->length);
        if (!inbound->begun)
            return read_message(inbound, message);
    }
    return from->length == 0 ? 0 : -1;
}

void psrp_forget(struct psrp_inbound *inbound)
{
    bytes_clear(&inbound->fragments);
    bytes_clear(&inbound->message);
}

void psrp_write(struct bytes *fragments, uint64_t object, const struct psrp_message *message,
                size_t most)
{
    const unsigned char kind[8] = {1,
                                   0,
                                   0,
                                   0,
                                   (unsigned char)message->type,
                                   (unsigned char)(message->type >> 8),
                                   (unsigned char)(message->type >> 16),
                                   (unsigned char)(message->type >> 24)};
    struct bytes whole = {0};
    uint64_t number = 0;

    bytes_add(&whole, kind, sizeof(kind));
    bytes_add(&whole, message->pool, 16);
    bytes_add(&whole, message->pipeline, 16);
    bytes_add(&whole, "\xef\xbb\xbf", 3);
    bytes_add_text(&whole, message->text);
    for (size_t at = 0; at < whole.length; number++) {
        size_t blob = whole.length - at < most ? whole.length - at : most;
        unsigned flags = (at == 0 ? START : 0u) | (at + blob == whole.length ? END : 0u);

        add_big(fragments, object, 8);
        add_big(fragments, number, 8);
        add_big(fragments, flags, 1);
        add_big(fragments, blob, 4);
        bytes_add(fragments, whole.data + at, blob);
        at += blob;
    }
    bytes_clear(&whole);
}
