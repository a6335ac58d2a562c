/* SPDX-License-Identifier: ISC */

/* Texts, numbers, memory and clocks of libwsmsvc-windows, by Microsoft's pages of each function. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <windows.h>

#include <strsafe.h>

#define WSMAN_API_VERSION_1_1
#define WSMAN_NO_ENTRY_POINTS
#include <wsman.h>
#include <wsman_linux.h>

static void assert_wide(const WCHAR *got, const WCHAR *wanted)
{
    char narrow[256] = "";

    if (wcscmp(got, wanted) == 0)
        return;
    WideCharToMultiByte(CP_UTF8, 0, got, -1, narrow, sizeof(narrow), NULL, NULL);
    fail_msg("got \"%s\"", narrow);
}

static void units_have_two_bytes(void **state)
{
    WCHAR text[16] = L"one,two,,three";
    WCHAR *rest = NULL;
    WCHAR *end = NULL;

    (void)state;
    assert_int_equal(wcslen(L"\U0001F600x"), 3);
    assert_true(wcscmp(L"ab", L"ac") < 0 && wcsncmp(L"abX", L"abY", 2) == 0);
    assert_true(_wcsicmp(L"ReAd", L"rEaD") == 0 && _wcsicmp(L"\u00c4", L"\u00e4") != 0);
    assert_true(lstrcmpiW(L"\u00c4b", L"\u00e4B") == 0 && lstrcmpW(L"a", NULL) > 0);
    assert_int_equal(CompareStringOrdinal(L"b", 1, L"A", -1, TRUE), CSTR_GREATER_THAN);
    assert_wide(wcsstr(text, L"two"), L"two,,three");
    assert_wide(wcsrchr(text, L','), L",three");
    assert_wide(wcstok(text, L",", &rest), L"one");
    assert_wide(wcstok(NULL, L",", &rest), L"two");
    assert_wide(wcstok(NULL, L",", &rest), L"three");
    assert_null(wcstok(NULL, L",", &rest));
    assert_int_equal(wcstol(L" -0x1fz", &end, 16), -31);
    assert_wide(end, L"z");
    assert_int_equal((DWORD)wcstoul(L"4294967296", NULL, 10), 0xFFFFFFFF);
    assert_int_equal((LONG)wcstol(L"99999999999", NULL, 10), 0x7FFFFFFF);
    assert_true(wcstoull(L"18446744073709551615", NULL, 0) == UINT64_MAX);
    assert_true(wcstod(L"2.5e1x", &end) == 25.0);
    assert_wide(end, L"x");
}

static void formats_are_microsoft_s(void **state)
{
    WCHAR text[64];
    DWORD number = 4000000000U;

    (void)state;
    assert_int_equal(swprintf_s(text, 64, L"%s|%S|%hs|%ls|%c", L"w", "n", "h", L"l", L'\u20ac'), 9);
    assert_wide(text, L"w|n|h|l|\u20ac");
    swprintf_s(text, 64, L"%lu %ld %d %#x %I64u %5.1f", number, -2, -1, 255, 1ULL << 40, 2.25);
    assert_wide(text, L"4000000000 -2 -1 0xff 1099511627776   2.2");
    swprintf_s(text, 64, L"[%-5s][%5.2s][%05d][%*d]%%", L"ab", L"xyz", 42, 4, 7);
    assert_wide(text, L"[ab   ][   xy][00042][   7]%");
    swprintf_s(text, 64, L"%p %s", (void *)0xABC, (WCHAR *)NULL);
    assert_wide(text, L"0000000000000ABC (null)");
    assert_int_equal(swprintf_s(text, 4, L"%s", L"long"), -1);
    assert_wide(text, L"");
    assert_int_equal(_snwprintf_s(text, 4, _TRUNCATE, L"%s", L"long"), -1);
    assert_wide(text, L"lon");
    assert_int_equal(_scwprintf(L"%d", 12345), 5);
    assert_int_equal(_snwprintf(NULL, 0, L"%d", 12345), 5);
    assert_int_equal(_snwprintf(NULL, 4, L"%d", 12345), -1);
    assert_int_equal(swprintf(NULL, 4, L"%d", 1), -1);
    assert_int_equal(swprintf_s(text, 64, L"%n", &number), -1);
    assert_int_equal(StringCchPrintf(text, 4, L"%d", 123), S_OK);
    assert_int_equal(StringCchPrintf(text, 4, L"%d", 1234), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_wide(text, L"123");
}

static void secure_functions_leave_the_empty_text(void **state)
{
    WCHAR text[4] = L"abc";
    char narrow[4];

    (void)state;
    assert_int_equal(wcscpy_s(text, 4, L"1234"), ERANGE);
    assert_wide(text, L"");
    assert_int_equal(wcsncpy_s(text, 4, L"1234", _TRUNCATE), STRUNCATE);
    assert_wide(text, L"123");
    assert_int_equal(wcscat_s(text, 4, L"4"), ERANGE);
    assert_wide(text, L"");
    assert_int_equal(StringCchCopy(text, 4, L"abcdef"), STRSAFE_E_INSUFFICIENT_BUFFER);
    assert_wide(text, L"abc");
    assert_int_equal(strcpy_s(narrow, sizeof(narrow), "abcd"), ERANGE);
    assert_string_equal(narrow, "");
    assert_int_equal(sprintf_s(narrow, sizeof(narrow), "%d", 12), 2);
    /* Of the two that copy bytes only one leaves what was there. */
    assert_int_equal(memmove_s(narrow, sizeof(narrow), "abcde", 5), ERANGE);
    assert_int_equal(memmove_s(narrow, sizeof(narrow), NULL, 1), EINVAL);
    assert_string_equal(narrow, "12");
    assert_int_equal(memcpy_s(narrow, sizeof(narrow), "abcde", 5), ERANGE);
    assert_memory_equal(narrow, "\0\0\0", 4);
    wcscpy_s(text, 4, L"abc");
    assert_int_equal(wmemcpy_s(text, 4, L"abcd", 5), ERANGE);
    assert_memory_equal(text, L"\0\0\0", sizeof(text));
}

