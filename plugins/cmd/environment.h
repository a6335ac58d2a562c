/* SPDX-License-Identifier: ISC */

/*
 * The environment of a shell's commands: a small clean base (nothing of the service's own leaks),
 * and over it the variables the client asked for. Made once for each shell, never changed then.
 */

#ifndef PLUGINS_CMD_ENVIRONMENT_H
#define PLUGINS_CMD_ENVIRONMENT_H

#include <wsman.h>

/*
 * Makes the environment of the user this process runs as, as an array that ends with NULL and is
 * the caller's to end with environment_free. variables may be NULL.
 *
 * Errors: ERROR_INVALID_PARAMETER for a name that is empty or has a =, or text that is not UTF-16;
 * ERROR_NOT_ENOUGH_MEMORY.
 */
DWORD environment_new(const WSMAN_ENVIRONMENT_VARIABLE_SET *variables, char ***environment);

void environment_free(char **environment);

/* The value of a variable, or NULL. */
const char *environment_get(char *const *environment, const char *name);

#endif
