/* SPDX-License-Identifier: ISC */

/*
 * A password file: one `name:hash[:group,group]` a line; blank lines and lines that begin with '#'
 * do not count. The hash is in any format that crypt(3) knows; one that begins with '!' or '*' is
 * that of a locked account, as in shadow(5): no password is right, and nobody is that account in
 * another way. users_parse() is a pure function
 * over bytes; a file with one wrong line is refused as a whole, since half a list of users is a
 * list nobody wrote. A table is constant once made and belongs to one thread.
 */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/trusted_file.h"

enum {
    USERS_FILE_LIMIT = 8 * 1024 * 1024,
    USERS_LIMIT = 65536,
    USER_NAME_LIMIT = 512,
    USER_HASH_LIMIT = 383, /* CRYPT_OUTPUT_SIZE without the NUL */
    USER_GROUPS_LIMIT = 256
};

struct user {
    const char *name;
    const char *hash;    /* as it stands in the file */
    const char *setting; /* what crypt() is asked to compute; NULL: locked and without a hash */
    bool locked;
    const char *const *groups;
    size_t group_count;
};

struct users;

/* NULL when a line is wrong; `fault` then says which one and why. `bytes` need not outlive it. */
struct users *users_parse(const char *bytes, size_t length, struct file_fault *fault);
/* Wipes the table. NULL is allowed. */
void users_free(struct users *users);

size_t users_count(const struct users *users);
/* The user in that place, from 0, in the order of the file. */
const struct user *users_at(const struct users *users, size_t place);
/*
 * The user whose name is exactly this, or NULL. How long it takes does not depend on how much of a
 * name is right: what is looked up is a keyed hash of the whole of it.
 */
const struct user *users_find(const struct users *users, const char *name);
/*
 * Some user of the table (not empty), always the same one for the same name: an unknown name is
 * checked against that one's hash, so that it takes as long as a known name.
 */
const struct user *users_stand_in(const struct users *users, const char *name);

/*
 * "a,b,c" cut up in place into an array to be freed, NULL when it is empty or NULL. False: an empty
 * or wrong name, or too many.
 */
bool user_groups_split(char *text, const char *const **groups, size_t *count);

/* May this be a user's or a group's name: 1 to 512 bytes of UTF-8, no control character, no ':'? */
bool user_name_valid(const char *name);

/* Reads a password file, which must be one that trusted_file_read() takes. */
struct users *users_load(const char *path, struct stat *status, struct file_fault *fault);

#endif
