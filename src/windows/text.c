/* SPDX-License-Identifier: ISC */

/* UTF-8 and UTF-16, comparison, narrow secure functions. */

#include <windows.h>

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <pthread.h>
#include <stdbool.h>
#include <wctype.h>

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

/* NO_ERROR, or why a call of either function below cannot be served. */
static DWORD conversion_refusal(UINT page, DWORD flags, DWORD known, const void *from,
                                int from_size, const void *to, int to_size)
{
    if (page != CP_UTF8 && page != CP_ACP && page != CP_OEMCP && page != CP_THREAD_ACP)
        return ERROR_INVALID_PARAMETER;
    if ((flags & ~known) != 0)
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
    DWORD refusal = conversion_refusal(codePage, flags, MB_PRECOMPOSED | MB_ERR_INVALID_CHARS, from,
                                       fromSize, to, toSize);
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
                                       from, fromSize, to, toSize);
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

/* ---- comparison ---- */

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void unicode_begin(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
}

/* Unit by unit, as CompareStringOrdinal does: surrogates have no case. */
static WCHAR upper(WCHAR unit)
{
    wint_t changed;

    if (unit < 0x80 || unicode == NULL)
        return unit >= 'a' && unit <= 'z' ? (WCHAR)(unit - 'a' + 'A') : unit;
    changed = towupper_l(unit, unicode);
    return changed < 0x10000 ? (WCHAR)changed : unit;
}

static int compare(const WCHAR *one, size_t one_size, const WCHAR *two, size_t two_size,
                   bool ignore_case)
{
    if (ignore_case)
        pthread_once(&unicode_once, unicode_begin);
    for (size_t i = 0; i < one_size && i < two_size; i++) {
        WCHAR left = ignore_case ? upper(one[i]) : one[i];
        WCHAR right = ignore_case ? upper(two[i]) : two[i];

        if (left != right)
            return left < right ? -1 : 1;
    }
    return one_size == two_size ? 0 : one_size < two_size ? -1 : 1;
}

/* As on Windows NULL is less than every text. */
static int compare_texts(LPCWSTR one, LPCWSTR two, bool ignore_case)
{
    if (one == NULL || two == NULL)
        return (one != NULL) - (two != NULL);
    return compare(one, wcslen(one), two, wcslen(two), ignore_case);
}

int WINAPI lstrcmpW(LPCWSTR one, LPCWSTR two)
{
    return compare_texts(one, two, false);
}

int WINAPI lstrcmpiW(LPCWSTR one, LPCWSTR two)
{
    return compare_texts(one, two, true);
}

int WINAPI CompareStringOrdinal(LPCWSTR one, int oneSize, LPCWSTR two, int twoSize, BOOL ignoreCase)
{
    if (one == NULL || two == NULL || oneSize < -1 || twoSize < -1)
        return conversion_failed(ERROR_INVALID_PARAMETER);
    return CSTR_EQUAL + compare(one, oneSize == -1 ? wcslen(one) : (size_t)oneSize, two,
                                twoSize == -1 ? wcslen(two) : (size_t)twoSize, ignoreCase != FALSE);
}

int WINAPI lstrlenW(LPCWSTR text)
{
    return text != NULL ? (int)wcslen(text) : 0;
}

int WINAPI lstrlenA(LPCSTR text)
{
    return text != NULL ? (int)strlen(text) : 0;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size)
{
    if (to == NULL || from == NULL || size <= 0)
        return NULL;
    wcsncpy_s(to, (size_t)size, from, _TRUNCATE);
    return to;
}

/* ---- narrow secure functions ---- */

static int narrow_failed(char *to, size_t size, int error)
{
    if (to != NULL && size > 0)
        to[0] = '\0';
    return error;
}

int strncpy_s(char *to, size_t size, const char *from, size_t most)
{
    size_t length;

    if (to == NULL || size == 0 || from == NULL)
        return narrow_failed(to, size, EINVAL);
    length = strnlen(from, most == _TRUNCATE ? size : most);
    if (length >= size && most != _TRUNCATE)
        return narrow_failed(to, size, ERANGE);
    memmove(to, from, length < size ? length : size - 1);
    to[length < size ? length : size - 1] = '\0';
    return length < size ? 0 : STRUNCATE;
}

int strcpy_s(char *to, size_t size, const char *from)
{
    return strncpy_s(to, size, from, from != NULL ? strlen(from) : 0);
}

int strcat_s(char *to, size_t size, const char *from)
{
    size_t length = to != NULL ? strnlen(to, size) : size;

    if (length >= size || from == NULL)
        return narrow_failed(to, size, EINVAL);
    if (strlen(from) >= size - length)
        return narrow_failed(to, size, ERANGE);
    return strcpy_s(to + length, size - length, from);
}

int memmove_s(void *to, size_t size, const void *from, size_t count)
{
    if (count == 0)
        return 0;
    if (to == NULL || from == NULL || count > size) {
        if (to != NULL)
            memset(to, 0, size);
        return to == NULL || from == NULL ? EINVAL : ERANGE;
    }
    memmove(to, from, count);
    return 0;
}

int memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    return memmove_s(to, size, from, count);
}

int sprintf_s(char *to, size_t size, const char *format, ...)
{
    va_list list;
    int length;

    if (to == NULL || size == 0 || format == NULL)
        return -1;
    va_start(list, format);
    length = vsnprintf(to, size, format, list);
    va_end(list);
    if (length >= 0 && (size_t)length < size)
        return length;
    to[0] = '\0';
    return -1;
}
