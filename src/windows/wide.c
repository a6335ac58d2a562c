/* SPDX-License-Identifier: ISC */

/* The functions of <wchar.h> on units of two bytes. */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

size_t wcsnlen(const wchar_t *text, size_t most)
{
    size_t length = 0;

    while (length < most && text[length] != 0)
        length++;
    return length;
}

size_t wcslen(const wchar_t *text)
{
    return wcsnlen(text, SIZE_MAX);
}

wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    return memcpy(to, from, count * sizeof(wchar_t));
}

wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t count)
{
    return memmove(to, from, count * sizeof(wchar_t));
}

wchar_t *wmemset(wchar_t *to, wchar_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = value;
    return to;
}

int wmemcmp(const wchar_t *one, const wchar_t *two, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (one[i] != two[i])
            return one[i] < two[i] ? -1 : 1;
    return 0;
}

wchar_t *wmemchr(const wchar_t *text, wchar_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] == value)
            return (wchar_t *)(uintptr_t)(text + i);
    return NULL;
}

wchar_t *wcscpy(wchar_t *to, const wchar_t *from)
{
    return wmemcpy(to, from, wcslen(from) + 1);
}

wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t most)
{
    size_t length = wcsnlen(from, most);

    wmemcpy(to, from, length);
    wmemset(to + length, 0, most - length);
    return to;
}

wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t most)
{
    size_t end = wcslen(to);
    size_t length = wcsnlen(from, most);

    wmemcpy(to + end, from, length);
    to[end + length] = 0;
    return to;
}

wchar_t *wcscat(wchar_t *to, const wchar_t *from)
{
    return wcsncat(to, from, SIZE_MAX);
}

static wchar_t lower(wchar_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? (wchar_t)(unit - 'A' + 'a') : unit;
}

static int compare(const wchar_t *one, const wchar_t *two, size_t most, bool ignore_case)
{
    for (size_t i = 0; i < most; i++) {
        wchar_t left = ignore_case ? lower(one[i]) : one[i];
        wchar_t right = ignore_case ? lower(two[i]) : two[i];

        if (left != right)
            return left < right ? -1 : 1;
        if (left == 0)
            return 0;
    }
    return 0;
}

int wcscmp(const wchar_t *one, const wchar_t *two)
{
    return compare(one, two, SIZE_MAX, false);
}

int wcsncmp(const wchar_t *one, const wchar_t *two, size_t most)
{
    return compare(one, two, most, false);
}

int _wcsicmp(const wchar_t *one, const wchar_t *two)
{
    return compare(one, two, SIZE_MAX, true);
}

int _wcsnicmp(const wchar_t *one, const wchar_t *two, size_t most)
{
    return compare(one, two, most, true);
}

wchar_t *wcschr(const wchar_t *text, wchar_t value)
{
    return wmemchr(text, value, wcslen(text) + 1);
}

wchar_t *wcsrchr(const wchar_t *text, wchar_t value)
{
    for (size_t i = wcslen(text) + 1; i > 0; i--)
        if (text[i - 1] == value)
            return (wchar_t *)(uintptr_t)(text + i - 1);
    return NULL;
}

wchar_t *wcsstr(const wchar_t *text, const wchar_t *what)
{
    size_t length = wcslen(what);

    for (;; text++) {
        if (wcsncmp(text, what, length) == 0)
            return (wchar_t *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

static bool contains(const wchar_t *set, wchar_t unit)
{
    return unit != 0 && wcschr(set, unit) != NULL;
}

size_t wcsspn(const wchar_t *text, const wchar_t *accept)
{
    size_t length = 0;

    while (contains(accept, text[length]))
        length++;
    return length;
}

size_t wcscspn(const wchar_t *text, const wchar_t *reject)
{
    size_t length = 0;

    while (text[length] != 0 && !contains(reject, text[length]))
        length++;
    return length;
}

wchar_t *wcspbrk(const wchar_t *text, const wchar_t *accept)
{
    text += wcscspn(text, accept);
    return *text != 0 ? (wchar_t *)(uintptr_t)text : NULL;
}

wchar_t *wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **rest)
{
    wchar_t *token = text != NULL ? text : *rest;

    if (token == NULL)
        return NULL;
    token += wcsspn(token, delimiters);
    *rest = NULL;
    if (*token == 0)
        return NULL;
    *rest = wcspbrk(token, delimiters);
    if (*rest != NULL)
        *(*rest)++ = 0;
    return token;
}

wchar_t *_wcsdup(const wchar_t *text)
{
    size_t size = wcslen(text) + 1;
    wchar_t *copy = malloc(size * sizeof(wchar_t));

    return copy != NULL ? wmemcpy(copy, text, size) : NULL;
}

wchar_t *_wcslwr(wchar_t *text)
{
    for (wchar_t *at = text; *at != 0; at++)
        *at = lower(*at);
    return text;
}

wchar_t *_wcsupr(wchar_t *text)
{
    for (wchar_t *at = text; *at != 0; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (wchar_t)(*at - 'a' + 'A');
    return text;
}
