/* SPDX-License-Identifier: ISC */

#include "base/guid.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"

enum { GUID_BYTES = 16, GUIDS_AHEAD = 16 };

/*
 * Random bytes for the next GUIDs of this thread, because fetching them is a system call. They are
 * wiped as they are used, so that nobody finds out later which GUIDs were made.
 */
static _Thread_local struct {
    uint8_t bytes[GUID_BYTES * GUIDS_AHEAD];
    size_t left;
} ahead;

static void take_random(uint8_t out[GUID_BYTES])
{
    if (ahead.left == 0) {
        random_bytes(ahead.bytes, sizeof(ahead.bytes));
        ahead.left = sizeof(ahead.bytes);
    }
    ahead.left -= GUID_BYTES;
    memcpy(out, ahead.bytes + ahead.left, GUID_BYTES);
    explicit_bzero(ahead.bytes + ahead.left, GUID_BYTES);
}

static bool is_hyphen_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

static bool is_hexadecimal(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

void guid_make(char out[GUID_SIZE])
{
    static const char hexadecimal[] = "0123456789ABCDEF";
    uint8_t bytes[GUID_BYTES];
    size_t at = 0;

    take_random(bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        if (is_hyphen_place(at))
            out[at++] = '-';
        out[at++] = hexadecimal[bytes[i] >> 4];
        out[at++] = hexadecimal[bytes[i] & 15];
    }
    out[at] = 0;
}

bool guid_valid_n(const char *text, size_t length)
{
    if (length != GUID_LENGTH)
        return false;
    for (size_t i = 0; i < GUID_LENGTH; i++)
        if (is_hyphen_place(i) ? text[i] != '-' : !is_hexadecimal(text[i]))
            return false;
    return true;
}

bool guid_valid(const char *text)
{
    return text != NULL && guid_valid_n(text, strlen(text));
}