static void conversions_repair_or_refuse(void **state)
{
    WCHAR wide[16];
    char narrow[16];

    (void)state;
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "\xf0\x9f\x98\x80", -1, wide, 16), 3);
    assert_wide(wide, L"\U0001F600");
    assert_int_equal(MultiByteToWideChar(CP_ACP, 0, "a\xc0\x80", -1, NULL, 0), 4);
    assert_int_equal(
        MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xed\xa0\x80", -1, wide, 16), 0);
    assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "abc", 3, wide, 2), 0);
    assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
    assert_int_equal(MultiByteToWideChar(CP_UTF8, MB_PRECOMPOSED, "abc", 3, wide, 16), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_FLAGS);
    assert_int_equal(MultiByteToWideChar(CP_ACP, MB_PRECOMPOSED, "abc", 3, wide, 16), 3);
    assert_int_equal(MultiByteToWideChar(1252, 0, "abc", 3, wide, 16), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, L"\u20ac", 1, narrow, 16, NULL, NULL), 3);
    assert_memory_equal(narrow, "\xe2\x82\xac", 3);
    assert_int_equal(
        WideCharToMultiByte(CP_UTF8, WC_NO_BEST_FIT_CHARS, L"x", 1, narrow, 16, NULL, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_INVALID_FLAGS);
    wide[0] = 0xD800;
    assert_int_equal(
        WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, 1, narrow, 16, NULL, NULL), 0);
    assert_int_equal(wcstombs(narrow, L"x\u00e4", sizeof(narrow)), 3);
    assert_int_equal(mbstowcs(wide, "x\xc3\xa4", 16), 2);
}

static DWORD WINAPI other_error(LPVOID parameter)
{
    (void)parameter;
    return GetLastError();
}

