/* SPDX-License-Identifier: ISC */

#include "auth/password_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/watched_file.h"

struct password_file {
    struct loop *loop;
    struct watched_file *watched;
    struct users *users; /* NULL: no file has been read without error */
    uint64_t version;
    void (*revoked)(void *context, const char *name);
    void *context;
};

static bool user_equal(const struct user *left, const struct user *right)
{
    if (strcmp(left->hash, right->hash) != 0 || left->group_count != right->group_count)
        return false;
    for (size_t i = 0; i < left->group_count; i++)
        if (strcmp(left->groups[i], right->groups[i]) != 0)
            return false;
    return true;
}

static void tell_revoked(const struct password_file *file, const struct users *old)
{
    for (size_t i = 0; old != NULL && i < users_count(old); i++) {
        const struct user *before = users_at(old, i);
        const struct user *now = file->users != NULL ? users_find(file->users, before->name) : NULL;

        if (now == NULL || !user_equal(before, now))
            file->revoked(file->context, before->name);
    }
}

static void file_read(void *owner, const char *path, struct stat *status)
{
    struct password_file *file = owner;
    struct users *old = file->users;
    struct file_fault fault;
    struct users *users = users_load(path, status, &fault);

    if (users == NULL) {
        watched_file_complain(
            file->watched, &fault,
            old != NULL
                ? "the users read before stay valid until it is mended"
                : "nobody can log in until it is mended (winrmctl passwd writes such files)");
        return;
    }
    file->users = users;
    file->version++;
    log_info("password file %s: %zu user%s", path, users_count(users),
             users_count(users) == 1 ? "" : "s");
    tell_revoked(file, old);
    users_free(old);
}

/* ---- life ---- */

static void file_begin(struct password_file *file, const char *path)
{
    /* Watched before it is read, so that no change is missed in between. */
    file->watched = watched_file_new(file->loop, "password file", "password that is checked", path,
                                     file_read, file);
    watched_file_refresh(file->watched);
}

struct password_file *password_file_new(struct loop *loop, const char *path,
                                        void (*revoked)(void *context, const char *name),
                                        void *context)
{
    struct password_file *file = mem_alloc(sizeof(*file));

    file->loop = loop;
    file->version = 1;
    file->revoked = revoked;
    file->context = context;
    file_begin(file, path);
    return file;
}

void password_file_set_path(struct password_file *file, const char *path)
{
    struct users *old = file->users;

    if (strcmp(watched_file_path(file->watched), path) == 0)
        return;
    file->users = NULL;
    file->version++;
    watched_file_free(file->watched);
    file_begin(file, path);
    tell_revoked(file, old);
    users_free(old);
}

void password_file_abandon(struct password_file *file)
{
    struct users *old;

    if (file == NULL)
        return;
    old = file->users;
    file->users = NULL;
    tell_revoked(file, old);
    users_free(old);
    password_file_free(file);
}

void password_file_free(struct password_file *file)
{
    if (file == NULL)
        return;
    watched_file_free(file->watched);
    users_free(file->users);
    free(file);
}

const struct users *password_file_users(struct password_file *file)
{
    if (file == NULL)
        return NULL;
    watched_file_refresh(file->watched);
    return file->users;
}

uint64_t password_file_version(const struct password_file *file)
{
    return file->version;
}
