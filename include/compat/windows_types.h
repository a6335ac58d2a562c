/* SPDX-License-Identifier: ISC */

/* The types of windef.h, winnt.h and basetsd.h that wsman_types.h has not, and DllMain. */

#ifndef WSMWIN_TYPES_H
#define WSMWIN_TYPES_H

typedef char CHAR, CCHAR;
typedef unsigned char UCHAR;
typedef short SHORT;
typedef int8_t INT8;
typedef int16_t INT16;
typedef int32_t INT32, LONG32;
typedef int64_t INT64, LONG64, LONGLONG;
typedef uint8_t UINT8;
typedef uint16_t UINT16;
typedef uint32_t UINT32, ULONG32, DWORD32;
typedef uint64_t UINT64, ULONG64, DWORD64, ULONGLONG, DWORDLONG, QWORD;
typedef intptr_t INT_PTR, LONG_PTR;
typedef uintptr_t UINT_PTR, ULONG_PTR, DWORD_PTR, WPARAM;
typedef intptr_t LPARAM, LRESULT;
typedef size_t SIZE_T;
typedef ptrdiff_t SSIZE_T;
typedef float FLOAT;
typedef double DOUBLE;
typedef WORD ATOM, LANGID;
typedef DWORD LCID, ACCESS_MASK, LCTYPE;
typedef int errno_t;
typedef size_t rsize_t;

typedef CHAR *PCHAR, *PSTR, *LPSTR, *PSZ, *LPCH;
typedef const CHAR *PCSTR, *LPCSTR, *PCSZ;
typedef WCHAR *PWCHAR, *PWCH, *LPWCH;
typedef const WCHAR *PCWCH, *LPCWCH;
typedef PWSTR *PZPWSTR;
typedef BYTE *PBYTE, *LPBYTE;
typedef UCHAR *PUCHAR;
typedef BOOL *PBOOL, *LPBOOL;
typedef BOOLEAN *PBOOLEAN;
typedef WORD *PWORD, *LPWORD;
typedef SHORT *PSHORT;
typedef USHORT *PUSHORT;
typedef INT *PINT, *LPINT;
typedef UINT *PUINT;
typedef LONG *PLONG, *LPLONG;
typedef ULONG *PULONG;
typedef DWORD *PDWORD, *LPDWORD;
typedef LONGLONG *PLONGLONG;
typedef ULONGLONG *PULONGLONG;
typedef SIZE_T *PSIZE_T;
typedef ULONG_PTR *PULONG_PTR;
typedef DWORD_PTR *PDWORD_PTR;
typedef HANDLE *PHANDLE, *LPHANDLE;
typedef const void *LPCVOID, *PCVOID;
typedef HANDLE HGLOBAL, HLOCAL;
typedef INT_PTR(WINAPI *FARPROC)(void);

/* Unicode is the only character set that wsman.h knows. */
typedef WCHAR TCHAR, _TCHAR, *PTCHAR, TBYTE;
typedef PWSTR PTSTR, LPTSTR;
typedef PCWSTR PCTSTR, LPCTSTR;
#define __TEXT(literal) L##literal
#define TEXT(literal)   __TEXT(literal)

typedef union _LARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        LONG HighPart;
    };
    struct {
        DWORD LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    __extension__ struct {
        DWORD LowPart;
        DWORD HighPart;
    };
    struct {
        DWORD LowPart;
        DWORD HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
    WORD wYear;
    WORD wMonth;
    WORD wDayOfWeek;
    WORD wDay;
    WORD wHour;
    WORD wMinute;
    WORD wSecond;
    WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

/* Taken where Windows takes it, and has to be NULL: there are no security descriptors here. */
typedef struct _SECURITY_ATTRIBUTES {
    DWORD nLength;
    LPVOID lpSecurityDescriptor;
    BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#define MAXBYTE     0xff
#define MAXWORD     0xffff
#define MAXSHORT    0x7fff
#define MAXLONG     0x7fffffff
#define MAXDWORD    0xffffffffU
#define MAXULONG    0xffffffffU
#define MAXUINT     0xffffffffU
#define MAXINT      0x7fffffff
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL    ((CHAR)0)

#define LOWORD(number)     ((WORD)((DWORD_PTR)(number)&0xffff))
#define HIWORD(number)     ((WORD)(((DWORD_PTR)(number) >> 16) & 0xffff))
#define LOBYTE(number)     ((BYTE)((DWORD_PTR)(number)&0xff))
#define HIBYTE(number)     ((BYTE)(((DWORD_PTR)(number) >> 8) & 0xff))
#define MAKEWORD(low, high) ((WORD)((BYTE)(low) | (WORD)((BYTE)(high)) << 8))
#define MAKELONG(low, high) ((LONG)((WORD)(low) | (DWORD)((WORD)(high)) << 16))
#define MAKELANGID(primary, sub) ((WORD)((WORD)(sub) << 10 | (WORD)(primary)))
#define LANG_NEUTRAL         0x00
#define LANG_ENGLISH         0x09
#define SUBLANG_NEUTRAL      0x00
#define SUBLANG_DEFAULT      0x01
#define SUBLANG_ENGLISH_US   0x01
#define LOCALE_USER_DEFAULT   0x0400
#define LOCALE_SYSTEM_DEFAULT 0x0800
#define LOCALE_INVARIANT      0x007f
#define HandleToUlong(handle) ((ULONG)(ULONG_PTR)(handle))
#define HandleToULong(handle) ((ULONG)(ULONG_PTR)(handle))
#define ULongToHandle(number) ((HANDLE)(ULONG_PTR)(ULONG)(number))
#define PtrToUlong(pointer)   ((ULONG)(ULONG_PTR)(pointer))
#define UlongToPtr(number)    ((VOID *)(ULONG_PTR)(ULONG)(number))

/*
 * The host calls an exported DllMain once, with DLL_PROCESS_ATTACH, after the library's static
 * objects are constructed and before WSManPluginStartup; FALSE refuses to load. There are no calls
 * for threads, and none at the end: the process ends without unloading the library.
 */
#define DLL_PROCESS_DETACH 0
#define DLL_PROCESS_ATTACH 1
#define DLL_THREAD_ATTACH  2
#define DLL_THREAD_DETACH  3

WSMWIN_BEGIN
__attribute__((visibility("default"))) BOOL WINAPI DllMain(HINSTANCE module, DWORD reason,
                                                           LPVOID reserved);
/* Always TRUE: no library here is told of threads. */
BOOL WINAPI DisableThreadLibraryCalls(HMODULE module) WSMWIN(DisableThreadLibraryCalls);
WSMWIN_END

#endif
