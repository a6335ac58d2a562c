/* SPDX-License-Identifier: ISC */

#include <windows.h>

#include <errno.h>
#include <stdbool.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "windows/object.h"

static _Thread_local DWORD last_error;

DWORD WINAPI GetLastError(void)
{
    return last_error;
}

VOID WINAPI SetLastError(DWORD code)
{
    last_error = code;
}

BOOL WINAPI DisableThreadLibraryCalls(HMODULE module)
{
    (void)module;
    return TRUE;
}

/* ---- texts to and from the system ---- */

/* UTF-8 in memory of its own, or NULL. */
static char *narrow_new(LPCWSTR text)
{
    int size = text != NULL ? WideCharToMultiByte(CP_UTF8, 0, text, -1, NULL, 0, NULL, NULL) : 0;
    char *narrow = size > 0 ? malloc((size_t)size) : NULL;

    if (narrow != NULL)
        WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, size, NULL, NULL);
    return narrow;
}

VOID WINAPI OutputDebugStringA(LPCSTR text)
{
    size_t length = text != NULL ? strlen(text) : 0;

    if (length != 0)
        fprintf(stderr, "%s%s", text, text[length - 1] == '\n' ? "" : "\n");
}

VOID WINAPI OutputDebugStringW(LPCWSTR text)
{
    char *narrow = narrow_new(text);

    OutputDebugStringA(narrow);
    free(narrow);
}

BOOL WINAPI IsDebuggerPresent(void)
{
    return FALSE;
}

DWORD WINAPI FormatMessageW(DWORD flags, LPCVOID source, DWORD messageId, DWORD languageId,
                            LPWSTR buffer, DWORD size, va_list *arguments)
{
    (void)source;
    (void)messageId;
    (void)languageId;
    (void)arguments;
    if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0 && buffer != NULL)
        *(LPWSTR *)(void *)buffer = NULL; /* it is really a pointer's address */
    else if (buffer != NULL && size > 0)
        buffer[0] = 0;
    SetLastError((flags & FORMAT_MESSAGE_FROM_SYSTEM) != 0 ? ERROR_MR_MID_NOT_FOUND
                                                           : ERROR_NOT_SUPPORTED);
    return 0;
}

BOOL WINAPI GetComputerNameW(LPWSTR buffer, LPDWORD size)
{
    char name[MAX_COMPUTERNAME_LENGTH + 1] = "";
    WCHAR wide[MAX_COMPUTERNAME_LENGTH + 1];
    DWORD needed;

    if (size == NULL || gethostname(name, sizeof(name) - 1) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    needed = (DWORD)MultiByteToWideChar(CP_UTF8, 0, name, -1, wide, (int)ARRAYSIZE(wide));
    if (buffer == NULL || *size < needed) {
        *size = needed;
        SetLastError(ERROR_MORE_DATA);
        return FALSE;
    }
    wcscpy(buffer, wide);
    *size = needed - 1;
    return TRUE;
}

DWORD WINAPI GetEnvironmentVariableW(LPCWSTR name, LPWSTR buffer, DWORD size)
{
    char *narrow = narrow_new(name);
    const char *value = narrow != NULL ? getenv(narrow) : NULL;
    DWORD needed;

    free(narrow);
    if (value == NULL) {
        SetLastError(ERROR_ENVVAR_NOT_FOUND);
        return 0;
    }
    needed = (DWORD)MultiByteToWideChar(CP_UTF8, 0, value, -1, NULL, 0);
    if (buffer == NULL || size < needed)
        return needed;
    SetLastError(NO_ERROR); /* the length of an empty value is 0 too */
    return (DWORD)MultiByteToWideChar(CP_UTF8, 0, value, -1, buffer, (int)size) - 1;
}

int _wfopen_s(FILE **file, const wchar_t *path, const wchar_t *mode)
{
    char *narrow_path = narrow_new(path);
    char *narrow_mode = narrow_new(mode);
    int error = EINVAL;

    if (file != NULL)
        *file = NULL;
    if (file != NULL && narrow_path != NULL && narrow_mode != NULL)
        error = fopen_s(file, narrow_path, narrow_mode);
    free(narrow_path);
    free(narrow_mode);
    return error;
}

FILE *_wfopen(const wchar_t *path, const wchar_t *mode)
{
    FILE *file = NULL;
    int error = _wfopen_s(&file, path, mode);

    if (error != 0)
        errno = error;
    return file;
}

/* Microsoft's "t" (text) means nothing here and stands behind the letters of the standard. */
int fopen_s(FILE **file, const char *path, const char *mode)
{
    char standard[16] = "";
    size_t length = 0;

    if (file == NULL || path == NULL || mode == NULL)
        return EINVAL;
    for (; *mode != '\0' && *mode != ',' && length < sizeof(standard) - 1; mode++)
        if (strchr("rwab+x", *mode) != NULL)
            standard[length++] = *mode;
    *file = fopen(path, standard);
    return *file != NULL ? 0 : errno;
}

/* ---- clocks ---- */

enum { TICKS_A_SECOND = 10000000 };
static const int64_t epoch = 11644473600; /* seconds from 1601 to 1970 */

ULONGLONG WINAPI GetTickCount64(void)
{
    return (ULONGLONG)clock_nanoseconds() / 1000000;
}

DWORD WINAPI GetTickCount(void)
{
    return (DWORD)GetTickCount64();
}

BOOL WINAPI QueryPerformanceCounter(LARGE_INTEGER *count)
{
    count->QuadPart = clock_nanoseconds();
    return TRUE;
}

BOOL WINAPI QueryPerformanceFrequency(LARGE_INTEGER *frequency)
{
    frequency->QuadPart = 1000000000;
    return TRUE;
}

static void file_time(LPFILETIME file, uint64_t ticks)
{
    file->dwLowDateTime = (DWORD)ticks;
    file->dwHighDateTime = (DWORD)(ticks >> 32);
}

VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME time)
{
    struct timespec now = clock_today();

    file_time(time, (uint64_t)((int64_t)now.tv_sec + epoch) * TICKS_A_SECOND +
                        (uint64_t)now.tv_nsec / 100);
}

