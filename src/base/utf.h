/* SPDX-License-Identifier: ISC */

/*
 * UTF-8 and UTF-16, strict in both directions: overlong forms, surrogates in UTF-8, lone surrogates
 * in UTF-16 and anything above U+10FFFF are errors and never become a replacement character, since
 * two names that differ must stay different. The functions with a length take U+0000 like any
 * other character; those without end at it. Code units are in the byte order of the machine.
 */
#ifndef BASE_UTF_H
#define BASE_UTF_H

#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>

#include "base/arena.h"

/* Are these bytes well-formed UTF-8? */
bool utf8_valid(const void *bytes, size_t length);

/* Code units before the closing NUL. */
size_t utf16_length(const char16_t *text);

/*
 * Writes `length` bytes of UTF-8 as UTF-16 to `out`, which has room for `length` units (no NUL is
 * added). Returns the number of units written, or -1 when the text is ill-formed.
 */
ptrdiff_t utf16_from_utf8(char16_t *out, const char *text, size_t length);

/*
 * Writes `units` units of UTF-16 as UTF-8 to `out`, which has room for 3 * `units` bytes (no NUL is
 * added). Returns the number of bytes written, or -1 when the text is ill-formed.
 */
ptrdiff_t utf8_from_utf16(char *out, const char16_t *text, size_t units);

/*
 * Converted copy with a NUL behind it; free with free(). NULL when the text is NULL or ill-formed.
 */
char16_t *utf16_new(const char *text);
char *utf8_new(const char16_t *text);

/* The same in an arena; NULL also beyond the arena's limit. */
char16_t *utf16_arena(struct arena *arena, const char *text);
char *utf8_arena(struct arena *arena, const char16_t *text);

/* How many bytes at the end of `text` begin a UTF-8 sequence whose rest is missing (0 to 3). */
size_t utf8_incomplete_tail(const void *text, size_t length);

#endif
