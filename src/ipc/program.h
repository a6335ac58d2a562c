/* SPDX-License-Identifier: ISC */

/*
 * Starting the programs of winrmd that are at the other end of a channel: each with that as
 * descriptor 3, nothing to read, nowhere to write but standard error, and an environment of its
 * own.
 */
#ifndef IPC_PROGRAM_H
#define IPC_PROGRAM_H

#include <sys/types.h>

/*
 * Where the programs are: beside this one's executable, as in a build tree, else in `installed`,
 * where the package puts them. free().
 */
char *program_folder(const char *installed);

/* The variables by which Kerberos is configured, for the programs that use it; ends with NULL. */
extern const char *const program_kerberos[];

/*
 * Starts the program at `path` in `directory` (NULL: here). `channel` becomes its descriptor 3,
 * `errors` (-1: this process's) its standard error; both stay open here. `passed` (ends with NULL;
 * NULL: none) names variables of this process's environment that it gets. 0 or errno.
 */
int program_start(pid_t *pid, const char *path, const char *directory, int channel, int errors,
                  const char *const *passed);

#endif