static void system_time(LPSYSTEMTIME time, const struct tm *parts, long milliseconds)
{
    *time = (SYSTEMTIME){.wYear = (WORD)(parts->tm_year + 1900),
                         .wMonth = (WORD)(parts->tm_mon + 1),
                         .wDayOfWeek = (WORD)parts->tm_wday,
                         .wDay = (WORD)parts->tm_mday,
                         .wHour = (WORD)parts->tm_hour,
                         .wMinute = (WORD)parts->tm_min,
                         .wSecond = (WORD)parts->tm_sec,
                         .wMilliseconds = (WORD)milliseconds};
}

static void now_as(LPSYSTEMTIME time, bool local)
{
    struct timespec now = clock_today();
    struct tm parts;

    if (local)
        localtime_r(&now.tv_sec, &parts);
    else
        gmtime_r(&now.tv_sec, &parts);
    system_time(time, &parts, now.tv_nsec / 1000000);
}

VOID WINAPI GetSystemTime(LPSYSTEMTIME time)
{
    now_as(time, false);
}

VOID WINAPI GetLocalTime(LPSYSTEMTIME time)
{
    now_as(time, true);
}

BOOL WINAPI FileTimeToSystemTime(const FILETIME *file, LPSYSTEMTIME time)
{
    uint64_t ticks = (uint64_t)file->dwHighDateTime << 32 | file->dwLowDateTime;
    time_t seconds = (time_t)(ticks / TICKS_A_SECOND) - (time_t)epoch;
    struct tm parts;

    if (ticks >> 63 != 0 || gmtime_r(&seconds, &parts) == NULL || parts.tm_year > 30827 - 1900) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    system_time(time, &parts, (long)(ticks % TICKS_A_SECOND / 10000));
    return TRUE;
}

BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *time, LPFILETIME file)
{
    struct tm parts = {.tm_year = time->wYear - 1900,
                       .tm_mon = time->wMonth - 1,
                       .tm_mday = time->wDay,
                       .tm_hour = time->wHour,
                       .tm_min = time->wMinute,
                       .tm_sec = time->wSecond};
    struct tm asked = parts;
    time_t seconds = timegm(&parts);

    /* timegm() takes the 31st of June for the 1st of July. */
    if (time->wYear < 1601 || time->wYear > 30827 || time->wMilliseconds > 999 ||
        parts.tm_mon != asked.tm_mon || parts.tm_mday != asked.tm_mday ||
        parts.tm_hour != asked.tm_hour || parts.tm_min != asked.tm_min ||
        parts.tm_sec != asked.tm_sec) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    file_time(file, (uint64_t)(seconds + epoch) * TICKS_A_SECOND + time->wMilliseconds * 10000U);
    return TRUE;
}

/* ---- GUIDs ---- */

HRESULT WINAPI CoCreateGuid(GUID *guid)
{
    if (getrandom(guid, sizeof(*guid), 0) != (ssize_t)sizeof(*guid))
        return E_FAIL;
    guid->Data3 = (uint16_t)((guid->Data3 & 0x0fff) | 0x4000);
    guid->Data4[0] = (uint8_t)((guid->Data4[0] & 0x3f) | 0x80);
    return S_OK;
}

RPC_STATUS UuidCreate(UUID *uuid)
{
    return CoCreateGuid(uuid) == S_OK ? RPC_S_OK : (RPC_STATUS)ERROR_GEN_FAILURE;
}

int WINAPI StringFromGUID2(REFGUID guid, PWSTR text, int size)
{
    if (text == NULL || size < 39)
        return 0;
    return swprintf(text, (size_t)size, L"{%08X-%04X-%04X-%02X%02X-%02X%02X%02X%02X%02X%02X}",
                    guid->Data1, guid->Data2, guid->Data3, guid->Data4[0], guid->Data4[1],
                    guid->Data4[2], guid->Data4[3], guid->Data4[4], guid->Data4[5], guid->Data4[6],
                    guid->Data4[7]) +
           1;
}
