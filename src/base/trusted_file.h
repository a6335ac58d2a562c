/* SPDX-License-Identifier: ISC */

/*
 * Files that say who somebody is: the password file and the map of certificates. Whoever can write
 * one can be anybody, so only a file of the running uid or of root is read, and only when nobody
 * else may touch it: mode 0600, or 0640 where it is root's and its group that of the process. What
 * is looked at is the open descriptor.
 */
#ifndef BASE_TRUSTED_FILE_H
#define BASE_TRUSTED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

/* Why a file is not taken: what is wrong and what to do. */
struct file_fault {
    unsigned line; /* counted from 1; 0: the file as a whole */
    bool passing;  /* nothing is wrong with the file: this process could not open it now */
    char text[200];
};

/*
 * The whole file, of at most `limit` bytes (whole MiB), as memory to wipe and free(); NULL with the
 * reason in `fault`. `status` is that of the file that was read or not taken, zero when there is
 * none.
 */
char *trusted_file_read(const char *path, size_t limit, struct stat *status, size_t *length,
                        struct file_fault *fault);

/*
 * Can this process use it: a regular file of its own or of root, that nobody else may write to
 * (`secret`: nor read), and that it may read? False: `why`, and `remedy`, which stays as it was
 * when the file itself cannot be found. Nothing is read.
 */
bool trusted_file_usable(const char *path, bool secret, char *why, size_t size,
                         const char **remedy);

#endif
