/* SPDX-License-Identifier: ISC */

/*
 * winrmctl passwd. The file is never changed in place: a new one is written beside it and renamed,
 * so that winrmd sees the old or the new one and nothing between. The folder is locked meanwhile,
 * so that two of us do not lose each other's change.
 */
#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "auth/users.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "ctl/ctl.h"

enum { PASSWORD_LIMIT = 511 };

struct password_file {
    char *path; /* links resolved */
    char *folder;
    int lock;
    bool exists;
    struct stat status;
    struct buffer old;
    struct buffer new;
};

/* ---- the password ---- */

/* True when echoing was on and is off now. */
static bool echo_off(struct termios *before)
{
    struct termios quiet;

    if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    quiet = *before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
        return false;
    fputs("Password: ", stderr);
    return true;
}

/* The first line of standard input, without its end; at most PASSWORD_LIMIT + 1 bytes of it. */
static ssize_t line_read(char line[PASSWORD_LIMIT + 2])
{
    size_t length = 0;

    while (length <= PASSWORD_LIMIT) {
        ssize_t got = read(STDIN_FILENO, line + length, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0 || line[length] == '\n')
            break;
        length++;
    }
    line[length] = '\0';
    return (ssize_t)length;
}

static bool password_read(char password[PASSWORD_LIMIT + 2])
{
    struct termios before;
    bool quiet = echo_off(&before);
    ssize_t length = line_read(password);

    if (quiet) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputs("\n", stderr);
    }
    if (length < 0) {
        ctl_complain("standard input cannot be read: %s", strerror(errno));
        return false;
    }
    if (length > PASSWORD_LIMIT) {
        ctl_complain("the password is longer than %d bytes; choose a shorter one", PASSWORD_LIMIT);
        return false;
    }
    if (length == 0 || (ssize_t)strlen(password) != length ||
        !utf8_valid(password, (size_t)length)) {
        ctl_complain("standard input begins with %s; write the password as its first line",
                     length == 0 ? "an empty line" : "a line that is no text in UTF-8");
        return false;
    }
    return true;
}

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
    const char *end = at + buffer_length(text);
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

/* The groups of a line: what stands behind its second colon. */
static void groups_keep(struct buffer *out, const char *line, size_t length)
{
    const char *first = memchr(line, ':', length);
    const char *second =
        first == NULL ? NULL : memchr(first + 1, ':', (size_t)(line + length - first - 1));

    if (second != NULL)
        buffer_append(out, second, (size_t)(line + length - second));
}

static void text_edit(struct password_file *file, const char *name, const char *hash,
                      const char *groups)
{
    struct buffer *old = &file->old;
    struct buffer *new = &file->new;
    size_t length = 0;
    const char *line = line_find(old, name, &length);
    const char *start = (const char *)buffer_bytes(old);
    size_t before = line != NULL ? (size_t)(line - start) : buffer_length(old);
    size_t after = before + length;

    if (line != NULL && after < buffer_length(old))
        after++;
    if (before > 0)
        buffer_append(new, start, before);
    if (before > 0 && start[before - 1] != '\n')
        buffer_text(new, "\n");
    if (hash != NULL) {
        buffer_printf(new, "%s:%s", name, hash);
        if (groups != NULL && groups[0] != '\0')
            buffer_printf(new, ":%s", groups);
        else if (groups == NULL && line != NULL)
            groups_keep(new, line, length);
        buffer_text(new, "\n");
    }
    if (line != NULL && after < buffer_length(old))
        buffer_append(new, start + after, buffer_length(old) - after);
}

/* ---- the file ---- */

static bool file_read(struct password_file *file)
{
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t got = 1;
    bool done = false;

    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 || fstat(fd, &file->status) != 0) {
        ctl_complain("%s cannot be read: %s", file->path, strerror(errno));
        goto out;
    }
    file->exists = true;
    if (!S_ISREG(file->status.st_mode)) {
        ctl_complain("%s is no regular file; name another one", file->path);
        goto out;
    }
    while (got > 0) {
        uint8_t *room = buffer_reserve(&file->old, 65536);

        if (room == NULL) {
            ctl_complain("%s is larger than a password file can be", file->path);
            goto out;
        }
        got = read(fd, room, 65536);
        if (got > 0)
            buffer_added(&file->old, (size_t)got);
    }
    if (got < 0)
        ctl_complain("%s cannot be read: %s", file->path, strerror(errno));
    done = got == 0;
