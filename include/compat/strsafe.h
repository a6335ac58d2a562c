/* SPDX-License-Identifier: ISC */

/* Texts that know the size of their buffer: in units (Cch) or bytes (Cb). */

#ifndef _STRSAFE_H_INCLUDED_
#define _STRSAFE_H_INCLUDED_

#include <windows.h>

#define STRSAFE_MAX_CCH               2147483647
#define STRSAFE_E_INSUFFICIENT_BUFFER ((HRESULT)0x8007007AU)
#define STRSAFE_E_INVALID_PARAMETER   ((HRESULT)0x80070057U)
#define STRSAFE_E_END_OF_FILE         ((HRESULT)0x80070026U)

typedef PWSTR STRSAFE_LPWSTR;
typedef PCWSTR STRSAFE_LPCWSTR;

WSMWIN_BEGIN

/* What does not fit is cut, ends with NUL, and is STRSAFE_E_INSUFFICIENT_BUFFER. */
HRESULT StringCchCopyW(PWSTR to, size_t size, PCWSTR from) WSMWIN(StringCchCopyW);
HRESULT StringCchCopyNW(PWSTR to, size_t size, PCWSTR from, size_t most) WSMWIN(StringCchCopyNW);
HRESULT StringCchCatW(PWSTR to, size_t size, PCWSTR from) WSMWIN(StringCchCatW);
HRESULT StringCchLengthW(PCWSTR text, size_t most, size_t *length) WSMWIN(StringCchLengthW);
HRESULT StringCchPrintfW(PWSTR to, size_t size, PCWSTR format, ...) WSMWIN(StringCchPrintfW);
HRESULT StringCchVPrintfW(PWSTR to, size_t size, PCWSTR format, va_list list)
    WSMWIN(StringCchVPrintfW);
HRESULT StringCbPrintfW(PWSTR to, size_t bytes, PCWSTR format, ...) WSMWIN(StringCbPrintfW);

WSMWIN_END

static inline HRESULT StringCbCopyW(PWSTR to, size_t bytes, PCWSTR from)
{
    return StringCchCopyW(to, bytes / sizeof(WCHAR), from);
}

static inline HRESULT StringCbCatW(PWSTR to, size_t bytes, PCWSTR from)
{
    return StringCchCatW(to, bytes / sizeof(WCHAR), from);
}

static inline HRESULT StringCbLengthW(PCWSTR text, size_t mostBytes, size_t *bytes)
{
    HRESULT result = StringCchLengthW(text, mostBytes / sizeof(WCHAR), bytes);

    if (bytes != NULL)
        *bytes *= sizeof(WCHAR);
    return result;
}

#define StringCchCopy    StringCchCopyW
#define StringCchCopyN   StringCchCopyNW
#define StringCchCat     StringCchCatW
#define StringCchLength  StringCchLengthW
#define StringCchPrintf  StringCchPrintfW
#define StringCchVPrintf StringCchVPrintfW
#define StringCbCopy     StringCbCopyW
#define StringCbCat      StringCbCatW
#define StringCbLength   StringCbLengthW
#define StringCbPrintf   StringCbPrintfW

#endif
