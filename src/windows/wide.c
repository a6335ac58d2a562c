/* SPDX-License-Identifier: ISC */

/* The functions of <wchar.h> on units of two bytes. */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

size_t wcsnlen(const wchar_t *text, size_t most)
{
    size_t length = 0;

    while (length < most && text[length] != 0)
        length++;
    return length;
}

size_t wcslen(const wchar_t *text)
{
    return wcsnlen(text, SIZE_MAX);
}

wchar_t *wmemcpy(wchar_t *to, const wchar_t *from, size_t count)
{
    return memcpy(to, from, count * sizeof(wchar_t));
}

wchar_t *wmemmove(wchar_t *to, const wchar_t *from, size_t count)
{
    return memmove(to, from, count * sizeof(wchar_t));
}

wchar_t *wmemset(wchar_t *to, wchar_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        to[i] = value;
    return to;
}

int wmemcmp(const wchar_t *one, const wchar_t *two, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (one[i] != two[i])
            return one[i] < two[i] ? -1 : 1;
    return 0;
}

wchar_t *wmemchr(const wchar_t *text, wchar_t value, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] == value)
            return (wchar_t *)(uintptr_t)(text + i);
    return NULL;
}

wchar_t *wcscpy(wchar_t *to, const wchar_t *from)
{
    return wmemcpy(to, from, wcslen(from) + 1);
}

wchar_t *wcsncpy(wchar_t *to, const wchar_t *from, size_t most)
{
    size_t length = wcsnlen(from, most);

    wmemcpy(to, from, length);
    wmemset(to + length, 0, most - length);
    return to;
}

wchar_t *wcsncat(wchar_t *to, const wchar_t *from, size_t most)
{
    size_t end = wcslen(to);
    size_t length = wcsnlen(from, most);

    wmemcpy(to + end, from, length);
    to[end + length] = 0;
    return to;
}

wchar_t *wcscat(wchar_t *to, const wchar_t *from)
{
    return wcsncat(to, from, SIZE_MAX);
}

static wchar_t lower(wchar_t unit)
{
    return unit >= 'A' && unit <= 'Z' ? (wchar_t)(unit - 'A' + 'a') : unit;
}

static int compare(const wchar_t *one, const wchar_t *two, size_t most, bool ignore_case)
{
    for (size_t i = 0; i < most; i++) {
        wchar_t left = ignore_case ? lower(one[i]) : one[i];
        wchar_t right = ignore_case ? lower(two[i]) : two[i];

        if (left != right)
            return left < right ? -1 : 1;
        if (left == 0)
            return 0;
    }
    return 0;
}

int wcscmp(const wchar_t *one, const wchar_t *two)
{
    return compare(one, two, SIZE_MAX, false);
}

int wcsncmp(const wchar_t *one, const wchar_t *two, size_t most)
{
    return compare(one, two, most, false);
}

int _wcsicmp(const wchar_t *one, const wchar_t *two)
{
    return compare(one, two, SIZE_MAX, true);
}

int _wcsnicmp(const wchar_t *one, const wchar_t *two, size_t most)
{
    return compare(one, two, most, true);
}

wchar_t *wcschr(const wchar_t *text, wchar_t value)
{
    return wmemchr(text, value, wcslen(text) + 1);
}

wchar_t *wcsrchr(const wchar_t *text, wchar_t value)
{
    for (size_t i = wcslen(text) + 1; i > 0; i--)
        if (text[i - 1] == value)
            return (wchar_t *)(uintptr_t)(text + i - 1);
    return NULL;
}

