/* SPDX-License-Identifier: ISC */

/* The UI language of the calling thread, as the host tells it. */

#include <windows.h>

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS
#include <wsman.h>
#include <wsman_linux.h>

#include "languages.h"

enum { DEFAULT_LANGID = 0x0409 };

struct language {
    LPCWSTR name;
    LANGID identifier;
};

static const struct language languages[] = {
#define L(name, identifier) {TEXT(name), identifier},
    LANGUAGES_TABLE(L)
#undef L
};

/* Outside of winrmd-host nobody tells it. */
static void thread_language(WCHAR name[LOCALE_NAME_MAX_LENGTH])
{
    DWORD room = LOCALE_NAME_MAX_LENGTH;

    if (WSManLinuxGetThreadLanguage(name, &room) != NO_ERROR)
        wcscpy_s(name, LOCALE_NAME_MAX_LENGTH, L"en-US");
}

BOOL WINAPI GetThreadPreferredUILanguages(DWORD flags, PULONG count, PZZWSTR buffer, PULONG size)
{
    WCHAR name[LOCALE_NAME_MAX_LENGTH];
    ULONG needed;
    ULONG room;

    if (count == NULL || size == NULL || (buffer == NULL && *size != 0) ||
        (flags & ~(DWORD)(MUI_LANGUAGE_NAME | MUI_THREAD_LANGUAGES)) != 0) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    thread_language(name);
    room = *size;
    needed = (ULONG)wcslen(name) + 2;
    *count = 1;
    *size = needed;
    if (buffer == NULL)
        return TRUE;
    if (room < needed) {
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
        return FALSE;
    }
    memcpy(buffer, name, (needed - 1) * sizeof(WCHAR));
    buffer[needed - 1] = 0;
    return TRUE;
}

LANGID WINAPI GetThreadUILanguage(void)
{
    WCHAR name[LOCALE_NAME_MAX_LENGTH];

    thread_language(name);
    for (size_t i = 0; i < ARRAYSIZE(languages); i++)
        if (_wcsicmp(languages[i].name, name) == 0)
            return languages[i].identifier;
    return LOCALE_CUSTOM_UNSPECIFIED;
}

LANGID WINAPI GetUserDefaultUILanguage(void)
{
    return DEFAULT_LANGID;
}

LANGID WINAPI GetSystemDefaultUILanguage(void)
{
    return DEFAULT_LANGID;
}
