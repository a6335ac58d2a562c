/* SPDX-License-Identifier: ISC */

/* Finds the file of a program, as execvp(3) does, but in the environment of a shell. */

#ifndef PLUGINS_CMD_PROGRAM_H
#define PLUGINS_CMD_PROGRAM_H

/*
 * A name with a slash is a path, relative to the directory; any other is looked for in PATH, or in
 * /usr/bin and /bin without one. Returns 0 and the path, which the caller frees, or an errno:
 * ENOENT, or EACCES when all that was found cannot be executed.
 */
int program_find(const char *name, const char *directory, char *const *environment, char **path);

#endif
