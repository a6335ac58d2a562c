/* SPDX-License-Identifier: ISC */

#include "pam/account.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/memory.h"

/* The process has one thread: the plain functions of NSS do. */
static char *group_name(gid_t gid)
{
    const struct group *group = getgrgid(gid);

    return group != NULL && strlen(group->gr_name) <= LIMIT_NAME ? mem_text(group->gr_name)
                                                                 : mem_printf("%u", (unsigned)gid);
}

static enum pam_result groups_find(struct account *account, gid_t primary)
{
    gid_t *gids = mem_alloc(LIMIT_GROUPS * sizeof(*gids));
    int count = LIMIT_GROUPS;
    bool all = getgrouplist(account->name, primary, gids, &count) >= 0;

    if (all) {
        account->groups = mem_alloc(((size_t)count + 1) * sizeof(*account->groups));
        for (int i = 0; i < count; i++)
            account->groups[account->group_count++] =
                (struct ipc_item){.name = group_name(gids[i]), .flags = (uint32_t)gids[i]};
    }
    free(gids);
    return all ? PAM_RESULT_accepted : PAM_RESULT_too_many_groups;
}

enum pam_result account_find(const char *name, bool root, struct account *account)
{
    const struct passwd *entry;
    gid_t primary;

    memset(account, 0, sizeof(*account));
    errno = 0;
    entry = getpwnam(name);
    if (entry == NULL)
        return errno == 0 || errno == ENOENT ? PAM_RESULT_no_account : PAM_RESULT_unavailable;
    if (strlen(entry->pw_name) > LIMIT_NAME)
        return PAM_RESULT_no_account;
    if (entry->pw_uid == 0 && !root)
        return PAM_RESULT_root;
    account->name = mem_text(entry->pw_name);
    account->uid = (uint32_t)entry->pw_uid;
    primary = entry->pw_gid;
    account->gid = (uint32_t)primary;
    return groups_find(account, primary);
}

void account_free(struct account *account)
{
    for (uint32_t i = 0; i < account->group_count; i++)
        free((char *)(uintptr_t)account->groups[i].name);
    free(account->groups);
    free(account->name);
    memset(account, 0, sizeof(*account));
}
