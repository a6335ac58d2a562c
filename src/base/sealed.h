/* SPDX-License-Identifier: ISC */

/* Memory behind a descriptor that nobody can change any more, to hand to another process. */
#ifndef BASE_SEALED_H
#define BASE_SEALED_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A copy of the bytes, without a place in the file system; `name` shows in /proc. Returns a
 * descriptor that is closed on exec and the caller's to close, or -1 with errno.
 */
int sealed_new(const char *name, const void *bytes, size_t length);

/* Is it such memory, so that its size and its bytes stay what they are? */
bool sealed_check(int fd);

#endif
