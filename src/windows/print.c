/* SPDX-License-Identifier: ISC */

/* Microsoft's printf family for two-byte units. */

#include "windows/format.h"

int _vscwprintf(const wchar_t *format, va_list list)
{
    return format_to(NULL, 0, format, list);
}

int _vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length = to != NULL || size == 0 ? format_to(to, size, format, list) : -1;

    if (to == NULL)
        return length; /* asked for with no room: how much there has to be */
    if (length >= 0 && (size_t)length < size)
        to[length] = 0;
    return length >= 0 && (size_t)length <= size ? length : -1;
}

int vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length = to != NULL && size > 0 ? format_to(to, size - 1, format, list) : -1;

    if (to != NULL && size > 0)
        to[length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1] = 0;
    return length >= 0 && (size_t)length < size ? length : -1;
}

int vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    int length = vswprintf(to, size, format, list);

    if (length < 0 && to != NULL && size > 0)
        to[0] = 0;
    return length;
}

int _vsnwprintf_s(wchar_t *to, size_t size, size_t most, const wchar_t *format, va_list list)
{
    size_t room = most < size ? most + 1 : size;
    int length;

    if (to == NULL || size == 0)
        return -1;
    length = vswprintf(to, room, format, list);
    /* Only _TRUNCATE and a limit below the size cut; else too long is an error. */
    if (length < 0 && most != _TRUNCATE && most >= size)
        to[0] = 0;
    return length;
}

int vfwprintf(FILE *file, const wchar_t *format, va_list list)
{
    int length = _vscwprintf(format, list);
    wchar_t *text = length >= 0 ? malloc(((size_t)length + 1) * sizeof(wchar_t)) : NULL;

    if (text == NULL)
        return -1;
    vswprintf(text, (size_t)length + 1, format, list);
    if (fputws(text, file) < 0)
        length = -1;
    free(text);
    return length;
}

int vwprintf(const wchar_t *format, va_list list)
{
    return vfwprintf(stdout, format, list);
}

int fputws(const wchar_t *text, FILE *file)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL);
    char *narrow = size > 0 ? malloc((size_t)size) : NULL;
    int result = EOF;

    if (narrow == NULL)
        return EOF;
    WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, size, NULL, NULL);
    result = fputs(narrow, file) >= 0 ? 0 : EOF;
    free(narrow);
    return result;
}

/* ---- each as the one with a va_list ---- */

int swprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = vswprintf(to, size, format, list);
    va_end(list);
    return result;
}

int swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = vswprintf_s(to, size, format, list);
    va_end(list);
    return result;
}

int _snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = _vsnwprintf(to, size, format, list);
    va_end(list);
    return result;
}

int _snwprintf_s(wchar_t *to, size_t size, size_t most, const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = _vsnwprintf_s(to, size, most, format, list);
    va_end(list);
    return result;
}

int _scwprintf(const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = _vscwprintf(format, list);
    va_end(list);
    return result;
}

int wprintf(const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = vwprintf(format, list);
    va_end(list);
    return result;
}

int fwprintf(FILE *file, const wchar_t *format, ...)
{
    va_list list;
    int result;

    va_start(list, format);
    result = vfwprintf(file, format, list);
    va_end(list);
    return result;
}
