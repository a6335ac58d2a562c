/* SPDX-License-Identifier: ISC */

#include "auth/users.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/text.h"

struct users {
    char *text; /* a copy of the file with NULs for its separators; all names point into it */
    size_t length;
    struct user *list;
    size_t count;
    struct map by_name; /* struct name_digest -> place in the list, counted from one */
    uint8_t key[2][HASH_KEY_SIZE];
};

/*
 * Stands for a name in comparisons, which end at the first byte that differs: with keys that nobody
 * outside knows, that tells nothing about the name.
 */
struct name_digest {
    uint64_t word[2];
};

/* ---- one line ---- */

bool user_name_valid(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > USER_NAME_LIMIT || !utf8_valid(name, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f || name[i] == ':')
            return false;
    return true;
}

static bool setting_valid(const char *setting)
{
    int verdict = crypt_checksalt(setting);

    return verdict == CRYPT_SALT_OK || verdict == CRYPT_SALT_METHOD_LEGACY;
}

static bool hash_take(const char *hash, struct user *user)
{
    user->hash = hash;
    user->setting = hash + strspn(hash, "!");
    user->locked = hash[0] == '!' || hash[0] == '*';
    if (hash[0] == '\0' || strlen(hash) > USER_HASH_LIMIT)
        return false;
    for (const char *at = hash; *at != '\0'; at++)
        if (*at < 0x21 || *at > 0x7e)
            return false;
    if (setting_valid(user->setting))
        return true;
    user->setting = NULL;
    return user->locked;
}

bool user_groups_split(char *text, const char *const **groups, size_t *count)
{
    size_t room = 1;
    const char **list;

    *groups = NULL;
    *count = 0;
    if (text == NULL || text[0] == '\0')
        return true;
    for (const char *at = text; *at != '\0'; at++)
        if (*at == ',')
            room++;
    if (room > USER_GROUPS_LIMIT)
        return false;
    list = mem_alloc(room * sizeof(*list));
    *groups = list;
    for (char *at = text; at != NULL;) {
        char *group = strsep(&at, ",");

        if (!user_name_valid(group))
            return false;
        list[(*count)++] = group;
    }
    return true;
}

/* NULL: fine, and `user` is filled (its groups are to be freed in any case). */
static const char *line_parse(char *line, struct user *user)
{
    char *rest = line;
    const char *name = strsep(&rest, ":");
    const char *hash = strsep(&rest, ":");
    char *groups = strsep(&rest, ":");

    if (hash == NULL)
        return "is no user: write name:hash[:group,group]";
    if (rest != NULL)
        return "too many colons: write name:hash[:group,group]";
    if (!user_name_valid(name))
        return "the name is empty, longer than 512 bytes or no plain UTF-8 text: write another";
    if (!hash_take(hash, user))
        return "the hash is none that crypt(3) knows: make one with winrmctl passwd";
    user->name = name;
    if (!user_groups_split(groups, &user->groups, &user->group_count))
        return "a group is empty or no plain text, or there are more than 256: correct the groups";
    return NULL;
}

/* ---- the table ---- */

static struct name_digest name_digest(const struct users *users, const char *name)
{
    size_t length = strlen(name);

    return (struct name_digest){
        {hash_keyed(users->key[0], name, length), hash_keyed(users->key[1], name, length)}};
}

static const char *users_add(struct users *users, char *line, size_t *room)
{
    struct user user = {0};
    struct name_digest digest;
    const char *fault = line_parse(line, &user);

    if (fault == NULL && users->count == USERS_LIMIT)
        fault = "one user too many: 65536 are the most";
    if (fault == NULL && users_find(users, user.name) != NULL)
        fault = "the name stands in the file already: keep one of the lines";
    if (fault != NULL) {
        free((void *)(uintptr_t)user.groups);
        return fault;
    }
    if (users->count == *room) {
        *room = *room > 0 ? *room * 2 : 16;
        users->list = mem_resize(users->list, *room, sizeof(*users->list));
    }
    users->list[users->count++] = user;
    /* The list may still move; the place in it is what is remembered. */
    digest = name_digest(users, user.name);
    map_put(&users->by_name, &digest, sizeof(digest), (void *)(uintptr_t)users->count);
    return NULL;
}

struct users *users_parse(const char *bytes, size_t length, struct file_fault *fault)
{
    struct users *users = mem_alloc(sizeof(*users));
    const char *cause = NULL;
    size_t room = 0;

    *fault = (struct file_fault){0};
    map_init(&users->by_name);
    random_bytes(users->key, sizeof(users->key));
    users->text = mem_alloc(length + 1);
    users->length = length;
    if (length > 0)
        memcpy(users->text, bytes, length);
    for (char *at = users->text; cause == NULL && at < users->text + length;) {
        char *end = memchr(at, '\n', (size_t)(users->text + length - at));
        size_t size = (size_t)((end != NULL ? end : users->text + length) - at);

        fault->line++;
        at[size] = '\0';
        if (memchr(at, '\0', size) != NULL)
            cause = "a NUL byte: remove it";
        else if (at[0] != '\0' && at[0] != '#')
            cause = users_add(users, at, &room);
        at += size + 1;
    }
    if (cause == NULL) {
        fault->line = 0;
        return users;
    }
    snprintf(fault->text, sizeof(fault->text), "%s", cause);
    users_free(users);
    return NULL;
}

void users_free(struct users *users)
{
    if (users == NULL)
        return;
    for (size_t i = 0; i < users->count; i++)
        free((void *)(uintptr_t)users->list[i].groups);
    free(users->list);
    map_free(&users->by_name);
    explicit_bzero(users->text, users->length);
    free(users->text);
    free(users);
}

size_t users_count(const struct users *users)
{
    return users->count;
}

const struct user *users_at(const struct users *users, size_t place)
{
    return &users->list[place];
}

const struct user *users_find(const struct users *users, const char *name)
{
    struct name_digest digest = name_digest(users, name);
    uintptr_t place = (uintptr_t)map_get(&users->by_name, &digest, sizeof(digest));
    const struct user *user = place == 0 ? NULL : &users->list[place - 1];
    size_t length = strlen(name);

    if (user == NULL || strlen(user->name) != length || !secret_equal(user->name, name, length))
        return NULL;
    return user;
}

const struct user *users_stand_in(const struct users *users, const char *name)
{
    return &users->list[hash_keyed(users->key[0], name, strlen(name)) % users->count];
}

/* ---- the file ---- */

struct users *users_load(const char *path, struct stat *status, struct file_fault *fault)
{
    size_t length;
    char *bytes = trusted_file_read(path, USERS_FILE_LIMIT, status, &length, fault);
    struct users *users = bytes != NULL ? users_parse(bytes, length, fault) : NULL;

    if (bytes != NULL)
        explicit_bzero(bytes, length);
    free(bytes);
    return users;
}
