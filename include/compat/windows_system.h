/* SPDX-License-Identifier: ISC */

/* Errors, debug output, clocks, names of the machine and the environment. */

#ifndef WSMWIN_SYSTEM_H
#define WSMWIN_SYSTEM_H

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS  0x00000200
#define FORMAT_MESSAGE_FROM_STRING     0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE    0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM     0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY  0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK  0x000000FF

#define MAX_COMPUTERNAME_LENGTH 64

WSMWIN_BEGIN

/* Of the calling thread. Only a function that fails sets it. */
DWORD WINAPI GetLastError(void) WSMWIN(GetLastError);
VOID WINAPI SetLastError(DWORD code) WSMWIN(SetLastError);

/* A line of standard error, which is winrmd's. */
VOID WINAPI OutputDebugStringW(LPCWSTR text) WSMWIN(OutputDebugStringW);
VOID WINAPI OutputDebugStringA(LPCSTR text) WSMWIN(OutputDebugStringA);
BOOL WINAPI IsDebuggerPresent(void) WSMWIN(IsDebuggerPresent);

/*
 * There are no message texts: 0 with ERROR_MR_MID_NOT_FOUND, as for a code that Windows does not
 * know. With FORMAT_MESSAGE_ALLOCATE_BUFFER the pointer becomes NULL.
 */
DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD messageId, DWORD languageId,
                            LPWSTR buffer, DWORD size, va_list *arguments) WSMWIN(FormatMessageW);

/* Milliseconds since the system began. */
DWORD WINAPI GetTickCount(void) WSMWIN(GetTickCount);
ULONGLONG WINAPI GetTickCount64(void) WSMWIN(GetTickCount64);
/* Nanoseconds. */
BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *count) WSMWIN(QueryPerformanceCounter);
BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency) WSMWIN(QueryPerformanceFrequency);
/* A FILETIME counts 100 ns since 1601, in UTC. */
VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME time) WSMWIN(GetSystemTimeAsFileTime);
VOID WINAPI GetSystemTime(LPSYSTEMTIME time) WSMWIN(GetSystemTime);
VOID WINAPI GetLocalTime(LPSYSTEMTIME time) WSMWIN(GetLocalTime);
BOOL WINAPI FileTimeToSystemTime(const FILETIME *file, LPSYSTEMTIME time)
    WSMWIN(FileTimeToSystemTime);
BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME file)
    WSMWIN(SystemTimeToFileTime);

/* `size`: in units with the NUL; set to the length, or with ERROR_MORE_DATA to what is needed. */
BOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD size) WSMWIN(GetComputerNameW);
/* The length; or the size needed with the NUL; or 0 with ERROR_ENVVAR_NOT_FOUND. */
DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
    WSMWIN(GetEnvironmentVariableW);

WSMWIN_END

#define OutputDebugString      OutputDebugStringW
#define FormatMessage          FormatMessageW
#define GetComputerName        GetComputerNameW
#define GetEnvironmentVariable GetEnvironmentVariableW

#endif
