/* SPDX-License-Identifier: ISC */

/* Small files as a whole, through descriptors that may be shared with other processes. */
#ifndef BASE_FILE_LOAD_H
#define BASE_FILE_LOAD_H

#include <stddef.h>

enum { FILE_LOAD_LIMIT = 1024 * 1024 };

/*
 * Reads a whole regular file of at most FILE_LOAD_LIMIT bytes from its beginning, wherever the
 * descriptor stands. Returns memory to free(), or NULL with the reason (constant or strerror()) in
 * `why`.
 */
char *file_load(int fd, size_t *length, const char **why);

#endif
