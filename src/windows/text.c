/* SPDX-License-Identifier: ISC */

/* From UTF-8 to UTF-16 and back. */

#include <windows.h>

#include <limits.h>
#include <stdbool.h>

/* What a sequence that is no character becomes; the same value tells of it. */
enum { REPLACEMENT = 0xFFFD, ILL_FORMED = 0x110000 };

/* ---- one character ---- */

/*
 * The character that begins at `*at`, which moves on: by the longest beginning of a character, at
 * least one byte, when it is ill-formed (Unicode, 3.9, best practice of U+FFFD substitution).
 */
static uint32_t utf8_next(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *begin = *at;
    uint32_t first = *begin;
    uint32_t character;
    unsigned more;

    (*at)++;
    if (first < 0x80)
        return first;
    if (first < 0xC2 || first > 0xF4)
        return ILL_FORMED;
    more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    character = first & (0x3Fu >> more);
    for (unsigned i = 0; i < more; i++) {
        unsigned char low = 0x80;
        unsigned char high = 0xBF;

        if (i == 0) { /* no overlong forms, no surrogates, nothing beyond U+10FFFF */
            low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : low;
            high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : high;
        }
        if (*at == end || **at < low || **at > high)
            return ILL_FORMED;
        character = character << 6 | (*(*at)++ & 0x3F);
    }
    return character;
}

static uint32_t utf16_next(const WCHAR **at, const WCHAR *end)
{
    uint32_t unit = *(*at)++;

    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit > 0xDBFF || *at == end || **at < 0xDC00 || **at > 0xDFFF)
        return ILL_FORMED;
    return 0x10000 + ((unit - 0xD800) << 10) + (uint32_t)(*(*at)++ - 0xDC00);
}

