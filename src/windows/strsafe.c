/* SPDX-License-Identifier: ISC */

/* strsafe.h: what does not fit is cut, and said. */

#include <strsafe.h>

#include "windows/format.h"

HRESULT StringCchVPrintfW(PWSTR to, size_t size, PCWSTR format, va_list list)
{
    int length;

    if (to == NULL || size == 0 || size > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = format_to(to, size - 1, format, list);
    to[length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1] = 0;
    return length >= 0 && (size_t)length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT StringCchPrintfW(PWSTR to, size_t size, PCWSTR format, ...)
{
    va_list list;
    HRESULT result;

    va_start(list, format);
    result = StringCchVPrintfW(to, size, format, list);
    va_end(list);
    return result;
}

HRESULT StringCbPrintfW(PWSTR to, size_t bytes, PCWSTR format, ...)
{
    va_list list;
    HRESULT result;

    va_start(list, format);
    result = StringCchVPrintfW(to, bytes / sizeof(WCHAR), format, list);
    va_end(list);
    return result;
}

HRESULT StringCchCopyNW(PWSTR to, size_t size, PCWSTR from, size_t most)
{
    size_t length;

    if (to == NULL || from == NULL || size == 0 || size > STRSAFE_MAX_CCH || most > STRSAFE_MAX_CCH)
        return STRSAFE_E_INVALID_PARAMETER;
    length = wcsnlen(from, most < size ? most : size);
    wmemcpy(to, from, length < size ? length : size - 1);
    to[length < size ? length : size - 1] = 0;
    return length < size ? S_OK : STRSAFE_E_INSUFFICIENT_BUFFER;
}

HRESULT StringCchCopyW(PWSTR to, size_t size, PCWSTR from)
{
    return StringCchCopyNW(to, size, from, STRSAFE_MAX_CCH);
}

HRESULT StringCchCatW(PWSTR to, size_t size, PCWSTR from)
{
    size_t length = to != NULL && size <= STRSAFE_MAX_CCH ? wcsnlen(to, size) : size;

    if (length >= size)
        return STRSAFE_E_INVALID_PARAMETER;
    return StringCchCopyW(to + length, size - length, from);
}

HRESULT StringCchLengthW(PCWSTR text, size_t most, size_t *length)
{
    size_t found = text != NULL && most <= STRSAFE_MAX_CCH ? wcsnlen(text, most) : most;

    if (length != NULL)
        *length = found < most ? found : 0;
    return found < most ? S_OK : STRSAFE_E_INVALID_PARAMETER;
}
