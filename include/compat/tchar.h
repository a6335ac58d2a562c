/* SPDX-License-Identifier: ISC */

/* Microsoft's names for either character set; here it is always Unicode. */

#ifndef _INC_TCHAR
#define _INC_TCHAR

#include <windows.h>

#define _T(literal)    __TEXT(literal)
#define _TEXT(literal) __TEXT(literal)

#define _tcslen      wcslen
#define _tcscmp      wcscmp
#define _tcsncmp     wcsncmp
#define _tcsicmp     _wcsicmp
#define _tcsnicmp    _wcsnicmp
#define _tcscpy      wcscpy
#define _tcsncpy     wcsncpy
#define _tcscat      wcscat
#define _tcscpy_s    wcscpy_s
#define _tcsncpy_s   wcsncpy_s
#define _tcscat_s    wcscat_s
#define _tcschr      wcschr
#define _tcsrchr     wcsrchr
#define _tcsstr      wcsstr
#define _tcstok_s    wcstok_s
#define _tcsdup      _wcsdup
#define _tcstol      wcstol
#define _tcstoul     wcstoul
#define _ttoi        _wtoi
#define _stprintf_s  swprintf_s
#define _sntprintf   _snwprintf
#define _sntprintf_s _snwprintf_s
#define _vstprintf_s vswprintf_s
#define _tprintf     wprintf
#define _ftprintf    fwprintf

#endif
