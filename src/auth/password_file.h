/* SPDX-License-Identifier: ISC */

/*
 * The password file as winrmd-auth has it: what was last read from it without error. A change is
 * seen when it happens (inotify on the file's folder: also a file that is moved into its place) and
 * looked for again with every check. A change that cannot be taken leaves everything as it was and
 * is logged once, as FILE:LINE with the cause. Belongs to the loop's thread.
 */
#ifndef AUTH_PASSWORD_FILE_H
#define AUTH_PASSWORD_FILE_H

#include "auth/users.h"
#include "base/loop.h"

struct password_file;

/*
 * `revoked` is called for each user who is gone, or has another hash or other groups, when a change
 * was taken. `path` is copied.
 */
struct password_file *password_file_new(struct loop *loop, const char *path,
                                        void (*revoked)(void *context, const char *name),
                                        void *context);
/*
 * From now on the users are those of that file: of the ones before, whoever is not in it as they
 * were is revoked, also when it cannot be read.
 */
void password_file_set_path(struct password_file *file, const char *path);
/* There are no users any more: all are revoked. Frees it; NULL is allowed. */
void password_file_abandon(struct password_file *file);
/* NULL is allowed. */
void password_file_free(struct password_file *file);

/*
 * The users now, valid until the next call or turn of the loop; NULL: none were ever read. NULL is
 * allowed.
 */
const struct users *password_file_users(struct password_file *file);
/* Another number whenever a change was taken; never 0. */
uint64_t password_file_version(const struct password_file *file);

#endif
