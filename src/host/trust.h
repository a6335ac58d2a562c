/* SPDX-License-Identifier: ISC */

/*
 * Opens a file whose code will run in this process, but only if nobody else could have put it
 * there: the file and every folder on the way to it (symbolic links followed one by one) belong to
 * root or to the user of this process and are not writable by others; a folder may be so if it is
 * sticky. The check is made on the descriptors the walk itself opens, so what is returned is what
 * was checked.
 */
#ifndef HOST_TRUST_H
#define HOST_TRUST_H

#include <stddef.h>

/*
 * `path` is absolute. Returns a descriptor opened for reading, or -1 with `why` filled ("folder
 * /x is writable by its group"); errno is ENOENT when a part of the path does not exist.
 */
int trust_open(const char *path, char *why, size_t size);

#endif
