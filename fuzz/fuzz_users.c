/* SPDX-License-Identifier: ISC */

/* The password file: a table that was accepted finds each of its users again, and nobody else. */
#include <stdlib.h>
#include <string.h>

#include "auth/users.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char fault[USERS_FAULT_SIZE] = "";
    struct users *users = users_parse((const char *)data, size, fault);
    char *name = mem_text_n((const char *)data, strnlen((const char *)data, size));
    char *colon = strchr(name, ':');
    const struct user *user;

    if ((users == NULL) == (fault[0] == '\0'))
        abort();
    if (colon != NULL)
        *colon = '\0';
    if (users != NULL) {
        /* The first line is a user or a comment. */
        user = users_find(users, name);
        if (user != NULL && (strcmp(user->name, name) != 0 || !user_name_valid(name)))
            abort();
        if (users_count(users) > 0 && !user_name_valid(users_stand_in(users, name)->name))
            abort();
    }
    free(name);
    users_free(users);
    return 0;
}
