/* SPDX-License-Identifier: ISC */

#include "base/duration.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/text.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

/* The parts in the order in which they may appear. */
static const struct part {
    char letter;
    bool is_time; /* stands behind the T */
    uint64_t milliseconds;
} parts[] = {
    {'Y', false, 365 * (uint64_t)DAY},
    {'M', false, 30 * (uint64_t)DAY},
    {'W', false, 7 * (uint64_t)DAY},
    {'D', false, DAY},
    {'H', true, HOUR},
    {'M', true, MINUTE},
    {'S', true, SECOND},
};

enum { PART_COUNT = sizeof(parts) / sizeof(parts[0]) };

struct scan {
    const char *at;
    const char *end;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint64_t add_bounded(uint64_t sum, uint64_t count, uint64_t unit)
{
    uint64_t product;

    if (__builtin_mul_overflow(count, unit, &product) ||
        __builtin_add_overflow(sum, product, &sum) || sum > DURATION_MAXIMUM)
        return DURATION_MAXIMUM;
    return sum;
}

static bool scan_number(struct scan *scan, uint64_t *value)
{
    const char *start = scan->at;

    *value = 0;
    while (scan->at < scan->end && is_digit(*scan->at))
        *value = add_bounded((uint64_t)(*scan->at++ - '0'), *value, 10);
    return scan->at > start;
}

/* The digits behind the point, as milliseconds. */
static bool scan_fraction(struct scan *scan, uint64_t *milliseconds)
{
    const char *start = scan->at;
    uint64_t unit = 100;

    *milliseconds = 0;
    for (; scan->at < scan->end && is_digit(*scan->at); unit /= 10)
        *milliseconds += (uint64_t)(*scan->at++ - '0') * unit;
    return scan->at > start;
}

/* Reads one part, `number letter`; `next` is the first part that may still come. */
static bool scan_part(struct scan *scan, bool is_time, size_t *next, uint64_t *sum)
{
    uint64_t count;
    uint64_t fraction = 0;
    bool has_fraction = false;

    if (!scan_number(scan, &count))
        return false;
    if (scan->at < scan->end && *scan->at == '.') {
        scan->at++;
        has_fraction = true;
        if (!scan_fraction(scan, &fraction))
            return false;
    }
    if (scan->at == scan->end)
        return false;
    for (; *next < PART_COUNT; (*next)++) {
        const struct part *part = &parts[*next];

        if (part->is_time != is_time || part->letter != *scan->at)
            continue;
        if (has_fraction && part->letter != 'S')
            return false;
        scan->at++;
        (*next)++;
        *sum = add_bounded(fraction + *sum, count, part->milliseconds);
        return true;
    }
    return false;
}

static bool scan_duration(struct scan *scan, uint64_t *sum)
{
    size_t next = 0;
    bool is_time = false;

    if (*scan->at++ != 'P' || scan->at == scan->end)
        return false;
    while (scan->at < scan->end) {
        if (*scan->at == 'T') {
            if (is_time || ++scan->at == scan->end)
                return false;
            is_time = true;
        }
        if (!scan_part(scan, is_time, &next, sum))
            return false;
    }
    return true;
}

bool duration_parse(const char *text, enum duration_number number, uint64_t *milliseconds)
{
    size_t length;
    struct scan scan;
    uint64_t sum = 0;
    uint64_t seconds;

    scan.at = text_trim(text, &length);
    scan.end = scan.at + length;
    if (length == 0)
        return false;
    if (number == DURATION_NUMBER_IS_SECONDS && is_digit(*scan.at)) {
        if (!scan_number(&scan, &seconds) || scan.at != scan.end)
            return false;
        sum = add_bounded(0, seconds, SECOND);
    } else if (!scan_duration(&scan, &sum)) {
        return false;
    }
    *milliseconds = sum;
    return true;
}

const char *duration_format_seconds(char out[DURATION_SIZE], uint64_t milliseconds)
{
    snprintf(out, DURATION_SIZE, "PT%" PRIu64 ".%03uS", milliseconds / SECOND,
             (unsigned)(milliseconds % SECOND));
    return out;
}

const char *duration_format_parts(char out[DURATION_SIZE], uint64_t milliseconds)
{
    snprintf(out, DURATION_SIZE, "P%" PRIu64 "DT%uH%uM%uS", milliseconds / DAY,
             (unsigned)(milliseconds % DAY / HOUR), (unsigned)(milliseconds % HOUR / MINUTE),
             (unsigned)(milliseconds % MINUTE / SECOND));
    return out;
}
