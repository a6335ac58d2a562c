/* SPDX-License-Identifier: ISC */

/*
 * <wchar.h> for sources whose wchar_t has two bytes (-fshort-wchar). The C library's functions are
 * made for four: they are declared under other names, out of reach, and those of
 * libwsmsvc-windows take their place, so that also <cwchar> and std::wstring work on UTF-16. A
 * function that has no version for two bytes does not compile when it is called.
 *
 * Behind them is what Microsoft's <wchar.h> adds. Without -fshort-wchar this is the C library's.
 */

#pragma GCC system_header

#if __SIZEOF_WCHAR_T__ != 2
#include_next <wchar.h>
#elif !defined(WSMWIN_WCHAR_H)
#define WSMWIN_WCHAR_H

#define wcscpy wsmwin_libc_wcscpy
#define wcsncpy wsmwin_libc_wcsncpy
#define wcscat wsmwin_libc_wcscat
#define wcsncat wsmwin_libc_wcsncat
#define wcscmp wsmwin_libc_wcscmp
#define wcsncmp wsmwin_libc_wcsncmp
#define wcscasecmp wsmwin_libc_wcscasecmp
#define wcsncasecmp wsmwin_libc_wcsncasecmp
#define wcscasecmp_l wsmwin_libc_wcscasecmp_l
#define wcsncasecmp_l wsmwin_libc_wcsncasecmp_l
#define wcscoll wsmwin_libc_wcscoll
#define wcsxfrm wsmwin_libc_wcsxfrm
#define wcscoll_l wsmwin_libc_wcscoll_l
#define wcsxfrm_l wsmwin_libc_wcsxfrm_l
#define wcsdup wsmwin_libc_wcsdup
#define wcschr wsmwin_libc_wcschr
#define wcsrchr wsmwin_libc_wcsrchr
#define wcschrnul wsmwin_libc_wcschrnul
#define wcscspn wsmwin_libc_wcscspn
#define wcsspn wsmwin_libc_wcsspn
#define wcspbrk wsmwin_libc_wcspbrk
#define wcsstr wsmwin_libc_wcsstr
#define wcstok wsmwin_libc_wcstok
#define wcslen wsmwin_libc_wcslen
#define wcswcs wsmwin_libc_wcswcs
#define wcsnlen wsmwin_libc_wcsnlen
#define wmemchr wsmwin_libc_wmemchr
#define wmemcmp wsmwin_libc_wmemcmp
#define wmemcpy wsmwin_libc_wmemcpy
#define wmemmove wsmwin_libc_wmemmove
#define wmemset wsmwin_libc_wmemset
#define wmempcpy wsmwin_libc_wmempcpy
#define mbrtowc wsmwin_libc_mbrtowc
#define wcrtomb wsmwin_libc_wcrtomb
#define mbsrtowcs wsmwin_libc_mbsrtowcs
#define wcsrtombs wsmwin_libc_wcsrtombs
#define mbsnrtowcs wsmwin_libc_mbsnrtowcs
#define wcsnrtombs wsmwin_libc_wcsnrtombs
#define wcwidth wsmwin_libc_wcwidth
#define wcswidth wsmwin_libc_wcswidth
#define wcstod wsmwin_libc_wcstod
#define wcstof wsmwin_libc_wcstof
#define wcstold wsmwin_libc_wcstold
#define wcstol wsmwin_libc_wcstol
#define wcstoul wsmwin_libc_wcstoul
#define wcstoll wsmwin_libc_wcstoll
#define wcstoull wsmwin_libc_wcstoull
#define wcstoq wsmwin_libc_wcstoq
#define wcstouq wsmwin_libc_wcstouq
#define wcstod_l wsmwin_libc_wcstod_l
#define wcstof_l wsmwin_libc_wcstof_l
#define wcstold_l wsmwin_libc_wcstold_l
#define wcstol_l wsmwin_libc_wcstol_l
#define wcstoul_l wsmwin_libc_wcstoul_l
#define wcstoll_l wsmwin_libc_wcstoll_l
#define wcstoull_l wsmwin_libc_wcstoull_l
#define wcpcpy wsmwin_libc_wcpcpy
#define wcpncpy wsmwin_libc_wcpncpy
#define open_wmemstream wsmwin_libc_open_wmemstream
#define fwprintf wsmwin_libc_fwprintf
#define wprintf wsmwin_libc_wprintf
#define swprintf wsmwin_libc_swprintf
#define vfwprintf wsmwin_libc_vfwprintf
#define vwprintf wsmwin_libc_vwprintf
#define vswprintf wsmwin_libc_vswprintf
#define fwscanf wsmwin_libc_fwscanf
#define wscanf wsmwin_libc_wscanf
#define swscanf wsmwin_libc_swscanf
#define vfwscanf wsmwin_libc_vfwscanf
#define vwscanf wsmwin_libc_vwscanf
#define vswscanf wsmwin_libc_vswscanf
#define fgetwc wsmwin_libc_fgetwc
#define getwc wsmwin_libc_getwc
#define getwchar wsmwin_libc_getwchar
#define fputwc wsmwin_libc_fputwc
#define putwc wsmwin_libc_putwc
#define putwchar wsmwin_libc_putwchar
#define fgetws wsmwin_libc_fgetws
#define fputws wsmwin_libc_fputws
#define ungetwc wsmwin_libc_ungetwc
#define getwc_unlocked wsmwin_libc_getwc_unlocked
#define getwchar_unlocked wsmwin_libc_getwchar_unlocked
#define fgetwc_unlocked wsmwin_libc_fgetwc_unlocked
#define fputwc_unlocked wsmwin_libc_fputwc_unlocked
#define putwc_unlocked wsmwin_libc_putwc_unlocked
#define putwchar_unlocked wsmwin_libc_putwchar_unlocked
#define fgetws_unlocked wsmwin_libc_fgetws_unlocked
#define fputws_unlocked wsmwin_libc_fputws_unlocked
#define wcsftime wsmwin_libc_wcsftime
#define wcsftime_l wsmwin_libc_wcsftime_l
#include_next <wchar.h>
#undef wcscpy
#undef wcsncpy
#undef wcscat
#undef wcsncat
#undef wcscmp
#undef wcsncmp
#undef wcscasecmp
#undef wcsncasecmp
#undef wcscasecmp_l
#undef wcsncasecmp_l
#undef wcscoll
#undef wcsxfrm
#undef wcscoll_l
#undef wcsxfrm_l
#undef wcsdup
#undef wcschr
#undef wcsrchr
#undef wcschrnul
#undef wcscspn
#undef wcsspn
#undef wcspbrk
#undef wcsstr
#undef wcstok
#undef wcslen
#undef wcswcs
#undef wcsnlen
#undef wmemchr
#undef wmemcmp
#undef wmemcpy
#undef wmemmove
#undef wmemset
#undef wmempcpy
#undef mbrtowc
#undef wcrtomb
#undef mbsrtowcs
#undef wcsrtombs
#undef mbsnrtowcs
#undef wcsnrtombs
#undef wcwidth
#undef wcswidth
#undef wcstod
#undef wcstof
#undef wcstold
#undef wcstol
#undef wcstoul
#undef wcstoll
#undef wcstoull
#undef wcstoq
#undef wcstouq
#undef wcstod_l
#undef wcstof_l
#undef wcstold_l
#undef wcstol_l
#undef wcstoul_l
#undef wcstoll_l
#undef wcstoull_l
#undef wcpcpy
#undef wcpncpy
#undef open_wmemstream
#undef fwprintf
#undef wprintf
#undef swprintf
#undef vfwprintf
#undef vwprintf
#undef vswprintf
#undef fwscanf
#undef wscanf
#undef swscanf
#undef vfwscanf
#undef vwscanf
#undef vswscanf
#undef fgetwc
#undef getwc
#undef getwchar
#undef fputwc
#undef putwc
#undef putwchar
#undef fgetws
#undef fputws
#undef ungetwc
#undef getwc_unlocked
#undef getwchar_unlocked
#undef fgetwc_unlocked
#undef fputwc_unlocked
#undef putwc_unlocked
#undef putwchar_unlocked
#undef fgetws_unlocked
#undef fputws_unlocked
#undef wcsftime
#undef wcsftime_l

