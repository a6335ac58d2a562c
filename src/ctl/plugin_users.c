/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_users.h"

#include <string.h>

enum { NAME_LENGTH = 512, URL_LENGTH = 4096 };

#define URL "http://localhost:5985/wsman?PSVersion=5.1.19041"

static char long_name[NAME_LENGTH + 1];
static char long_url[URL_LENGTH + 1];

static const struct trial_user odd_users[] = {
    {.name = "alice", .account = "alice", .groups = 2, .url = URL},
    {.name = " ", .account = " ", .url = URL},
    {.name = ".", .account = ".", .groups = 1, .url = URL},
    {.name = long_name, .shown = "a name of 512 bytes", .account = long_name, .url = URL},
    {.name = "J\xc3\xbcrgen Gr\xc3\xb6\xc3\x9f",
     .account = "j\xc3\xbcrgen",
     .groups = 1,
     .url = URL},
    {.name = "\xe7\x94\xa8\xe6\x88\xb7\xf0\x9f\x98\x80", .account = "user", .url = URL},
    {.name = "DOMAIN\\user", .account = "user", .groups = 3, .url = URL},
    {.name = "user@example.org", .account = "user@example.org", .url = URL},
    {.name = "<u a='1'>&amp;%n%s\"", .account = "%s", .url = URL},
    {.name = "bob", .shown = "a user without a token", .groups = 1, .url = URL},
    {.name = "carol",
     .shown = "a user in 1024 groups",
     .account = "carol",
     .groups = 1024,
     .url = URL},
    {.name = "dave",
     .shown = "a user with a URL of 4096 bytes",
     .account = "dave",
     .url = long_url},
};

enum { ODD_USERS = sizeof(odd_users) / sizeof(odd_users[0]) };

size_t users_fill(struct trial_user users[USERS_ROOM], const char *const *names, size_t count)
{
    memset(long_name, 'n', NAME_LENGTH);
    memset(long_url, 'u', URL_LENGTH);
    memcpy(long_url, URL, strlen(URL));
    memcpy(users, odd_users, sizeof(odd_users));
    for (size_t i = 0; i < count && i < USERS_NAMED; i++)
        users[ODD_USERS + i] =
            (struct trial_user){.name = names[i], .account = names[i], .groups = 1, .url = URL};
    return ODD_USERS + (count < USERS_NAMED ? count : USERS_NAMED);
}
