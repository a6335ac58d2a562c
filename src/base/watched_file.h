/* SPDX-License-Identifier: ISC */

/*
 * A file whose changes are noticed: when they happen (inotify on its folder: also a file that is
 * moved into its place), and with each watched_file_refresh(). Belongs to the loop's thread.
 */
#ifndef BASE_WATCHED_FILE_H
#define BASE_WATCHED_FILE_H

#include <sys/stat.h>

#include "base/loop.h"
#include "base/trusted_file.h"

struct watched_file;

/*
 * Reads the file at `path` and says in `status` which one that was (zero: none). Called once for
 * each change, and not from within watched_file_new().
 */
typedef void (*watched_file_reader)(void *owner, const char *path, struct stat *status);

/*
 * `what` ("password file", constant) is for the log, `use` ("password that is checked") says what
 * refreshes it. `path` is copied.
 */
struct watched_file *watched_file_new(struct loop *loop, const char *what, const char *use,
                                      const char *path, watched_file_reader read, void *owner);
/* NULL is allowed. */
void watched_file_free(struct watched_file *file);

const char *watched_file_path(const struct watched_file *file);
/* Reads it when it is another one than was looked at last. */
void watched_file_refresh(struct watched_file *file);

/* WHAT PATH:LINE: why it is not taken; `outcome`. */
void watched_file_complain(struct watched_file *file, const struct file_fault *fault,
                           const char *outcome);

#endif
