/* SPDX-License-Identifier: ISC */

#include "base/guid.h"

#include <stdint.h>
#include <string.h>

#include "base/hash.h"

enum { GUID_BYTES = 16 };

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

    random_bytes(bytes, sizeof(bytes));
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