#ifdef _LIBCPP_VERSION
#error "with -fshort-wchar, C++ needs libstdc++: the strings in libc++ have four bytes"
#endif
/* std::wstring is compiled into the plug-in: the one in the library has four bytes. */
#ifdef _GLIBCXX_EXTERN_TEMPLATE
#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0
#endif

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define WSMWIN_WIDE(name) __asm__("wsmwin_" #name) __attribute__((visibility("default")))
#define WSMWIN_ABSENT     __attribute__((error("has no version for a wchar_t of two bytes")))

#ifdef __cplusplus
extern "C" {
#endif

size_t wcslen(const wchar_t *text) WSMWIN_WIDE(wcslen);
size_t wcsnlen(const wchar_t *text, size_t most) WSMWIN_WIDE(wcsnlen);
wchar_t *wcscpy(wchar_t *to, const wchar_t *from) WSMWIN_WIDE(wcscpy);
wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t most) WSMWIN_WIDE(wcsncpy);
wchar_t *wcscat(wchar_t *to, const wchar_t *from) WSMWIN_WIDE(wcscat);
wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t most) WSMWIN_WIDE(wcsncat);
int wcscmp(const wchar_t *one, const wchar_t *two) WSMWIN_WIDE(wcscmp);
int wcsncmp(const wchar_t *one, const wchar_t *two, size_t most) WSMWIN_WIDE(wcsncmp);
int wcscoll(const wchar_t *one, const wchar_t *two) WSMWIN_WIDE(wcscmp);
size_t wcscspn(const wchar_t *text, const wchar_t *reject) WSMWIN_WIDE(wcscspn);
size_t wcsspn(const wchar_t *text, const wchar_t *accept) WSMWIN_WIDE(wcsspn);
wchar_t *wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **rest) WSMWIN_WIDE(wcstok);
wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t count) WSMWIN_WIDE(wmemcpy);
wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t count) WSMWIN_WIDE(wmemmove);
wchar_t *wmemset(wchar_t *to, wchar_t value, size_t count) WSMWIN_WIDE(wmemset);
int wmemcmp(const wchar_t *one, const wchar_t *two, size_t count) WSMWIN_WIDE(wmemcmp);

