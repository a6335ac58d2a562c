/* SPDX-License-Identifier: ISC */

/*
 * Text between the plug-in interface (UTF-16) and the rest of winrmd (UTF-8), beyond the strict
 * conversions of base/utf.h. Pure functions.
 */
#ifndef HOST_TEXT16_H
#define HOST_TEXT16_H

#include <stdbool.h>
#include <stddef.h>

#include "host/api.h"

/*
 * A plug-in's explanation as UTF-8, at most `limit` bytes without the NUL; free with free(). It is
 * for people and must not get lost: ill-formed parts become U+FFFD, what is too long is cut. NULL
 * gives NULL.
 */
char *text16_reason(PCWSTR text, size_t limit);

/* Same text without regard to the case of A to Z; `ascii` is ASCII. */
bool text16_equal_case(PCWSTR text, const char *ascii);

/*
 * Gives `text` to a plug-in by the rules of wsman_linux.h: `length` counts code units, the closing
 * NUL included.
 */
DWORD text16_copy(PCWSTR text, PWSTR buffer, DWORD *length);
/* The same for UTF-8; NULL counts as empty. */
DWORD text16_give(const char *text, PWSTR buffer, DWORD *length);

/* A blank-separated list as an array of `count` NUL-terminated texts (one block; free with free).
 */
char **text_words(const char *list, size_t *count);

#endif
