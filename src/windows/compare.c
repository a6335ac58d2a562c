/* SPDX-License-Identifier: ISC */

/* Comparison of UTF-16, and the functions of its family. */

#include <windows.h>

#include <locale.h>
#include <pthread.h>
#include <stdbool.h>
#include <wctype.h>

static locale_t unicode;
static pthread_once_t unicode_once = PTHREAD_ONCE_INIT;

static void unicode_begin(void)
{
    unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
}

/* Unit by unit, as CompareStringOrdinal does: surrogates have no case. */
static WCHAR upper(WCHAR unit)
{
    wint_t changed;

    if (unit < 0x80 || unicode == NULL)
        return unit >= 'a' && unit <= 'z' ? (WCHAR)(unit - 'a' + 'A') : unit;
    changed = towupper_l(unit, unicode);
    return changed < 0x10000 ? (WCHAR)changed : unit;
}

static int compare(const WCHAR *one, size_t one_size, const WCHAR *two, size_t two_size,
                   bool ignore_case)
{
    if (ignore_case)
        pthread_once(&unicode_once, unicode_begin);
    for (size_t i = 0; i < one_size && i < two_size; i++) {
        WCHAR left = ignore_case ? upper(one[i]) : one[i];
        WCHAR right = ignore_case ? upper(two[i]) : two[i];

        if (left != right)
            return left < right ? -1 : 1;
    }
    return one_size == two_size ? 0 : one_size < two_size ? -1 : 1;
}

/* As on Windows NULL is less than every text. */
static int compare_texts(LPCWSTR one, LPCWSTR two, bool ignore_case)
{
    if (one == NULL || two == NULL)
        return (one != NULL) - (two != NULL);
    return compare(one, wcslen(one), two, wcslen(two), ignore_case);
}

int WINAPI lstrcmpW(LPCWSTR one, LPCWSTR two)
{
    return compare_texts(one, two, false);
}

int WINAPI lstrcmpiW(LPCWSTR one, LPCWSTR two)
{
    return compare_texts(one, two, true);
}

int WINAPI CompareStringOrdinal(LPCWSTR one, int oneSize, LPCWSTR two, int twoSize, BOOL ignoreCase)
{
    if (one == NULL || two == NULL || oneSize < -1 || twoSize < -1) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return 0;
    }
    return CSTR_EQUAL + compare(one, oneSize == -1 ? wcslen(one) : (size_t)oneSize, two,
                                twoSize == -1 ? wcslen(two) : (size_t)twoSize, ignoreCase != FALSE);
}

int WINAPI lstrlenW(LPCWSTR text)
{
    return text != NULL ? (int)wcslen(text) : 0;
}

int WINAPI lstrlenA(LPCSTR text)
{
    return text != NULL ? (int)strlen(text) : 0;
}

LPWSTR WINAPI lstrcpynW(LPWSTR to, LPCWSTR from, int size)
{
    if (to == NULL || from == NULL || size <= 0)
        return NULL;
    wcsncpy_s(to, (size_t)size, from, _TRUNCATE);
    return to;
}
