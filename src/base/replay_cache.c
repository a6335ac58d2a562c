/* SPDX-License-Identifier: ISC */

#include "base/replay_cache.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

/* TYPE:FILE in one variable, or the default file in a folder. False: nothing is noted. */
static bool cache_find(char *path, size_t size)
{
    const char *name = getenv("KRB5RCACHENAME");
    const char *type = getenv("KRB5RCACHETYPE");
    const char *folder = getenv("KRB5RCACHEDIR");
    const char *file = name != NULL ? strchr(name, ':') : NULL;

    if (name != NULL ? text_starts(name, "none:") : type != NULL && strcmp(type, "none") == 0)
        return false;
    if (file != NULL && file[1] == '/')
        snprintf(path, size, "%s", file + 1);
    else
        snprintf(path, size, "%s/krb5_%u.rcache2", folder != NULL ? folder : "/var/tmp",
                 (unsigned)geteuid());
    return true;
}

bool replay_cache_usable(char *path, size_t path_size, char *why, size_t why_size)
{
    struct stat status;
    int error = 0;

    if (!cache_find(path, path_size))
        return true;
    if (stat(path, &status) == 0) {
        if (status.st_uid != geteuid())
            snprintf(why, why_size, "it belongs to another user");
        else if (access(path, R_OK | W_OK) != 0)
            error = errno;
        else
            return true;
    } else if ((errno == ENOENT || errno == EACCES) && strrchr(path, '/') > path) {
        *strrchr(path, '/') = '\0';
        if (access(path, W_OK | X_OK) == 0)
            return true;
        error = errno;
    } else {
        error = errno;
    }
    if (error != 0)
        snprintf(why, why_size, "%s", strerror(error));
    return false;
}
