/* SPDX-License-Identifier: ISC */

/*
 * The UI language of a thread. The host sets it to that of the request around each entry point; on
 * all other threads it is en-US. It cannot be set: a text for a client is made in the call, or the
 * language is passed on.
 */

#ifndef WSMWIN_LANGUAGES_H
#define WSMWIN_LANGUAGES_H

#define MUI_LANGUAGE_ID           0x04
#define MUI_LANGUAGE_NAME         0x08
#define MUI_MERGE_SYSTEM_FALLBACK 0x10
#define MUI_MERGE_USER_FALLBACK   0x20
#define MUI_UI_FALLBACK           (MUI_MERGE_SYSTEM_FALLBACK | MUI_MERGE_USER_FALLBACK)
#define MUI_THREAD_LANGUAGES      0x40

#define LOCALE_NAME_MAX_LENGTH    85
#define LOCALE_CUSTOM_UNSPECIFIED 0x1000

typedef WCHAR *PZZWSTR;
typedef const WCHAR *PCZZWSTR;

WSMWIN_BEGIN

/*
 * One language, by its name, with two NULs behind it. `flags`: MUI_LANGUAGE_NAME (holds without it
 * too), MUI_THREAD_LANGUAGES; FALSE with ERROR_INVALID_PARAMETER for any other, because there are
 * neither identifiers as texts nor languages to fall back to. `size`: in units with both NULs; NULL
 * and 0 ask for it, and ERROR_INSUFFICIENT_BUFFER tells it.
 */
BOOL WINAPI GetThreadPreferredUILanguages(DWORD flags, PULONG count, PZZWSTR languages,
                                          PULONG size) WSMWIN(GetThreadPreferredUILanguages);
/* LOCALE_CUSTOM_UNSPECIFIED for a language that Microsoft has no number for. */
LANGID WINAPI GetThreadUILanguage(void) WSMWIN(GetThreadUILanguage);
/* Always en-US: those of the service, whatever a client asks for. */
LANGID WINAPI GetUserDefaultUILanguage(void) WSMWIN(GetUserDefaultUILanguage);
LANGID WINAPI GetSystemDefaultUILanguage(void) WSMWIN(GetSystemDefaultUILanguage);

WSMWIN_END

#endif
