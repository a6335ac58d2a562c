/* SPDX-License-Identifier: ISC */

/*
 * A file with passwords that is edited. It is never changed in place: a new one is written beside
 * it and renamed, so that winrmd sees the old or the new one and nothing between. The folder is
 * locked meanwhile, so that two of us do not lose each other's change.
 */
#ifndef CTL_REPLACED_FILE_H
#define CTL_REPLACED_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/buffer.h"

enum { REPLACED_FILE_LIMIT = 8 * 1024 * 1024 };

struct replaced_file {
    char *path; /* links resolved */
    char *folder;
    int lock;
    bool exists;
    struct stat status;
    struct buffer old; /* what it holds */
    struct buffer new; /* what it is to hold */
};

/* Locks the folder and reads the file, if there is one. False: it has been said why. */
bool replaced_file_open(struct replaced_file *file, const char *path);
/*
 * Fills `new` with the text of `old`, in which `fresh` (NULL: nothing) stands in the place of the
 * `length` bytes of a line without its end at `line`; with `line` NULL it is added. False: it has
 * been said why.
 */
bool replaced_file_edit(struct replaced_file *file, const char *line, size_t length,
                        const char *fresh);
/*
 * Puts `new` in its place. Of an old one it keeps owner and group, and mode 0640 where it is root's
 * for a group to read; otherwise its mode is 0600. One that root makes where there was none is for
 * the group of the account winrmd-auth to read, if there is that account.
 */
bool replaced_file_write(struct replaced_file *file);
/* Wipes what was read and made. After replaced_file_open() in any case. */
void replaced_file_close(struct replaced_file *file);

#endif
