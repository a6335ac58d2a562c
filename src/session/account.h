/* SPDX-License-Identifier: ISC */

/* Whom a shell is to run as, as this machine knows the account at this moment. */
#ifndef SESSION_ACCOUNT_H
#define SESSION_ACCOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "confine/identity.h"

struct login {
    struct identity identity;
    char *name;
    char *home;
    char *shell;
};

/*
 * The account of that name, which must have the uid that its token says; uid 0 only with `root`.
 * False: `why`.
 */
bool login_find(struct login *login, const char *name, uid_t uid, bool root, char *why,
                size_t why_size);
/* Makes its groups those of this process, which PAM modules may then add to ... */
bool login_set_groups(const struct login *login, char *why, size_t why_size);
/* ... and what they are now the login's. */
bool login_take_groups(struct login *login, char *why, size_t why_size);
void login_clear(struct login *login);

#endif
