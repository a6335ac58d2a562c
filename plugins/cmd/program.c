/* SPDX-License-Identifier: ISC */

#define WSMAN_API_VERSION_1_1

#include "cmd/program.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/environment.h"

static int check(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0)
        return errno == EACCES ? EACCES : ENOENT;
    return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

/* One place to look at: a folder of PATH, where none means the directory. */
static int try_folder(const char *folder, size_t length, const char *name, const char *directory,
                      char **path)
{
    const char *between = length > 0 ? "/" : "";
    char *made;
    int error;

    if (asprintf(&made, "%s%s%.*s%s%s", *folder == '/' && length > 0 ? "" : directory,
                 *folder == '/' && length > 0 ? "" : "/", (int)length, folder, between, name) < 0)
        return ENOMEM;
    error = check(made);
    if (error == 0)
        *path = made;
    else
        free(made);
    return error;
}

int program_find(const char *name, const char *directory, char *const *environment, char **path)
{
    const char *folders = environment_get(environment, "PATH");
    int result = ENOENT;

    if (*name == '\0')
        return ENOENT;
    if (strchr(name, '/')) {
        *path = NULL;
        if (*name != '/')
            return try_folder("", 0, name, directory, path);
        result = check(name);
        if (result == 0)
            *path = strdup(name);
        return result == 0 && !*path ? ENOMEM : result;
    }
    if (!folders)
        folders = "/usr/bin:/bin";
    for (;;) {
        size_t length = strcspn(folders, ":");
        int error = try_folder(folders, length, name, directory, path);

        if (error != ENOENT && error != EACCES)
            return error;
        if (error == EACCES)
            result = EACCES;
        folders += length;
        if (*folders++ == '\0')
            return result;
    }
}
