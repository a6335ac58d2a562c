/* SPDX-License-Identifier: ISC */

/*
 * The scalar types that WS-Management plug-in sources are written with.
 *
 * Windows is LLP64: its `long` has four bytes, the one of Linux has eight. So nothing here is built
 * on `long`, and structures made of these types have the same sizes and offsets as on 64-bit
 * Windows.
 *
 * Text is UTF-16 in native byte order, always, in one of two compile modes which give the same
 * binary interface:
 *
 *   default           WCHAR is char16_t, literals are u"..."
 *   -fshort-wchar     WCHAR is wchar_t,  literals are L"..." (sources written for Windows)
 *
 * WSMAN_TEXT("...") is a literal in either mode. In the second mode the C library's own wide
 * functions (wcslen and its family) still believe in four bytes and must not be called.
 *
 * Every name is guarded, so that this header and a windows.h of some other origin can meet in one
 * translation unit as long as they agree.
 */

#ifndef WSMAN_TYPES_H
#define WSMAN_TYPES_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__SIZEOF_WCHAR_T__)
#error "wsman.h needs gcc, clang or another compiler that defines __SIZEOF_WCHAR_T__"
#endif

#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define WSMAN_TEXT_(literal) L##literal
#else
#ifndef __cplusplus
#include <uchar.h>
#endif
typedef char16_t WCHAR;
#define WSMAN_TEXT_(literal) u##literal
#endif
#define WSMAN_TEXT(literal) WSMAN_TEXT_(literal)

#ifdef __cplusplus
static_assert(sizeof(WCHAR) == 2, "a WCHAR is one UTF-16 code unit");
static_assert(sizeof(void *) == 8, "only 64-bit platforms are supported");
#else
_Static_assert(sizeof(WCHAR) == 2, "a WCHAR is one UTF-16 code unit");
_Static_assert(sizeof(void *) == 8, "only 64-bit platforms are supported");
#endif

typedef uint8_t BYTE;
typedef uint8_t BOOLEAN;
typedef uint16_t WORD;
typedef uint16_t USHORT;
typedef uint32_t DWORD;
typedef uint32_t ULONG;
typedef uint32_t UINT;
typedef int32_t LONG;
typedef int32_t INT;
typedef int32_t HRESULT;
typedef int32_t BOOL; /* any value but zero counts as true on input */

typedef WCHAR *PWSTR;
typedef WCHAR *LPWSTR;
typedef const WCHAR *PCWSTR;
typedef const WCHAR *LPCWSTR;

#ifndef VOID
#define VOID void
#endif
typedef void *PVOID;
typedef void *LPVOID;
typedef void *HANDLE;
typedef void *HINSTANCE;
typedef void *HMODULE;

#ifndef TRUE
#define TRUE 1
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((HANDLE)(intptr_t)-1)
#endif

/* The platform's own calling convention serves; the words stay so that sources stay. */
#ifndef WINAPI
#define WINAPI
#endif
#ifndef CALLBACK
#define CALLBACK
#endif

#endif
