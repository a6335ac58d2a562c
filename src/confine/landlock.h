/* SPDX-License-Identifier: ISC */

/*
 * Landlock (https://docs.kernel.org/userspace-api/landlock.html): which files this thread, and
 * every thread and process that it starts from now on, may open.
 */
#ifndef CONFINE_LANDLOCK_H
#define CONFINE_LANDLOCK_H

#include <stdbool.h>
#include <stddef.h>

struct landlock_path {
    const char
        *path;  /* a file, or a folder with everything below it; skipped where there is none */
    bool write; /* files in it are written and made too; else they are only read */
};

/* Version of the kernel's Landlock; 0: it has none. */
int landlock_version(void);
/*
 * Leaves nothing of the file system but these paths, and of TCP neither connect() nor bind();
 * from version 6 on no abstract Unix socket and no signal to a process outside. What is open stays
 * open. Says that it will never gain privileges (no_new_privs). Returns the kernel's version, 0
 * where it has none (and nothing is restricted but privileges), -1 and errno for an error.
 */
int landlock_restrict(const struct landlock_path *paths, size_t count);

#endif
