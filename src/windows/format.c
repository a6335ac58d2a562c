/* SPDX-License-Identifier: ISC */

/*
 * Formatted text of two-byte units, by Microsoft's rules of format specifications. Numbers are
 * formatted by the C library's snprintf with a specification made from the parsed one.
 */

#include "windows/format.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>

/* What has been written; beyond `size` only counted. `failed`: no such format, or too long. */
struct sink {
    wchar_t *to;
    size_t size;
    size_t length;
    bool failed;
};

struct spec {
    char flags[8];
    int width;
    int precision; /* -1: none */
    enum { SIZE_none, SIZE_char, SIZE_short, SIZE_32, SIZE_64, SIZE_wide } size;
    wchar_t conversion;
};

static void put(struct sink *sink, wchar_t unit)
{
    if (sink->length < sink->size)
        sink->to[sink->length] = unit;
    sink->length++;
    if (sink->length > INT_MAX)
        sink->failed = true;
}

static void put_padding(struct sink *sink, const struct spec *spec, size_t length)
{
    wchar_t padding =
        strchr(spec->flags, '0') != NULL && strchr(spec->flags, '-') == NULL ? L'0' : L' ';

    for (size_t i = length; !sink->failed && i < (size_t)spec->width; i++)
        put(sink, padding);
}

static void put_units(struct sink *sink, const struct spec *spec, const wchar_t *text,
                      size_t length)
{
    bool left = strchr(spec->flags, '-') != NULL;

    if (!left)
        put_padding(sink, spec, length);
    for (size_t i = 0; i < length && !sink->failed; i++)
        put(sink, text[i]);
    if (left)
        put_padding(sink, spec, length);
}

static void put_wide(struct sink *sink, const struct spec *spec, const wchar_t *text)
{
    if (text == NULL)
        text = L"(null)";
    put_units(sink, spec, text,
              wcsnlen(text, spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX));
}

/* Precision counts bytes of the narrow text, as there. */
static void put_narrow(struct sink *sink, const struct spec *spec, const char *text)
{
    size_t size;
    wchar_t *wide;
    int length = 0;

    if (text == NULL)
        text = "(null)";
    size = strnlen(text, spec->precision >= 0 ? (size_t)spec->precision : INT_MAX);
    wide = malloc((size + 1) * sizeof(wchar_t));
    if (wide == NULL) {
        sink->failed = true;
        return;
    }
    if (size > 0)
        length = MultiByteToWideChar(CP_UTF8, 0, text, (int)size, wide, (int)size);
    put_units(sink, spec, wide, (size_t)length);
    free(wide);
}

/* ---- numbers ---- */

