/* SPDX-License-Identifier: ISC */

/*
 * The secure functions of Microsoft's C library, wide and narrow: they know the size of what they
 * write to, return their error, and those for texts leave the empty text with it.
 */

#include <windows.h>

#include <errno.h>

/* ---- wide ---- */

static int failed(wchar_t *to, size_t size, int error)
{
    if (to != NULL && size > 0)
        to[0] = 0;
    return error;
}

int wcsncpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t most)
{
    size_t length;

    if (to == NULL || size == 0 || from == NULL)
        return failed(to, size, EINVAL);
    length = wcsnlen(from, most == _TRUNCATE ? size : most);
    if (length >= size && most != _TRUNCATE)
        return failed(to, size, ERANGE);
    wmemmove(to, from, length < size ? length : size - 1);
    to[length < size ? length : size - 1] = 0;
    return length < size ? 0 : STRUNCATE;
}

int wcscpy_s(wchar_t *to, size_t size, const wchar_t *from)
{
    return wcsncpy_s(to, size, from, from != NULL ? wcslen(from) : 0);
}

int wcsncat_s(wchar_t *to, size_t size, const wchar_t *from, size_t most)
{
    size_t end = to != NULL ? wcsnlen(to, size) : size;
    int error;

    if (end >= size || from == NULL)
        return failed(to, size, EINVAL);
    error = wcsncpy_s(to + end, size - end, from, most);
    return error == 0 || error == STRUNCATE ? error : failed(to, size, error);
}

int wcscat_s(wchar_t *to, size_t size, const wchar_t *from)
{
    return wcsncat_s(to, size, from, from != NULL ? wcslen(from) : 0);
}

int wmemcpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    if (count == 0)
        return 0;
    if (to == NULL || from == NULL || count > size) {
        if (to != NULL)
            wmemset(to, 0, size);
        return to == NULL || from == NULL ? EINVAL : ERANGE;
    }
    wmemmove(to, from, count);
    return 0;
}

/* ---- narrow ---- */

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
    if (to == NULL || from == NULL)
        return EINVAL;
    if (count > size)
        return ERANGE;
    memmove(to, from, count);
    return 0;
}

int memcpy_s(void *to, size_t size, const void *from, size_t count)
{
    int error = memmove_s(to, size, from, count);

    /* Unlike the other one it leaves nothing of what was there. */
    if (error != 0 && to != NULL)
        memset(to, 0, size);
    return error;
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
