/* SPDX-License-Identifier: ISC */

/*
 * xs:duration (XML Schema Part 2, section 3.2.6) to milliseconds and back. More liberal than the
 * schema in one point: weeks may stand beside other parts, as one client library writes them. A
 * year counts 365 days, a month 30.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

enum { DURATION_SIZE = 48 };

/* What a plain integer means to the caller. */
enum duration_number { DURATION_NO_NUMBER, DURATION_NUMBER_IS_SECONDS };

/* What is too long to count becomes this. */
#define DURATION_MAXIMUM ((uint64_t)INT64_MAX)

/*
 * Reads `PnYnMnWnDTnHnMn.nS` (any part may be missing, not all), white space at its ends ignored.
 * False, and `milliseconds` unchanged, for anything else, negative durations included.
 */
bool duration_parse(const char *text, enum duration_number number, uint64_t *milliseconds);

/* PT7200.000S */
const char *duration_format_seconds(char out[DURATION_SIZE], uint64_t milliseconds);
/* P0DT2H0M0S; the part of a second is dropped. */
const char *duration_format_parts(char out[DURATION_SIZE], uint64_t milliseconds);

#endif