static void put_ascii(struct sink *sink, const char *text, int length)
{
    if (length < 0)
        sink->failed = true;
    for (int i = 0; i < length && !sink->failed; i++)
        put(sink, (wchar_t)text[i]);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* `format` is made of the parsed specification and of nothing else. */
static void put_formatted(struct sink *sink, const char *format, const struct spec *spec,
                          long long number, double real, bool is_real)
{
    char text[512];
    char *larger = NULL;
    int length = is_real
                     ? snprintf(text, sizeof(text), format, spec->width, spec->precision, real)
                     : snprintf(text, sizeof(text), format, spec->width, spec->precision, number);

    if (length < (int)sizeof(text)) {
        put_ascii(sink, text, length);
        return;
    }
    larger = malloc((size_t)length + 1);
    if (larger == NULL) {
        sink->failed = true;
        return;
    }
    if (is_real)
        snprintf(larger, (size_t)length + 1, format, spec->width, spec->precision, real);
    else
        snprintf(larger, (size_t)length + 1, format, spec->width, spec->precision, number);
    put_ascii(sink, larger, length);
    free(larger);
}

#pragma GCC diagnostic pop

static void put_number(struct sink *sink, const struct spec *spec, long long number)
{
    char format[24];

    snprintf(format, sizeof(format), "%%%s*.*ll%c", spec->flags, (char)spec->conversion);
    put_formatted(sink, format, spec, number, 0, false);
}

static void put_real(struct sink *sink, const struct spec *spec, double real)
{
    char format[24];

    snprintf(format, sizeof(format), "%%%s*.*%c", spec->flags, (char)spec->conversion);
    put_formatted(sink, format, spec, 0, real, true);
}

/* What came through the argument list as 32 or 64 bits, cut to what the size says. */
static long long number_cut(const struct spec *spec, long long number)
{
    bool is_signed = spec->conversion == 'd' || spec->conversion == 'i';

    switch (spec->size) {
    case SIZE_char:
        return is_signed ? (long long)(signed char)number : (long long)(unsigned char)number;
    case SIZE_short:
        return is_signed ? (long long)(int16_t)number : (long long)(uint16_t)number;
    case SIZE_64:
        return number;
    default:
        return is_signed ? (long long)(int32_t)number : (long long)(uint32_t)number;
    }
}

/* ---- specifications ---- */

static int parse_count(const wchar_t **format, int otherwise)
{
    int count = otherwise;

    for (; **format >= '0' && **format <= '9'; (*format)++)
        count = count < INT_MAX / 16 ? (count > 0 ? count : 0) * 10 + (**format - '0') : count;
    return count;
}

static void parse_size(const wchar_t **format, struct spec *spec)
{
    const wchar_t *at = *format;

    if (wcsncmp(at, L"I64", 3) == 0 || wcsncmp(at, L"I32", 3) == 0) {
        spec->size = at[1] == '6' ? SIZE_64 : SIZE_32;
        at += 3;
    } else if (at[0] == 'h') {
        spec->size = at[1] == 'h' ? SIZE_char : SIZE_short;
        at += at[1] == 'h' ? 2 : 1;
    } else if (at[0] == 'l') {
        spec->size = at[1] == 'l' ? SIZE_64 : SIZE_32;
        at += at[1] == 'l' ? 2 : 1;
    } else if (*at != 0 && wcschr(L"Izjt", *at) != NULL) {
        spec->size = SIZE_64;
        at++;
    } else if (*at == 'w' || *at == 'L') {
        spec->size = SIZE_wide;
        at++;
    }
    *format = at;
}

/* ---- one conversion ---- */

/* An array parameter in disguise cannot be passed on: so the list goes in a structure. */
struct arguments {
    va_list list;
};

static void convert_text(struct sink *sink, struct spec *spec, struct arguments *arguments)
{
    bool upper = spec->conversion == 'S' || spec->conversion == 'C';
    bool narrow = spec->size == SIZE_short || (upper && spec->size == SIZE_none);

    if (spec->conversion == 's' || spec->conversion == 'S') {
        const void *text = va_arg(arguments->list, const void *);

        if (narrow)
            put_narrow(sink, spec, text);
        else
            put_wide(sink, spec, text);
    } else {
        int value = va_arg(arguments->list, int);
        wchar_t unit = narrow ? (wchar_t)(unsigned char)value : (wchar_t)value;

        put_units(sink, spec, &unit, 1);
    }
}

static void convert(struct sink *sink, struct spec *spec, struct arguments *arguments)
{
    switch (spec->conversion) {
    case 's':
    case 'S':
    case 'c':
    case 'C':
        convert_text(sink, spec, arguments);
        break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
        if (spec->size == SIZE_64)
            put_number(sink, spec, va_arg(arguments->list, long long));
        else
            put_number(sink, spec, number_cut(spec, va_arg(arguments->list, int)));
        break;
    case 'p':
        spec->conversion = 'X';
        spec->precision = 16;
        put_number(sink, spec, (long long)(uintptr_t)va_arg(arguments->list, void *));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
        put_real(sink, spec, va_arg(arguments->list, double));
        break;
    case '%':
        put(sink, L'%');
        break;
    default: /* %n and what nobody knows */
        sink->failed = true;
        break;
    }
}

/* Flags, width and precision; `*format` is behind the '%'. */
static void parse_numbers(const wchar_t **format, struct spec *spec, struct arguments *arguments)
{
    size_t flags = 0;

    for (; **format != 0 && wcschr(L"-+ #0", **format) != NULL; (*format)++)
        if (flags < sizeof(spec->flags) - 1)
            spec->flags[flags++] = (char)**format;
    if (**format == '*') {
        spec->width = va_arg(arguments->list, int);
        (*format)++;
        if (spec->width < 0 && flags < sizeof(spec->flags) - 1)
            spec->flags[flags] = '-';
        if (spec->width < 0)
            spec->width = spec->width > -INT_MAX ? -spec->width : 0;
    } else {
        spec->width = parse_count(format, 0);
    }
    if (**format != '.')
        return;
    (*format)++;
    if (**format == '*') {
        spec->precision = va_arg(arguments->list, int);
        (*format)++;
    } else {
        spec->precision = parse_count(format, 0);
    }
}

static void format_all(struct sink *sink, const wchar_t *format, struct arguments *arguments)
{
    while (*format != 0 && !sink->failed) {
        struct spec spec = {.precision = -1};

        if (*format != '%') {
            put(sink, *format++);
            continue;
        }
        format++;
        parse_numbers(&format, &spec, arguments);
        parse_size(&format, &spec);
        spec.conversion = *format;
        convert(sink, &spec, arguments);
        if (*format != 0)
            format++;
    }
}

int format_to(wchar_t *to, size_t size, const wchar_t *format, va_list list)
{
    struct sink sink = {.to = to, .size = to != NULL ? size : 0};
    struct arguments arguments;

    if (format == NULL) {
        errno = EINVAL;
        return -1;
    }
    va_copy(arguments.list, list);
    format_all(&sink, format, &arguments);
    va_end(arguments.list);
    return sink.failed ? -1 : (int)sink.length;
}
