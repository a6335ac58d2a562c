/* SPDX-License-Identifier: ISC */

#include "session/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

bool login_find(struct login *login, const char *name, uid_t uid, bool root, char *why,
                size_t why_size)
{
    const struct passwd *entry;

    *login = (struct login){0};
    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL)
        snprintf(why, why_size, "there is no account of that name%s%s",
                 errno != 0 && errno != ENOENT ? ": " : "",
                 errno != 0 && errno != ENOENT ? strerror(errno) : "");
    else if (entry->pw_uid != uid)
        snprintf(why, why_size, "its uid is %u now, and was %u at the login",
                 (unsigned)entry->pw_uid, (unsigned)uid);
    else if (entry->pw_uid == 0 && !root)
        snprintf(why, why_size, "it is uid 0, which the application does not allow");
    else
        *login = (struct login){
            .identity = {.uid = entry->pw_uid, .gid = entry->pw_gid},
            .name = mem_text(entry->pw_name),
            .home = mem_text(entry->pw_dir[0] == '/' ? entry->pw_dir : "/"),
            .shell = mem_text(entry->pw_shell[0] != '\0' ? entry->pw_shell : "/bin/sh")};
    return login->name != NULL;
}

bool login_set_groups(const struct login *login, char *why, size_t why_size)
{
    if (initgroups(login->name, login->identity.gid) == 0)
        return true;
    snprintf(why, why_size, "its groups cannot be set: %s", strerror(errno));
    return false;
}

bool login_take_groups(struct login *login, char *why, size_t why_size)
{
    int count = getgroups(0, NULL);

    if (count >= 0) {
        login->identity.groups = mem_alloc(((size_t)count + 1) * sizeof(gid_t));
        count = getgroups(count, login->identity.groups);
    }
    if (count < 0) {
        snprintf(why, why_size, "its groups cannot be read: %s", strerror(errno));
        return false;
    }
    login->identity.group_count = (size_t)count;
    return true;
}

void login_clear(struct login *login)
{
    identity_clear(&login->identity);
    free(login->name);
    free(login->home);
    free(login->shell);
    *login = (struct login){0};
}
