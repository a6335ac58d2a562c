/* SPDX-License-Identifier: ISC */

#include "host/text16.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { REPLACEMENT = 0xfffd, WORDS_LIMIT = 64 };

/* The next character of UTF-16; a lone surrogate counts as the replacement character. */
static uint32_t next_character(PCWSTR *text)
{
    uint32_t unit = *(*text)++;

    if (unit < 0xd800 || unit > 0xdfff)
        return unit;
    if (unit > 0xdbff || **text < 0xdc00 || **text > 0xdfff)
        return REPLACEMENT;
    return 0x10000 + ((unit - 0xd800) << 10) + ((uint32_t) * (*text)++ - 0xdc00);
}

static size_t put_utf8(char out[4], uint32_t c)
{
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0, 0xc0, 0xe0, 0xf0};

    for (size_t i = size; i-- > 1; c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(lead[size] | c);
    return size;
}

char *text16_reason(PCWSTR text, size_t limit)
{
    size_t used = 0;
    size_t room;
    char *out;

    if (text == NULL)
        return NULL;
    room = utf16_length(text) * 3;
    if (room > limit)
        room = limit;
    out = mem_alloc(room + 1);
    while (*text != 0) {
        char bytes[4];
        size_t size = put_utf8(bytes, next_character(&text));

        if (size > room - used)
            break;
        memcpy(out + used, bytes, size);
        used += size;
    }
    out[used] = '\0';
    return out;
}

static unsigned lower(unsigned c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

bool text16_equal_case(PCWSTR text, const char *ascii)
{
    size_t i = 0;

    while (text[i] != 0 && lower(text[i]) == lower((unsigned char)ascii[i]))
        i++;
    return text[i] == 0 && ascii[i] == '\0';
}

DWORD text16_copy(PCWSTR text, PWSTR buffer, DWORD *length)
{
    DWORD needed = (DWORD)utf16_length(text) + 1;
    DWORD room;

    if (length == NULL || (buffer == NULL && *length != 0))
        return ERROR_INVALID_PARAMETER;
    room = *length;
    *length = needed;
    if (room < needed)
        return ERROR_INSUFFICIENT_BUFFER;
    memcpy(buffer, text, needed * sizeof(char16_t));
    return NO_ERROR;
}

DWORD text16_give(const char *text, PWSTR buffer, DWORD *length)
{
    char16_t *converted = utf16_new(text != NULL ? text : "");
    DWORD result = ERROR_INTERNAL_ERROR;

    if (converted != NULL)
        result = text16_copy(converted, buffer, length);
    free(converted);
    return result;
}

char **text_words(const char *list, size_t *count)
{
    size_t size = list != NULL ? strlen(list) : 0;
    char **words = mem_alloc((WORDS_LIMIT + 1) * sizeof(char *) + size + 1);
    char *copy = (char *)(words + WORDS_LIMIT + 1);

    *count = 0;
    if (size > 0)
        memcpy(copy, list, size);
    while (*count < WORDS_LIMIT) {
        while (text_is_space(*copy))
            *copy++ = '\0';
        if (*copy == '\0')
            break;
        words[(*count)++] = copy;
        while (*copy != '\0' && !text_is_space(*copy))
            copy++;
    }
    return words;
}
