/* SPDX-License-Identifier: ISC */

/*
 * The environment of a shell's commands: a small clean base (nothing of the service's own leaks),
 * over it what the user's profile makes of it, and over that the variables the client asked for.
 * Environments are arrays of NAME=VALUE that end with NULL.
 */

#ifndef PLUGINS_CMD_ENVIRONMENT_H
#define PLUGINS_CMD_ENVIRONMENT_H

#include <wsman.h>

/*
 * Of the user this process runs as: that of the login in which it was started, else what the
 * account database says. NULL when memory is short.
 */
char **environment_base(void);

/*
 * The variables of a client, which may be NULL.
 *
 * Errors: ERROR_INVALID_PARAMETER for a name that is empty or has a =, or text that is not UTF-16;
 * ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD environment_read(const WSMAN_ENVIRONMENT_VARIABLE_SET *variables, char ***environment);

/*
 * A new one of all variables of these three, where the last of a name counts; any of them may be
 * NULL. NULL when memory is short.
 */
char **environment_merge(char *const *base, char *const *profile, char *const *client);

/* Ends any of these; takes NULL. */
void environment_free(char **environment);

/* The value of a variable, or NULL. */
const char *environment_get(char *const *environment, const char *name);

#endif
