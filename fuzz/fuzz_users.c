/* SPDX-License-Identifier: ISC */

/* The password file: a table that was accepted finds each of its users again, and nobody else. */
#include <stdlib.h>
#include <string.h>

#include "auth/users.h"
#include "base/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file_fault fault;
    struct users *users = users_parse((const char *)data, size, &fault);
    char *name = mem_text_n((const char *)data, strnlen((const char *)data, size));
    char *colon = strchr(name, ':');
    const struct user *user;

    if ((users == NULL) != (fault.line > 0) || (users == NULL) == (fault.text[0] == '\0'))
        abort();
    for (size_t i = 0; users != NULL && i < users_count(users); i++)
        if (users_find(users, users_at(users, i)->name) != users_at(users, i))
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