#ifdef __cplusplus
/* <cwchar> takes both forms of each from here and adds none. */
#ifndef __CORRECT_ISO_CPP_WCHAR_H_PROTO
#define __CORRECT_ISO_CPP_WCHAR_H_PROTO
#endif
extern "C++" {
#define WSMWIN_FIND(name, what)                                                            \
    wchar_t *name(wchar_t *text, what) __asm__("wsmwin_" #name);                           \
    const wchar_t *name(const wchar_t *text, what) __asm__("wsmwin_" #name);
WSMWIN_FIND(wcschr, wchar_t)
WSMWIN_FIND(wcsrchr, wchar_t)
WSMWIN_FIND(wcsstr, const wchar_t *)
WSMWIN_FIND(wcspbrk, const wchar_t *)
wchar_t *wmemchr(wchar_t *text, wchar_t value, size_t count) __asm__("wsmwin_wmemchr");
const wchar_t *wmemchr(const wchar_t *text, wchar_t value, size_t count) __asm__("wsmwin_wmemchr");
}
#else
wchar_t *wcschr(const wchar_t *text, wchar_t value) WSMWIN_WIDE(wcschr);
wchar_t *wcsrchr(const wchar_t *text, wchar_t value) WSMWIN_WIDE(wcsrchr);
wchar_t *wcsstr(const wchar_t *text, const wchar_t *what) WSMWIN_WIDE(wcsstr);
wchar_t *wcspbrk(const wchar_t *text, const wchar_t *accept) WSMWIN_WIDE(wcspbrk);
wchar_t *wmemchr(const wchar_t *text, wchar_t value, size_t count) WSMWIN_WIDE(wmemchr);
#endif

/*
 * `long` has 32 bits in the sources this is for. What does not fit becomes the value that is right
 * when it is stored in a LONG, DWORD or ULONG: 0x7fffffff, -0x80000000, or all bits; with ERANGE.
 */
long wcstol(const wchar_t *text, wchar_t **end, int base) WSMWIN_WIDE(wcstol);
unsigned long wcstoul(const wchar_t *text, wchar_t **end, int base) WSMWIN_WIDE(wcstoul);
long long wcstoll(const wchar_t *text, wchar_t **end, int base) WSMWIN_WIDE(wcstoll);
unsigned long long wcstoull(const wchar_t *text, wchar_t **end, int base) WSMWIN_WIDE(wcstoull);
double wcstod(const wchar_t *text, wchar_t **end) WSMWIN_WIDE(wcstod);
float wcstof(const wchar_t *text, wchar_t **end) WSMWIN_WIDE(wcstof);

/*
 * Formats are Microsoft's: %s, %c, %ls, %lc, %ws and %wc are wide, %S, %C, %hs and %hc are narrow
 * (UTF-8); %ld and %lu have 32 bits; %I64d, %I32d, %Id, %zd; %p is 16 digits; there is no %n.
 * swprintf and its variants return -1 for what does not fit, and end what they wrote with a NUL.
 */
int swprintf(wchar_t *to, size_t size, const wchar_t *format, ...) WSMWIN_WIDE(swprintf);
int vswprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list) WSMWIN_WIDE(vswprintf);
/* To a file as UTF-8. */
int wprintf(const wchar_t *format, ...) WSMWIN_WIDE(wprintf);
int vwprintf(const wchar_t *format, va_list list) WSMWIN_WIDE(vwprintf);
int fwprintf(FILE *file, const wchar_t *format, ...) WSMWIN_WIDE(fwprintf);
int vfwprintf(FILE *file, const wchar_t *format, va_list list) WSMWIN_WIDE(vfwprintf);
int fputws(const wchar_t *text, FILE *file) WSMWIN_WIDE(fputws);

size_t wcsxfrm(wchar_t *, const wchar_t *, size_t) WSMWIN_ABSENT;
long double wcstold(const wchar_t *, wchar_t **) WSMWIN_ABSENT;
size_t mbrtowc(wchar_t *, const char *, size_t, mbstate_t *) WSMWIN_ABSENT;
size_t wcrtomb(char *, wchar_t, mbstate_t *) WSMWIN_ABSENT;
size_t mbsrtowcs(wchar_t *, const char **, size_t, mbstate_t *) WSMWIN_ABSENT;
size_t wcsrtombs(char *, const wchar_t **, size_t, mbstate_t *) WSMWIN_ABSENT;
int fwscanf(FILE *, const wchar_t *, ...) WSMWIN_ABSENT;
int wscanf(const wchar_t *, ...) WSMWIN_ABSENT;
int swscanf(const wchar_t *, const wchar_t *, ...) WSMWIN_ABSENT;
int vfwscanf(FILE *, const wchar_t *, va_list) WSMWIN_ABSENT;
int vwscanf(const wchar_t *, va_list) WSMWIN_ABSENT;
int vswscanf(const wchar_t *, const wchar_t *, va_list) WSMWIN_ABSENT;
wint_t fgetwc(FILE *) WSMWIN_ABSENT;
wint_t getwc(FILE *) WSMWIN_ABSENT;
wint_t getwchar(void) WSMWIN_ABSENT;
wint_t fputwc(wchar_t, FILE *) WSMWIN_ABSENT;
wint_t putwc(wchar_t, FILE *) WSMWIN_ABSENT;
wint_t putwchar(wchar_t) WSMWIN_ABSENT;
wint_t ungetwc(wint_t, FILE *) WSMWIN_ABSENT;
wchar_t *fgetws(wchar_t *, int, FILE *) WSMWIN_ABSENT;
size_t wcsftime(wchar_t *, size_t, const wchar_t *, const struct tm *) WSMWIN_ABSENT;

/* What Microsoft's has besides. Case is that of ASCII, as in the C locale. */

#ifndef _TRUNCATE
#define _TRUNCATE ((size_t)-1)
#endif
#define STRUNCATE 80

int _wcsicmp(const wchar_t *one, const wchar_t *two) WSMWIN_WIDE(_wcsicmp);
int _wcsnicmp(const wchar_t *one, const wchar_t *two, size_t most) WSMWIN_WIDE(_wcsnicmp);
wchar_t *_wcsdup(const wchar_t *text) WSMWIN_WIDE(_wcsdup);
wchar_t *_wcslwr(wchar_t *text) WSMWIN_WIDE(_wcslwr);
wchar_t *_wcsupr(wchar_t *text) WSMWIN_WIDE(_wcsupr);

/*
 * The secure ones return 0; EINVAL, ERANGE or with _TRUNCATE STRUNCATE, and with an error leave
 * the empty text. They do not end the process, as Windows does unless a handler is set.
 */
int wcscpy_s(wchar_t *to, size_t size, const wchar_t *from) WSMWIN_WIDE(wcscpy_s);
int wcscat_s(wchar_t *to, size_t size, const wchar_t *from) WSMWIN_WIDE(wcscat_s);
int wcsncpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t most) WSMWIN_WIDE(wcsncpy_s);
int wcsncat_s(wchar_t *to, size_t size, const wchar_t *from, size_t most) WSMWIN_WIDE(wcsncat_s);
int wmemcpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t count) WSMWIN_WIDE(wmemcpy_s);
int swprintf_s(wchar_t *to, size_t size, const wchar_t *format, ...) WSMWIN_WIDE(swprintf_s);
int vswprintf_s(wchar_t *to, size_t size, const wchar_t *format, va_list list)
    WSMWIN_WIDE(vswprintf_s);