static void memory_errors_and_clocks(void **state)
{
    unsigned char *block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 10);
    LARGE_INTEGER begin;
    LARGE_INTEGER end;
    SYSTEMTIME time = {.wYear = 1970, .wMonth = 1, .wDay = 1};
    FILETIME file;
    WCHAR text[40];
    GUID one;
    GUID two;
    HANDLE thread;
    DWORD code = 1;

    (void)state;
    memset(block, 0xFF, 10);
    block = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, block, 4000);
    assert_true(block[9] == 0xFF && block[10] == 0 && block[3999] == 0);
    assert_int_equal(HeapSize(GetProcessHeap(), 0, block), 4000);
    assert_true(HeapFree(GetProcessHeap(), 0, block));
    assert_null(HeapAlloc(NULL, 0, 1));
    SetLastError(77);
    thread = CreateThread(NULL, 0, other_error, NULL, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    assert_true(GetExitCodeThread(thread, &code) && code == 0);
    assert_int_equal(GetLastError(), 77);
    CloseHandle(thread);
    QueryPerformanceCounter(&begin);
    Sleep(2);
    QueryPerformanceCounter(&end);
    assert_true(end.QuadPart - begin.QuadPart >= 2000000);
    assert_true(SystemTimeToFileTime(&time, &file));
    assert_true(((uint64_t)file.dwHighDateTime << 32 | file.dwLowDateTime) == 116444736000000000);
    assert_true(FileTimeToSystemTime(&file, &time) && time.wYear == 1970 && time.wDayOfWeek == 4);
    time.wMonth = 6;
    time.wDay = 31;
    assert_false(SystemTimeToFileTime(&time, &file));
    assert_true(UuidCreate(&one) == RPC_S_OK && UuidCreate(&two) == RPC_S_OK);
    assert_false(IsEqualGUID(&one, &two));
    assert_int_equal(StringFromGUID2(&one, text, 40), 39);
    assert_true(text[15] == L'4' && wcslen(text) == 38);
    assert_int_equal(FormatMessage(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 5, 0, text, 40, NULL), 0);
    assert_int_equal(GetLastError(), ERROR_MR_MID_NOT_FOUND);
    assert_int_equal(HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), E_ACCESSDENIED);
}

static void the_thread_s_language_is_told_or_refused(void **state)
{
    WCHAR names[LOCALE_NAME_MAX_LENGTH + 1] = L"!!!!!!!!";
    ULONG count = 0;
    ULONG size = 0;

    (void)state;
    assert_true(GetThreadPreferredUILanguages(0, &count, NULL, &size));
    assert_true(count == 1 && size == 7);
    size = 6;
    assert_false(GetThreadPreferredUILanguages(MUI_LANGUAGE_NAME, &count, names, &size));
    assert_true(GetLastError() == ERROR_INSUFFICIENT_BUFFER && size == 7 && names[0] == L'!');
    assert_true(GetThreadPreferredUILanguages(MUI_THREAD_LANGUAGES, &count, names, &size));
    assert_true(size == 7 && memcmp(names, L"en-US\0", 7 * sizeof(WCHAR)) == 0);
    assert_int_equal(names[7], L'!');
    assert_int_equal(GetThreadUILanguage(), MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US));
    assert_int_equal(GetUserDefaultUILanguage(), 0x0409);
    for (unsigned place = 0; place < 6; place++) {
        const DWORD flags[] = {MUI_LANGUAGE_ID, MUI_UI_FALLBACK, 0x80, 0, 0, 0};

        SetLastError(NO_ERROR);
        size = 8;
        assert_false(GetThreadPreferredUILanguages(flags[place], place == 3 ? NULL : &count,
                                                   place == 4 ? NULL : names,
                                                   place == 5 ? NULL : &size));
        assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
    }
}

/* This program is no winrmd-host: rule W-3.7 of docs/plugin-api.md. */
static void service_functions_refuse_outside_of_a_host(void **state)
{
    WSMAN_SENDER_DETAILS sender = {0};
    WSMAN_PLUGIN_REQUEST request = {0};
    WSMAN_AUTHZ_QUOTA quota = {0};
    HANDLE token = NULL;
    WCHAR text[8];
    DWORD length = 8;
    int event = -1;

    (void)state;
    assert_int_equal(WSManPluginAuthzUserComplete(&sender, 0, NULL, NULL, FALSE, 0, NULL), 87);
    assert_int_equal(WSManPluginAuthzOperationComplete(&sender, 0, NULL, 0, NULL), 87);
    assert_int_equal(WSManPluginAuthzQueryQuotaComplete(&sender, 0, &quota, 0, NULL), 87);
    assert_int_equal(WSManPluginReportContext(&request, 0, text), 87);
    assert_int_equal(WSManPluginOperationComplete(&request, 0, 0, NULL), 87);
    assert_int_equal(WSManLinuxCreateToken(&sender, L"alice", &token), 87);
    assert_int_equal(WSManLinuxGetThreadLanguage(text, &length), 87);
    assert_int_equal(WSManLinuxGetShutdownEvent(&request, &event), 87);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_have_two_bytes),
        cmocka_unit_test(formats_are_microsoft_s),
        cmocka_unit_test(secure_functions_leave_the_empty_text),
        cmocka_unit_test(conversions_repair_or_refuse),
        cmocka_unit_test(memory_errors_and_clocks),
        cmocka_unit_test(the_thread_s_language_is_told_or_refused),
        cmocka_unit_test(service_functions_refuse_outside_of_a_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
