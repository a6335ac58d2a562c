/* SPDX-License-Identifier: ISC */

/*
 * GUIDs as text, 8-4-4-4-12 hexadecimal digits without braces (RFC 4122, section 3). Ours are
 * random and written in upper case; those of clients are kept as they came.
 */
#ifndef BASE_GUID_H
#define BASE_GUID_H

#include <stdbool.h>
#include <stddef.h>

enum { GUID_LENGTH = 36, GUID_SIZE = GUID_LENGTH + 1 };

/* Writes a new random GUID (version 4) and a NUL. */
void guid_make(char out[GUID_SIZE]);

/* Is `text` exactly one GUID, in either case? NULL is none. */
bool guid_valid(const char *text);
bool guid_valid_n(const char *text, size_t length);

#endif