/* What does not fit is cut: -1, and the text may have no NUL, as documented for these two. */
int _snwprintf(wchar_t *to, size_t size, const wchar_t *format, ...) WSMWIN_WIDE(_snwprintf);
int _vsnwprintf(wchar_t *to, size_t size, const wchar_t *format, va_list list)
    WSMWIN_WIDE(_vsnwprintf);
int _snwprintf_s(wchar_t *to, size_t size, size_t most, const wchar_t *format, ...)
    WSMWIN_WIDE(_snwprintf_s);
int _vsnwprintf_s(wchar_t *to, size_t size, size_t most, const wchar_t *format, va_list list)
    WSMWIN_WIDE(_vsnwprintf_s);
/* How long the result would be. */
int _scwprintf(const wchar_t *format, ...) WSMWIN_WIDE(_scwprintf);
int _vscwprintf(const wchar_t *format, va_list list) WSMWIN_WIDE(_vscwprintf);

int _wtoi(const wchar_t *text) WSMWIN_WIDE(_wtoi);
long long _wtoi64(const wchar_t *text) WSMWIN_WIDE(_wtoi64);
int _itow_s(int number, wchar_t *to, size_t size, int base) WSMWIN_WIDE(_itow_s);

#ifdef __cplusplus
}
/* The forms that see the size of an array. */
template <size_t N> inline int wcscpy_s(wchar_t (&to)[N], const wchar_t *from)
{
    return wcscpy_s(to, N, from);
}
template <size_t N> inline int wcscat_s(wchar_t (&to)[N], const wchar_t *from)
{
    return wcscat_s(to, N, from);
}
template <size_t N> inline int wcsncpy_s(wchar_t (&to)[N], const wchar_t *from, size_t most)
{
    return wcsncpy_s(to, N, from, most);
}
template <size_t N, typename... Arguments>
inline int swprintf_s(wchar_t (&to)[N], const wchar_t *format, Arguments... arguments)
{
    return swprintf_s(to, N, format, arguments...);
}
template <size_t N, typename... Arguments>
inline int _snwprintf_s(wchar_t (&to)[N], size_t most, const wchar_t *format, Arguments... arguments)
{
    return _snwprintf_s(to, N, most, format, arguments...);
}
#endif

#define wcsnlen_s(text, most)           ((text) != NULL ? wcsnlen((text), (most)) : 0)
#define wcstok_s(text, delimiters, rest) wcstok((text), (delimiters), (rest))
#define _wtol(text)                     _wtoi(text)
#define _wcstoi64                       wcstoll
#define _wcstoui64                      wcstoull
#define wcsicmp                         _wcsicmp
#define wcsnicmp                        _wcsnicmp

#endif