static size_t utf8_put(char out[4], uint32_t character)
{
    if (character < 0x80) {
        out[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        out[0] = (char)(0xC0 | character >> 6);
        out[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        out[0] = (char)(0xE0 | character >> 12);
        out[1] = (char)(0x80 | (character >> 6 & 0x3F));
        out[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | character >> 18);
    out[1] = (char)(0x80 | (character >> 12 & 0x3F));
    out[2] = (char)(0x80 | (character >> 6 & 0x3F));
    out[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

static size_t utf16_put(WCHAR out[2], uint32_t character)
{
    if (character < 0x10000) {
        out[0] = (WCHAR)character;
        return 1;
    }
    out[0] = (WCHAR)(0xD7C0 + (character >> 10));
    out[1] = (WCHAR)(0xDC00 + (character & 0x3FF));
    return 2;
}

/* ---- conversion ---- */

/*
 * NO_ERROR, or why a call of either function below cannot be served. `known`: its flags, of which
 * CP_UTF8 takes `strict` alone.
 */
static DWORD conversion_refusal(UINT page, DWORD flags, DWORD known, DWORD strict, const void *from,
                                int from_size, const void *to, int to_size)
{
    if (page != CP_UTF8 && page != CP_ACP && page != CP_OEMCP && page != CP_THREAD_ACP)
        return ERROR_INVALID_PARAMETER;
    if ((flags & ~(page == CP_UTF8 ? strict : known)) != 0)
        return ERROR_INVALID_FLAGS;
    if (from == NULL || from_size == 0 || from_size < -1 || to_size < 0 ||
        (to == NULL && to_size != 0) || from == to)
        return ERROR_INVALID_PARAMETER;
    return NO_ERROR;
}

static int conversion_failed(DWORD code)
{
    SetLastError(code);
    return 0;
}

int WINAPI MultiByteToWideChar(UINT codePage, DWORD flags, LPCSTR from, int fromSize, LPWSTR to,
                               int toSize)
{
    DWORD refusal = conversion_refusal(codePage, flags, MB_PRECOMPOSED | MB_ERR_INVALID_CHARS,
                                       MB_ERR_INVALID_CHARS, from, fromSize, to, toSize);
    const unsigned char *at = (const unsigned char *)from;
    const unsigned char *end;
    size_t length = 0;

    if (refusal != NO_ERROR)
        return conversion_failed(refusal);
    end = at + (fromSize == -1 ? strlen(from) + 1 : (size_t)fromSize);
    while (at < end) {
        uint32_t character = utf8_next(&at, end);
        WCHAR units[2];
        size_t count;

        if (character == ILL_FORMED && (flags & MB_ERR_INVALID_CHARS) != 0)
            return conversion_failed(ERROR_NO_UNICODE_TRANSLATION);
        count = utf16_put(units, character == ILL_FORMED ? REPLACEMENT : character);
        if (length + count > (toSize != 0 ? (size_t)toSize : INT_MAX))
            return conversion_failed(ERROR_INSUFFICIENT_BUFFER);
        if (toSize != 0)
            memcpy(to + length, units, count * sizeof(WCHAR));
        length += count;
    }
    return (int)length;
}

int WINAPI WideCharToMultiByte(UINT codePage, DWORD flags, LPCWSTR from, int fromSize, LPSTR to,
                               int toSize, LPCSTR defaultChar, BOOL *usedDefaultChar)
{
    DWORD refusal = conversion_refusal(codePage, flags, WC_ERR_INVALID_CHARS | WC_NO_BEST_FIT_CHARS,
                                       WC_ERR_INVALID_CHARS, from, fromSize, to, toSize);
    const WCHAR *at = from;
    const WCHAR *end;
    size_t length = 0;

    /* With CP_UTF8 both have to be NULL, as documented; elsewhere nothing is ever replaced. */
    if (refusal == NO_ERROR && codePage == CP_UTF8 &&
        (defaultChar != NULL || usedDefaultChar != NULL))
        refusal = ERROR_INVALID_PARAMETER;
    if (refusal != NO_ERROR)
        return conversion_failed(refusal);
    if (usedDefaultChar != NULL)
        *usedDefaultChar = FALSE;
    end = at + (fromSize == -1 ? wcslen(from) + 1 : (size_t)fromSize);
    while (at < end) {
        uint32_t character = utf16_next(&at, end);
        char bytes[4];
        size_t count;

        if (character == ILL_FORMED && (flags & WC_ERR_INVALID_CHARS) != 0)
            return conversion_failed(ERROR_NO_UNICODE_TRANSLATION);
        count = utf8_put(bytes, character == ILL_FORMED ? REPLACEMENT : character);
        if (length + count > (toSize != 0 ? (size_t)toSize : INT_MAX))
            return conversion_failed(ERROR_INSUFFICIENT_BUFFER);
        if (toSize != 0)
            memcpy(to + length, bytes, count);
        length += count;
    }
    return (int)length;
}

size_t mbstowcs(wchar_t *to, const char *from, size_t size)
{
    const unsigned char *at = (const unsigned char *)from;
    const unsigned char *end = at + strlen(from) + 1;
    size_t length = 0;

    while (at < end) {
        uint32_t character = utf8_next(&at, end);
        WCHAR units[2];
        size_t count;

        if (character == ILL_FORMED)
            return (size_t)-1;
        count = utf16_put(units, character);
        if (to != NULL && length + count > size)
            return length;
        if (to != NULL)
            memcpy(to + length, units, count * sizeof(WCHAR));
        if (character != 0)
            length += count;
    }
    return length;
}

size_t wcstombs(char *to, const wchar_t *from, size_t size)
{
    const WCHAR *at = from;
    const WCHAR *end = at + wcslen(from) + 1;
    size_t length = 0;

    while (at < end) {
        uint32_t character = utf16_next(&at, end);
        char bytes[4];
        size_t count;

        if (character == ILL_FORMED)
            return (size_t)-1;
        count = utf8_put(bytes, character);
        if (to != NULL && length + count > size)
            return length;
        if (to != NULL)
            memcpy(to + length, bytes, count);
        if (character != 0)
            length += count;
    }
    return length;
}