wchar_t *wcsstr(const wchar_t *text, const wchar_t *what)
{
    size_t length = wcslen(what);

    for (;; text++) {
        if (wcsncmp(text, what, length) == 0)
            return (wchar_t *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

static bool contains(const wchar_t *set, wchar_t unit)
{
    return unit != 0 && wcschr(set, unit) != NULL;
}

size_t wcsspn(const wchar_t *text, const wchar_t *accept)
{
    size_t length = 0;

    while (contains(accept, text[length]))
        length++;
    return length;
}

size_t wcscspn(const wchar_t *text, const wchar_t *reject)
{
    size_t length = 0;

    while (text[length] != 0 && !contains(reject, text[length]))
        length++;
    return length;
}

wchar_t *wcspbrk(const wchar_t *text, const wchar_t *accept)
{
    text += wcscspn(text, accept);
    return *text != 0 ? (wchar_t *)(uintptr_t)text : NULL;
}

wchar_t *wcstok(wchar_t *text, const wchar_t *delimiters, wchar_t **rest)
{
    wchar_t *token = text != NULL ? text : *rest;

    if (token == NULL)
        return NULL;
    token += wcsspn(token, delimiters);
    *rest = NULL;
    if (*token == 0)
        return NULL;
    *rest = wcspbrk(token, delimiters);
    if (*rest != NULL)
        *(*rest)++ = 0;
    return token;
}

wchar_t *_wcsdup(const wchar_t *text)
{
    size_t size = wcslen(text) + 1;
    wchar_t *copy = malloc(size * sizeof(wchar_t));

    return copy != NULL ? wmemcpy(copy, text, size) : NULL;
}

wchar_t *_wcslwr(wchar_t *text)
{
    for (wchar_t *at = text; *at != 0; at++)
        *at = lower(*at);
    return text;
}

wchar_t *_wcsupr(wchar_t *text)
{
    for (wchar_t *at = text; *at != 0; at++)
        if (*at >= 'a' && *at <= 'z')
            *at = (wchar_t)(*at - 'a' + 'A');
    return text;
}

/* ---- secure ones ---- */

static int failed(wchar_t *to, size_t size, int error)
{
    if (to != NULL && size > 0)
        to[0] = 0;
    return error;
}

int wcsncpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t most)
{
    size_t length;

    if (to == NULL || size == 0 || from == NULL)
        return failed(to, size, EINVAL);
    length = wcsnlen(from, most == _TRUNCATE ? size : most);
    if (length >= size && most != _TRUNCATE)
        return failed(to, size, ERANGE);
    wmemmove(to, from, length < size ? length : size - 1);
    to[length < size ? length : size - 1] = 0;
    return length < size ? 0 : STRUNCATE;
}

int wcscpy_s(wchar_t *to, size_t size, const wchar_t *from)
{
    return wcsncpy_s(to, size, from, from != NULL ? wcslen(from) : 0);
}

int wcsncat_s(wchar_t *to, size_t size, const wchar_t *from, size_t most)
{
    size_t end = to != NULL ? wcsnlen(to, size) : size;
    int error;

    if (end >= size || from == NULL)
        return failed(to, size, EINVAL);
    error = wcsncpy_s(to + end, size - end, from, most);
    return error == 0 || error == STRUNCATE ? error : failed(to, size, error);
}

int wcscat_s(wchar_t *to, size_t size, const wchar_t *from)
{
    return wcsncat_s(to, size, from, from != NULL ? wcslen(from) : 0);
}

int wmemcpy_s(wchar_t *to, size_t size, const wchar_t *from, size_t count)
{
    if (count == 0)
        return 0;
    if (to == NULL || from == NULL || count > size)
        return failed(to, size, to == NULL || from == NULL ? EINVAL : ERANGE);
    wmemmove(to, from, count);
    return 0;
}

/* ---- numbers ---- */

static bool is_space(wchar_t unit)
{
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
}

static unsigned digit_of(wchar_t unit)
{
    if (unit >= '0' && unit <= '9')
        return (unsigned)(unit - '0');
    unit = lower(unit);
    return unit >= 'a' && unit <= 'z' ? (unsigned)(unit - 'a') + 10 : UINT_MAX;
}

struct number {
    unsigned long long value; /* without its sign */
    bool negative;
    bool overflow; /* beyond 64 bits */
};

static struct number parse(const wchar_t *text, wchar_t **end, int base)
{
    struct number number = {0};
    const wchar_t *at = text;
    bool digits = false;

    while (is_space(*at))
        at++;
    number.negative = *at == '-';
    if (*at == '-' || *at == '+')
        at++;
    if ((base == 0 || base == 16) && at[0] == '0' && lower(at[1]) == 'x' && digit_of(at[2]) < 16) {
        at += 2;
        base = 16;
    } else if (base == 0) {
        base = *at == '0' ? 8 : 10;
    }
    for (; base >= 2 && base <= 36 && digit_of(*at) < (unsigned)base; at++) {
        digits = true;
        if (__builtin_mul_overflow(number.value, (unsigned)base, &number.value) ||
            __builtin_add_overflow(number.value, digit_of(*at), &number.value))
            number.overflow = true;
    }
    if (end != NULL)
        *end = (wchar_t *)(uintptr_t)(digits ? at : text);
    return number;
}

static long long parse_signed(const wchar_t *text, wchar_t **end, int base, long long most)
{
    struct number number = parse(text, end, base);
    unsigned long long limit = (unsigned long long)most + (number.negative ? 1 : 0);

    if (number.overflow || number.value > limit) {
        errno = ERANGE;
        return number.negative ? -most - 1 : most;
    }
    return number.negative ? (long long)(0 - number.value) : (long long)number.value;
}

static unsigned long long parse_unsigned(const wchar_t *text, wchar_t **end, int base,
                                         unsigned long long most)
{
    struct number number = parse(text, end, base);

    if (number.overflow || number.value > most) {
        errno = ERANGE;
        return ULLONG_MAX;
    }
    return number.negative ? 0 - number.value : number.value;
}

long wcstol(const wchar_t *text, wchar_t **end, int base)
{
    return (long)parse_signed(text, end, base, INT32_MAX);
}

unsigned long wcstoul(const wchar_t *text, wchar_t **end, int base)
{
    return (unsigned long)parse_unsigned(text, end, base, UINT32_MAX);
}

long long wcstoll(const wchar_t *text, wchar_t **end, int base)
{
    return parse_signed(text, end, base, INT64_MAX);
}

unsigned long long wcstoull(const wchar_t *text, wchar_t **end, int base)
{
    return parse_unsigned(text, end, base, UINT64_MAX);
}

int _wtoi(const wchar_t *text)
{
    return text != NULL ? (int)wcstol(text, NULL, 10) : 0;
}

long long _wtoi64(const wchar_t *text)
{
    return text != NULL ? wcstoll(text, NULL, 10) : 0;
}

/* A number is ASCII: what is not ends it. */
double wcstod(const wchar_t *text, wchar_t **end)
{
    char narrow[512];
    size_t skipped = 0;
    size_t length = 0;
    char *stopped;
    double number;

    while (is_space(text[skipped]))
        skipped++;
    for (; length < sizeof(narrow) - 1 && text[skipped + length] > ' ' &&
           text[skipped + length] < 0x7F;
         length++)
        narrow[length] = (char)text[skipped + length];
    narrow[length] = '\0';
    number = strtod(narrow, &stopped);
    if (end != NULL)
        *end =
            (wchar_t *)(uintptr_t)(stopped != narrow ? text + skipped + (stopped - narrow) : text);
    return number;
}

float wcstof(const wchar_t *text, wchar_t **end)
{
    return (float)wcstod(text, end);
}

int _itow_s(int number, wchar_t *to, size_t size, int base)
{
    unsigned value = number < 0 && base == 10 ? 0u - (unsigned)number : (unsigned)number;
    wchar_t digits[33];
    size_t count = 0;
    size_t length = 0;

    if (to == NULL || size == 0 || base < 2 || base > 36)
        return failed(to, size, EINVAL);
    do {
        unsigned digit = value % (unsigned)base;

        digits[count++] = (wchar_t)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= (unsigned)base;
    } while (value != 0);
    if (count + (number < 0 && base == 10 ? 1 : 0) >= size)
        return failed(to, size, ERANGE);
    if (number < 0 && base == 10)
        to[length++] = '-';
    while (count > 0)
        to[length++] = digits[--count];
    to[length] = 0;
    return 0;
}
