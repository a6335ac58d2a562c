/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/environment.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <wsmerror.h>

#include "common/utf16.h"

#define BASE_COUNT 6

/* The place of a variable in the array: its own, or the first free one. */
static char **find(char **environment, const char *name, size_t name_length)
{
    while (*environment &&
           (strncmp(*environment, name, name_length) != 0 || (*environment)[name_length] != '='))
        environment++;
    return environment;
}

/* There is room: the array was made for the base and every variable of the client. */
static bool set(char **environment, const char *name, const char *value)
{
    char **place = find(environment, name, strlen(name));
    char *entry;

    if (asprintf(&entry, "%s=%s", name, value) < 0)
        return false;
    free(*place);
    *place = entry;
    return true;
}

static bool set_base(char **environment)
{
    struct passwd entry;
    struct passwd *user = NULL;
    char text[4096];
    char number[24];
    const char *name = number;

    snprintf(number, sizeof(number), "%lu", (unsigned long)getuid());
    if (getpwuid_r(getuid(), &entry, text, sizeof(text), &user) == 0 && user)
        name = user->pw_name;
    return set(environment, "PATH",
               getuid() == 0 ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                             : "/usr/local/bin:/usr/bin:/bin") &&
           set(environment, "HOME", user && *user->pw_dir ? user->pw_dir : "/") &&
           set(environment, "USER", name) && set(environment, "LOGNAME", name) &&
           set(environment, "SHELL", "/bin/sh") && set(environment, "LANG", "C.UTF-8");
}

static DWORD set_variable(char **environment, const WSMAN_ENVIRONMENT_VARIABLE *variable)
{
    char *name = variable->name ? utf16_to_utf8(variable->name) : NULL;
    char *value = variable->value ? utf16_to_utf8(variable->value) : strdup("");
    DWORD error = ERROR_INVALID_PARAMETER;

    if (name && value && *name != '\0' && !strchr(name, '='))
        error = set(environment, name, value) ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
    free(name);
    free(value);
    return error;
}

DWORD environment_new(const WSMAN_ENVIRONMENT_VARIABLE_SET *variables, char ***environment)
{
    size_t count = variables ? variables->varsCount : 0;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    char **result = calloc(BASE_COUNT + count + 1, sizeof(*result));

    if (!result || !set_base(result))
        goto out;
    for (size_t i = 0; i < count; i++) {
        error = set_variable(result, &variables->vars[i]);
        if (error != NO_ERROR)
            goto out;
    }
    *environment = result;
    result = NULL;
    error = NO_ERROR;
out:
    environment_free(result);
    return error;
}

void environment_free(char **environment)
{
    for (char **entry = environment; entry && *entry; entry++)
        free(*entry);
    free(environment);
}

const char *environment_get(char *const *environment, const char *name)
{
    size_t length = strlen(name);

    for (; *environment; environment++) {
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
            return *environment + length + 1;
    }
    return NULL;
}
