/* SPDX-License-Identifier: ISC */

/* winrmctl passwd. */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/users.h"
#include "base/memory.h"
#include "ctl/ctl.h"
#include "ctl/password.h"
#include "ctl/replaced_file.h"

/* ---- the password ---- */

static bool password_hash(char hash[USER_HASH_LIMIT + 1])
{
    char password[PASSWORD_LIMIT + 2] = "";
    char salt[CRYPT_GENSALT_OUTPUT_SIZE];
    static struct crypt_data data;
    const char *made = NULL;

    if (password_read(password)) {
        if (crypt_gensalt_rn("$y$", 0, NULL, 0, salt, sizeof(salt)) != NULL)
            made = crypt_rn(password, salt, &data, (int)sizeof(data));
        if (made == NULL) {
            ctl_complain("libcrypt cannot make a yescrypt hash; install libcrypt 4.4 or later");
        } else {
            snprintf(hash, USER_HASH_LIMIT + 1, "%s", made);
        }
    }
    explicit_bzero(password, sizeof(password));
    explicit_bzero(&data, sizeof(data));
    return made != NULL;
}

/* ---- the text ---- */

static bool groups_valid(const char *groups)
{
    char *copy = mem_text(groups);
    bool valid = true;

    for (char *at = copy; valid && at != NULL && copy[0] != '\0';)
        valid = user_name_valid(strsep(&at, ","));
    free(copy);
    return valid;
}

/* The line of the user, without its end; NULL when there is none. */
static const char *line_find(struct buffer *text, const char *name, size_t *length)
{
    const char *at = (const char *)buffer_bytes(text);
    const char *end = at != NULL ? at + buffer_length(text) : NULL;
    size_t size = strlen(name);

    while (at != NULL && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        *length = (size_t)((stop != NULL ? stop : end) - at);
        if (*length > size && memcmp(at, name, size) == 0 && at[size] == ':')
            return at;
        at = stop != NULL ? stop + 1 : NULL;
    }
    return NULL;
}

/* The groups of a line with their colon: what stands behind its hash. */
static const char *groups_of(const char *line, size_t length, size_t *groups_length)
{
    const char *first = memchr(line, ':', length);
    const char *second =
        first == NULL ? NULL : memchr(first + 1, ':', (size_t)(line + length - first - 1));

    *groups_length = second != NULL ? (size_t)(line + length - second) : 0;
    return second != NULL ? second : "";
}

/* The user's line; `line`: the one there is, or NULL. free(). */
static char *line_make(const char *name, const char *hash, const char *groups, const char *line,
                       size_t length)
{
    size_t kept_length = 0;
    const char *kept = groups == NULL && line != NULL ? groups_of(line, length, &kept_length) : "";

    if (groups != NULL && groups[0] != '\0')
        return mem_printf("%s:%s:%s\n", name, hash, groups);
    return mem_printf("%s:%s%.*s\n", name, hash, (int)kept_length, kept);
}

/* Is the text a password file that winrmd will take? */
static bool text_acceptable(const struct replaced_file *file, struct buffer *text, const char *when)
{
    struct file_fault fault;
    struct users *users =
        users_parse((const char *)buffer_bytes(text), buffer_length(text), &fault);
    bool fine = users != NULL;

    if (!fine)
        ctl_complain("%s %s: line %u: %s; correct that line first", file->path, when, fault.line,
                     fault.text);
    users_free(users);
    return fine;
}

static bool arguments_valid(const struct ctl_options *options, const char *name)
{
    if (!user_name_valid(name) || name[0] == '#') {
        ctl_complain("\"%.200s\" cannot be a user's name; use 1 to %d bytes of text without a "
                     "colon that do not begin with '#'",
                     name, USER_NAME_LIMIT);
        return false;
    }
    if (options->groups != NULL && !groups_valid(options->groups)) {
        ctl_complain("--groups %.200s names an impossible group; write names separated by commas",
                     options->groups);
        return false;
    }
    return true;
}

enum ctl_exit ctl_passwd(const struct ctl_options *options, const char *path, const char *name)
{
    struct replaced_file file;
    char hash[USER_HASH_LIMIT + 1] = "";
    enum ctl_exit result = CTL_failed;
    const char *line;
    char *fresh = NULL;
    size_t length = 0;

    if (!arguments_valid(options, name))
        return CTL_usage;
    /* First the password: nobody should hold the lock while somebody types. */
    if (!options->remove && !password_hash(hash))
        return CTL_failed;
    if (!replaced_file_open(&file, path) || !text_acceptable(&file, &file.old, "is not in order"))
        goto out;
    line = line_find(&file.old, name, &length);
    if (options->remove && line == NULL) {
        ctl_complain("%s has no user %s", file.path, name);
        goto out;
    }
    if (!options->remove)
        fresh = line_make(name, hash, options->groups, line, length);
    if (replaced_file_edit(&file, line, length, fresh) &&
        text_acceptable(&file, &file.new, "would not be in order") && replaced_file_write(&file))
        result = CTL_done;
out:
    if (fresh != NULL)
        explicit_bzero(fresh, strlen(fresh));
    free(fresh);
    explicit_bzero(hash, sizeof(hash));
    replaced_file_close(&file);
    return result;
}
