/* SPDX-License-Identifier: ISC */

#include "broker/audit_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"

void audit_file_init(struct audit_file *file)
{
    *file = (struct audit_file){.fd = -1};
}

/* A winrmd or a machine that was stopped the hard way may have left it so. */
static bool file_is_torn(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last = '\n';

    return size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';
}

static bool file_open(struct audit_file *file, const char *path, int flags)
{
    /* O_NONBLOCK is for open() itself, which would wait for the reader of a pipe. */
    int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0600);
    int error = fd < 0 ? errno : 0;
    struct stat status;

    audit_file_init(file);
    if ((fd >= 0 ? fstat(fd, &status) : stat(path, &status)) == 0 && !S_ISREG(status.st_mode)) {
        file->why = "it is no regular file, and others cannot be written without waiting";
    } else if (fd < 0) {
        file->why = strerror(error);
    } else {
        file->fd = fd;
        file->torn = file_is_torn(fd);
        return true;
    }
    if (fd >= 0)
        close(fd);
    return false;
}

bool audit_file_open(struct audit_file *file, const char *path)
{
    return file_open(file, path, O_CREAT);
}

bool audit_file_check(struct audit_file *file, const char *path)
{
    char *copy = mem_text(path);
    bool usable;

    audit_file_init(file);
    if (access(path, F_OK) == 0 || errno != ENOENT) {
        usable = file_open(file, path, 0);
        audit_file_close(file);
    } else {
        usable = access(dirname(copy), W_OK | X_OK) == 0;
        if (!usable)
            file->why = strerror(errno);
    }
    free(copy);
    return usable;
}

void audit_file_complain(const struct audit_file *file, const char *path)
{
    log_error("the audit file %s cannot be used: %s; name another in audit { file = }", path,
              file->why);
}

void audit_file_close(struct audit_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}