out:
    if (fd >= 0)
        close(fd);
    return done;
}

/* Is the text a password file that winrmd will take? */
static bool text_acceptable(const struct password_file *file, struct buffer *text, const char *when)
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

static bool file_write(struct password_file *file)
{
    char *beside = mem_printf("%s.XXXXXX", file->path);
    int fd = mkostemp(beside, O_CLOEXEC);
    const char *bytes = (const char *)buffer_bytes(&file->new);
    size_t left = buffer_length(&file->new);
    ssize_t put = 0;
    bool done = fd >= 0 && fchmod(fd, 0600) == 0;

    /* winrmd-auth must still own its file when root has changed it. */
    if (done && file->exists && file->status.st_uid != geteuid())
        done = fchown(fd, file->status.st_uid, file->status.st_gid) == 0;
    while (done && left > 0) {
        put = write(fd, bytes, left);
        if (put < 0 && errno == EINTR)
            continue;
        done = put >= 0;
        bytes += put > 0 ? put : 0;
        left -= put > 0 ? (size_t)put : 0;
    }
    done = done && fsync(fd) == 0 && rename(beside, file->path) == 0 && fsync(file->lock) == 0;
    if (!done) {
        ctl_complain("%s cannot be written: %s", file->path, strerror(errno));
        if (fd >= 0)
            unlink(beside);
    }
    if (fd >= 0)
        close(fd);
    free(beside);
    return done;
}

static bool file_open(struct password_file *file, const char *path)
{
    char resolved[PATH_MAX];
    const char *slash;

    buffer_init(&file->old, USERS_FILE_LIMIT);
    buffer_init(&file->new, USERS_FILE_LIMIT);
    file->path = mem_text(realpath(path, resolved) != NULL ? resolved : path);
    slash = strrchr(file->path, '/');
    file->folder = slash == NULL         ? mem_text(".")
                   : slash == file->path ? mem_text("/")
                                         : mem_text_n(file->path, (size_t)(slash - file->path));
    file->lock = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file->lock < 0 || flock(file->lock, LOCK_EX) != 0) {
        ctl_complain("the folder %s cannot be used: %s", file->folder, strerror(errno));
        return false;
    }
    return file_read(file) && text_acceptable(file, &file->old, "is not in order");
}

static void file_close(struct password_file *file)
{
    if (file->lock >= 0)
        close(file->lock);
    if (file->old.data != NULL)
        explicit_bzero(file->old.data, file->old.capacity);
    if (file->new.data != NULL)
        explicit_bzero(file->new.data, file->new.capacity);
    buffer_free(&file->old);
    buffer_free(&file->new);
    free(file->path);
    free(file->folder);
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
    struct password_file file = {.lock = -1};
    char hash[USER_HASH_LIMIT + 1] = "";
    enum ctl_exit result = CTL_failed;
    size_t length;

    if (!arguments_valid(options, name))
        return CTL_usage;
    /* First the password: nobody should hold the lock while somebody types. */
    if (!options->remove && !password_hash(hash))
        goto out;
    if (!file_open(&file, path))
        goto out;
    if (options->remove && line_find(&file.old, name, &length) == NULL) {
        ctl_complain("%s has no user %s", file.path, name);
        goto out;
    }
    text_edit(&file, name, options->remove ? NULL : hash, options->groups);
    if (file.new.failed) {
        ctl_complain("%s would become larger than a password file can be", file.path);
        goto out;
    }
    if (text_acceptable(&file, &file.new, "would not be in order") && file_write(&file))
        result = CTL_done;
out:
    explicit_bzero(hash, sizeof(hash));
    file_close(&file);
    return result;
}
