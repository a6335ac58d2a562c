/* SPDX-License-Identifier: ISC */

/*
 * Conversion between the UTF-16 of the plug-in interface and the UTF-8 of Linux, for the plug-ins
 * of this folder. Strict in both directions: ill-formed text (a lone surrogate, an overlong form)
 * is an error and never becomes a replacement character, since two names that differ must stay
 * different. Pure functions; results belong to the caller, who frees them with free().
 */

#ifndef PLUGINS_COMMON_UTF16_H
#define PLUGINS_COMMON_UTF16_H

#include <stdbool.h>
#include <stddef.h>

#include <wsman.h>

/* Number of code units before the closing NUL. */
size_t utf16_length(PCWSTR text);

/* Same text without regard to the case of A to Z. */
bool utf16_equal_ascii_case(PCWSTR left, PCWSTR right);

/* As UTF-8; NULL when the text is ill-formed or memory is short. text must not be NULL. */
char *utf16_to_utf8(PCWSTR text);

/* As UTF-16; NULL when the text is ill-formed or memory is short. text must not be NULL. */
PWSTR utf16_from_utf8(const char *text);

/* Whether these bytes are well-formed UTF-8. */
bool utf8_valid(const char *bytes, size_t size);

#endif
