/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "common/utf16.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static unsigned lower(unsigned unit)
{
    return unit >= 'A' && unit <= 'Z' ? unit + ('a' - 'A') : unit;
}

size_t utf16_length(PCWSTR text)
{
    size_t length = 0;

    while (text[length])
        length++;
    return length;
}

bool utf16_equal_ascii_case(PCWSTR left, PCWSTR right)
{
    while (*left && lower(*left) == lower(*right)) {
        left++;
        right++;
    }
    return lower(*left) == lower(*right);
}

/* The code point at *text, which moves behind it; UINT32_MAX for a lone surrogate. */
static uint32_t next_from_utf16(PCWSTR *text)
{
    uint32_t unit = *(*text)++;

    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || **text < 0xdc00 || **text > 0xdfff)
        return UINT32_MAX;
    return 0x10000 + ((unit - 0xd800) << 10) + (uint32_t)(*(*text)++ - 0xdc00);
}

static char *append_utf8(char *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (char)point;
        return out;
    }
    if (point < 0x800) {
        *out++ = (char)(0xc0 | point >> 6);
    } else {
        if (point < 0x10000) {
            *out++ = (char)(0xe0 | point >> 12);
        } else {
            *out++ = (char)(0xf0 | point >> 18);
            *out++ = (char)(0x80 | (point >> 12 & 0x3f));
        }
        *out++ = (char)(0x80 | (point >> 6 & 0x3f));
    }
    *out++ = (char)(0x80 | (point & 0x3f));
    return out;
}

char *utf16_to_utf8(PCWSTR text)
{
    /* A unit becomes three bytes at most; a pair of surrogates becomes four. */
    char *result = malloc(utf16_length(text) * 3 + 1);
    char *out = result;

    if (!result)
        return NULL;
    while (*text) {
        uint32_t point = next_from_utf16(&text);

        if (point == UINT32_MAX) {
            free(result);
            return NULL;
        }
        out = append_utf8(out, point);
    }
    *out = '\0';
    return result;
}

/* The code point at *bytes, which moves behind it; UINT32_MAX when ill-formed. */
static uint32_t next_from_utf8(const unsigned char **bytes, const unsigned char *end)
{
    static const uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};
    unsigned lead = *(*bytes)++;
    unsigned more = lead < 0x80 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    uint32_t point = lead;

    if (more == 0)
        return point;
    if (lead < 0xc2 || lead > 0xf4 || (size_t)(end - *bytes) < more)
        return UINT32_MAX;
    point &= 0x3fU >> more;
    for (unsigned i = 0; i < more; i++) {
        if ((**bytes & 0xc0) != 0x80)
            return UINT32_MAX;
        point = point << 6 | (*(*bytes)++ & 0x3fU);
    }
    if (point < smallest[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return UINT32_MAX;
    return point;
}

bool utf8_valid(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    const unsigned char *end = at + size;

    while (at < end) {
        if (next_from_utf8(&at, end) == UINT32_MAX)
            return false;
    }
    return true;
}

PWSTR utf16_from_utf8(const char *text)
{
    size_t size = strlen(text);
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + size;
    PWSTR result = malloc((size + 1) * sizeof(WCHAR));
    PWSTR out = result;

    if (!result)
        return NULL;
    while (at < end) {
        uint32_t point = next_from_utf8(&at, end);

        if (point == UINT32_MAX) {
            free(result);
            return NULL;
        }
        if (point >= 0x10000) {
            point -= 0x10000;
            *out++ = (WCHAR)(0xd800 + (point >> 10));
            point = 0xdc00 + (point & 0x3ff);
        }
        *out++ = (WCHAR)point;
    }
    *out = 0;
    return result;
}
