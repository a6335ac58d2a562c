/* SPDX-License-Identifier: ISC */

#include "ctl/replaced_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/memory.h"
#include "ctl/ctl.h"

static bool file_read(struct replaced_file *file)
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

bool replaced_file_edit(struct replaced_file *file, const char *line, size_t length,
                        const char *fresh)
{
    struct buffer *old = &file->old;
    struct buffer *new = &file->new;
    const char *start = (const char *)buffer_bytes(old);
    size_t before = line != NULL ? (size_t)(line - start) : buffer_length(old);
    size_t after = line != NULL ? before + length : before;

    if (line != NULL && after < buffer_length(old))
        after++;
    if (before > 0)
        buffer_append(new, start, before);
    if (before > 0 && start[before - 1] != '\n')
        buffer_text(new, "\n");
    if (fresh != NULL)
        buffer_text(new, fresh);
    if (after < buffer_length(old))
        buffer_append(new, start + after, buffer_length(old) - after);
    if (new->failed)
        ctl_complain("%s would become larger than a password file can be", file->path);
    return !new->failed;
}

/* Root's, and a group of its own may read it. */
static bool is_shared(const struct stat *status)
{
    return status->st_uid == 0 && status->st_gid != 0 && (status->st_mode & 0777) == 0640;
}

/* Who reads it must still be able to when root has changed it. */
static bool owner_keep(int fd, const struct stat *old)
{
    return ((geteuid() != 0 && old->st_uid == geteuid()) ||
            fchown(fd, old->st_uid, old->st_gid) == 0) &&
           (!is_shared(old) || fchmod(fd, 0640) == 0);
}

/* Of root's files winrmd-auth reads those that are for its group. */
static bool owner_choose(int fd)
{
    const struct passwd *reader = geteuid() == 0 ? getpwnam("winrmd-auth") : NULL;

    return reader == NULL || (fchown(fd, 0, reader->pw_gid) == 0 && fchmod(fd, 0640) == 0);
}

bool replaced_file_write(struct replaced_file *file)
{
    char *beside = mem_printf("%s.XXXXXX", file->path);
    int fd = mkostemp(beside, O_CLOEXEC);
    const char *bytes = (const char *)buffer_bytes(&file->new);
    size_t left = buffer_length(&file->new);
    ssize_t put = 0;
    bool done = fd >= 0 && fchmod(fd, 0600) == 0;

    if (done)
        done = file->exists ? owner_keep(fd, &file->status) : owner_choose(fd);
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

bool replaced_file_open(struct replaced_file *file, const char *path)
{
    char resolved[PATH_MAX];
    const char *slash;

    *file = (struct replaced_file){.lock = -1};
    buffer_init(&file->old, REPLACED_FILE_LIMIT);
    buffer_init(&file->new, REPLACED_FILE_LIMIT);
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
    return file_read(file);
}

void replaced_file_close(struct replaced_file *file)
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
