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

/* What a shell makes for itself and is nothing for those it is handed on to. */
static const char *const private_names[] = {"_", "OLDPWD", "PWD", "SHLVL"};

static bool set(char **place, const char *name, const char *value)
{
    if (asprintf(place, "%s=%s", name, value) >= 0)
        return true;
    *place = NULL;
    return false;
}

/* Of a build with a sanitizer: nothing for a shell. */
static bool is_ours(const char *text)
{
    static const char *const names[] = {
        "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS="};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return true;
    }
    return false;
}

/* What this process was started with; NULL when memory is short. */
static char **environment_of_login(void)
{
    size_t count = 0;
    char **result;
    char **next;

    while (environ[count])
        count++;
    next = result = calloc(count + 1, sizeof(*result));
    for (size_t i = 0; result && i < count; i++) {
        if (is_ours(environ[i]))
            continue;
        *next = strdup(environ[i]);
        if (!*next++) {
            environment_free(result);
            return NULL;
        }
    }
    return result;
}

/* In root mode the host begins in a login of its user's (docs/root-mode.md, R-24), and only there.
 */
static bool is_login(void)
{
    return getenv("WINRMD_SESSION") != NULL;
}

char **environment_base(void)
{
    enum { COUNT = 6 };
    char **result = calloc(COUNT + 1, sizeof(*result));
    struct passwd entry;
    struct passwd *user = NULL;
    char text[4096];
    char number[24];
    const char *name = number;

    if (is_login()) {
        free(result);
        return environment_of_login();
    }
    snprintf(number, sizeof(number), "%lu", (unsigned long)getuid());
    if (getpwuid_r(getuid(), &entry, text, sizeof(text), &user) == 0 && user)
        name = user->pw_name;
    if (result &&
        set(&result[0], "PATH",
            getuid() == 0 ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
                          : "/usr/local/bin:/usr/bin:/bin") &&
        set(&result[1], "HOME", user && *user->pw_dir ? user->pw_dir : "/") &&
        set(&result[2], "USER", name) && set(&result[3], "LOGNAME", name) &&
        set(&result[4], "SHELL", "/bin/sh") && set(&result[5], "LANG", "C.UTF-8"))
        return result;
    environment_free(result);
    return NULL;
}

static DWORD read_variable(const WSMAN_ENVIRONMENT_VARIABLE *variable, char **place)
{
    char *name = variable->name ? utf16_to_utf8(variable->name) : NULL;
    char *value = variable->value ? utf16_to_utf8(variable->value) : strdup("");
    DWORD error = ERROR_INVALID_PARAMETER;

    if (name && value && *name != '\0' && !strchr(name, '='))
        error = set(place, name, value) ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
    free(name);
    free(value);
    return error;
}

DWORD environment_read(const WSMAN_ENVIRONMENT_VARIABLE_SET *variables, char ***environment)
{
    size_t count = variables ? variables->varsCount : 0;
    char **result = calloc(count + 1, sizeof(*result));
    DWORD error = result ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;

    for (size_t i = 0; i < count && error == NO_ERROR; i++)
        error = read_variable(&variables->vars[i], &result[i]);
    if (error == NO_ERROR)
        *environment = result;
    else
        environment_free(result);
    return error;
}

/* ---- merging ---- */

/* A variable and its place in the order they came in. */
struct entry {
    char *text;
    size_t name_length;
    size_t order;
};

/* By name, and the last one of a name first. */
static int compare(const void *left, const void *right)
{
    const struct entry *one = left;
    const struct entry *other = right;
    size_t least = one->name_length < other->name_length ? one->name_length : other->name_length;
    int result = memcmp(one->text, other->text, least);

    if (result == 0)
        result = (one->name_length > other->name_length) - (one->name_length < other->name_length);
    return result != 0 ? result : (one->order < other->order) - (one->order > other->order);
}

static bool is_private(const char *text, size_t name_length)
{
    for (size_t i = 0; i < sizeof(private_names) / sizeof(private_names[0]); i++) {
        if (strlen(private_names[i]) == name_length &&
            strncmp(text, private_names[i], name_length) == 0)
            return true;
    }
    return false;
}

static size_t list(char *const *environment, bool drop_private, struct entry *entries, size_t count)
{
    for (; environment && *environment; environment++) {
        size_t length = strcspn(*environment, "=");

        if (length == 0 || (drop_private && is_private(*environment, length)))
            continue;
        entries[count] =
            (struct entry){.text = *environment, .name_length = length, .order = count};
        count++;
    }
    return count;
}

static size_t length_of(char *const *environment)
{
    size_t length = 0;

    while (environment && environment[length])
        length++;
    return length;
}

static bool same_name(const struct entry *one, const struct entry *other)
{
    return one->name_length == other->name_length &&
           memcmp(one->text, other->text, one->name_length) == 0;
}

char **environment_merge(char *const *base, char *const *profile, char *const *client)
{
    size_t most = length_of(base) + length_of(profile) + length_of(client);
    struct entry *entries = calloc(most + 1, sizeof(*entries));
    char **result = calloc(most + 1, sizeof(*result));
    char **next = result;
    size_t count;

    if (!entries || !result)
        goto failed;
    count = list(base, false, entries, 0);
    count = list(profile, true, entries, count);
    count = list(client, false, entries, count);
    qsort(entries, count, sizeof(*entries), compare);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && same_name(&entries[i - 1], &entries[i]))
            continue;
        *next = strdup(entries[i].text);
        if (!*next++)
            goto failed;
    }
    free(entries);
    return result;
failed:
    free(entries);
    environment_free(result);
    return NULL;
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
