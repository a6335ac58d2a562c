/* SPDX-License-Identifier: ISC */

/*
 * Small helpers for text that came from outside; the larger ones stand in headers of their own,
 * which this one includes. Pure functions, usable from any thread: nothing here owns anything.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/base64.h"
#include "base/duration.h"
#include "base/guid.h"
#include "base/utf.h"

/* The white space of XML: blank, tab, carriage return, line feed. */
static inline bool text_is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The text without white space at its ends: returns where it begins and sets `length`. */
const char *text_trim(const char *text, size_t *length);

/* The same text, letters A to Z and a to z being equal; no other character has a case here. */
bool text_equal_case(const char *left, const char *right);

/* Does `text` begin with `prefix`? */
bool text_starts(const char *text, const char *prefix);

/* Are the buffers equal? The time taken depends on `length` alone, never on the contents. */
bool secret_equal(const void *left, const void *right, size_t length);

#endif
