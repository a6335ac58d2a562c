/* SPDX-License-Identifier: ISC */

/* Texts: conversion, comparison, and the parts of the C library that Microsoft spells otherwise. */

#ifndef WSMWIN_TEXT_H
#define WSMWIN_TEXT_H

#ifdef __cplusplus
#include <cstdlib>
#include "windows_streams.h"
#endif

#define CP_ACP        0U
#define CP_OEMCP      1U
#define CP_THREAD_ACP 3U
#define CP_UTF8       65001U

#define MB_PRECOMPOSED       0x1
#define MB_ERR_INVALID_CHARS 0x8
#define WC_ERR_INVALID_CHARS 0x80
#define WC_NO_BEST_FIT_CHARS 0x400

#define NORM_IGNORECASE   0x1
#define CSTR_LESS_THAN    1
#define CSTR_EQUAL        2
#define CSTR_GREATER_THAN 3

WSMWIN_BEGIN

/*
 * CP_UTF8, and CP_ACP, CP_OEMCP and CP_THREAD_ACP, which are UTF-8 as well; other code pages are
 * refused. What is ill-formed becomes U+FFFD, or with the ..._ERR_INVALID_CHARS flag fails.
 */
int WINAPI MultiByteToWideChar(UINT codePage, DWORD flags, LPCSTR from, int fromSize, LPWSTR to,
                               int toSize) WSMWIN(MultiByteToWideChar);
int WINAPI WideCharToMultiByte(UINT codePage, DWORD flags, LPCWSTR from, int fromSize, LPSTR to,
                               int toSize, LPCSTR defaultChar, BOOL *usedDefaultChar)
    WSMWIN(WideCharToMultiByte);

/* By code unit, and without regard to case by simple Unicode case mapping; never by language. */
int WINAPI lstrcmpW(LPCWSTR one, LPCWSTR two) WSMWIN(lstrcmpW);
int WINAPI lstrcmpiW(LPCWSTR one, LPCWSTR two) WSMWIN(lstrcmpiW);
int WINAPI CompareStringOrdinal(LPCWSTR one, int oneSize, LPCWSTR two, int twoSize, BOOL ignoreCase)
    WSMWIN(CompareStringOrdinal);
int WINAPI lstrlenW(LPCWSTR text) WSMWIN(lstrlenW);
int WINAPI lstrlenA(LPCSTR text) WSMWIN(lstrlenA);
LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size) WSMWIN(lstrcpynW);

/* From stdlib.h; UTF-8. (size_t)-1 for what is ill-formed. */
size_t wsmwin_mbstowcs(wchar_t *to, const char *from, size_t size) WSMWIN(mbstowcs);
size_t wsmwin_wcstombs(char *to, const wchar_t *from, size_t size) WSMWIN(wcstombs);

/* Microsoft's narrow ones: 0, or an error and the empty text. */
int strcpy_s(char *to, size_t size, const char *from) WSMWIN(strcpy_s);
int strcat_s(char *to, size_t size, const char *from) WSMWIN(strcat_s);
int strncpy_s(char *to, size_t size, const char *from, size_t most) WSMWIN(strncpy_s);
int memcpy_s(void *to, size_t size, const void *from, size_t count) WSMWIN(memcpy_s);
int memmove_s(void *to, size_t size, const void *from, size_t count) WSMWIN(memmove_s);
__attribute__((format(printf, 3, 4))) int sprintf_s(char *to, size_t size, const char *format, ...)
    WSMWIN(sprintf_s);

/* "r", "w", "a" and their variants; the path is UTF-16 here and UTF-8 in the file system. */
int _wfopen_s(FILE **file, const wchar_t *path, const wchar_t *mode) WSMWIN(_wfopen_s);
FILE *_wfopen(const wchar_t *path, const wchar_t *mode) WSMWIN(_wfopen);
int fopen_s(FILE **file, const char *path, const char *mode) WSMWIN(fopen_s);

WSMWIN_END

#define mbstowcs                   wsmwin_mbstowcs
#define wcstombs                   wsmwin_wcstombs
#define lstrcmp                    lstrcmpW
#define lstrcmpi                   lstrcmpiW
#define lstrlen                    lstrlenW
#define lstrcpyn                   lstrcpynW
#define _stricmp                   strcasecmp
#define _strnicmp                  strncasecmp
#define _strdup                    strdup
#define _snprintf                  snprintf
#define _vsnprintf                 vsnprintf
#define localtime_s(result, clock) (localtime_r((clock), (result)) != NULL ? 0 : EINVAL)
#define gmtime_s(result, clock)    (gmtime_r((clock), (result)) != NULL ? 0 : EINVAL)

#include <errno.h>
#include <strings.h>

#endif
