/* SPDX-License-Identifier: ISC */

/* Which account of this machine a name is: its canonical name, uid and groups, through NSS. */
#ifndef PAM_ACCOUNT_H
#define PAM_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"
#include "pam_results.h"

struct account {
    char *name; /* as the account database writes it */
    uint32_t uid;
    uint32_t gid;
    struct ipc_item *groups; /* the primary one first; one without a name has its number as name;
                                flags: the gid */
    uint32_t group_count;
};

/*
 * PAM_RESULT_accepted, or why it is nobody who may come in; uid 0 is, where `root` says so. Free it
 * in either case.
 */
enum pam_result account_find(const char *name, bool root, struct account *account);
void account_free(struct account *account);

#endif
