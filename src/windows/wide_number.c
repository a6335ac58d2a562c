/* SPDX-License-Identifier: ISC */

/* Numbers in texts of two-byte units. A long of Windows has 32 bits. */

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>

static bool is_space(wchar_t unit)
{
    return unit == ' ' || (unit >= '\t' && unit <= '\r');
}

static unsigned digit_of(wchar_t unit)
{
    if (unit >= '0' && unit <= '9')
        return (unsigned)(unit - '0');
    if (unit >= 'A' && unit <= 'Z')
        return (unsigned)(unit - 'A') + 10;
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
    if ((base == 0 || base == 16) && at[0] == '0' && (at[1] == 'x' || at[1] == 'X') &&
        digit_of(at[2]) < 16) {
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

static int number_failed(wchar_t *to, size_t size, int error)
{
    if (to != NULL && size > 0)
        to[0] = 0;
    return error;
}

int _itow_s(int number, wchar_t *to, size_t size, int base)
{
    unsigned value = number < 0 && base == 10 ? 0u - (unsigned)number : (unsigned)number;
    wchar_t digits[33];
    size_t count = 0;
    size_t length = 0;

    if (to == NULL || size == 0 || base < 2 || base > 36)
        return number_failed(to, size, EINVAL);
    do {
        unsigned digit = value % (unsigned)base;

        digits[count++] = (wchar_t)(digit < 10 ? '0' + digit : 'a' + digit - 10);
        value /= (unsigned)base;
    } while (value != 0);
    if (count + (number < 0 && base == 10 ? 1 : 0) >= size)
        return number_failed(to, size, ERANGE);
    if (number < 0 && base == 10)
        to[length++] = '-';
    while (count > 0)
        to[length++] = digits[--count];
    to[length] = 0;
    return 0;
}
