/* SPDX-License-Identifier: ISC */

/* Tells whether a file is still the one it was: not by its content, but by what every change of it
 * changes. */
#ifndef BASE_FILE_VERSION_H
#define BASE_FILE_VERSION_H

#include <sys/stat.h>

enum { FILE_VERSION_SIZE = 96 };

void file_version(const struct stat *status, char version[FILE_VERSION_SIZE]);

#endif
