/* SPDX-License-Identifier: ISC */

#include "base/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/shortage.h"

/* May nobody touch it but its owner, and this process? Who the owner is, is not looked at. */
static bool is_private(const struct stat *status)
{
    mode_t others = status->st_mode & 077;

    return others == 0 ||
           (others == 040 && status->st_uid == 0 && geteuid() != 0 && status->st_gid == getegid());
}

static void status_check(const struct stat *status, size_t limit, struct file_fault *fault)
{
    const char *why = NULL;

    if (!S_ISREG(status->st_mode))
        why = "it is no regular file";
    else if (status->st_uid != geteuid() && status->st_uid != 0)
        why = "it belongs to another user";
    else if (!is_private(status))
        why = "others may read or write it; chmod it to 0600";
    if (why != NULL)
        snprintf(fault->text, sizeof(fault->text), "%s", why);
    else if ((size_t)status->st_size > limit)
        snprintf(fault->text, sizeof(fault->text), "it is larger than %zu MiB", limit >> 20);
}

static char *file_read(int fd, size_t size, struct file_fault *fault)
{
    /* One byte more than there should be, to see a file that grows. */
    char *bytes = mem_alloc(size + 1);
    size_t filled = 0;
    ssize_t got = 1;

    while (got > 0 && filled <= size) {
        got = read(fd, bytes + filled, size + 1 - filled);
        if (got > 0)
            filled += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (got >= 0 && filled == size)
        return bytes;
    snprintf(fault->text, sizeof(fault->text), "%s",
             got < 0 ? strerror(errno) : "it changed while it was read");
    explicit_bzero(bytes, size + 1);
    free(bytes);
    return NULL;
}

char *trusted_file_read(const char *path, size_t limit, struct stat *status, size_t *length,
                        struct file_fault *fault)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *bytes = NULL;

    *fault = (struct file_fault){0};
    *length = 0;
    memset(status, 0, sizeof(*status));
    if (fd < 0 || fstat(fd, status) != 0) {
        snprintf(fault->text, sizeof(fault->text), "%s", shortage_text(errno));
        fault->passing = errno == EMFILE || errno == ENFILE || errno == ENOMEM;
        /* Known all the same, so that the caller sees when it has changed. */
        if (stat(path, status) != 0)
            memset(status, 0, sizeof(*status));
        goto out;
    }
    status_check(status, limit, fault);
    if (fault->text[0] == '\0')
        bytes = file_read(fd, (size_t)status->st_size, fault);
    if (bytes != NULL)
        *length = (size_t)status->st_size;
out:
    if (fd >= 0)
        close(fd);
    return bytes;
}

bool trusted_file_usable(const char *path, bool secret, char *why, size_t size, const char **remedy)
{
    struct stat status;

    if (stat(path, &status) != 0) {
        snprintf(why, size, "%s", strerror(errno));
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        snprintf(why, size, "it is no regular file");
    } else if (status.st_uid != geteuid() && status.st_uid != 0) {
        snprintf(why, size, "it belongs to another user");
        *remedy = "give it to root or to the user that winrmd runs as";
    } else if (secret && !is_private(&status)) {
        snprintf(why, size, "others may read or write it");
        *remedy = "chmod it to 0600";
    } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        snprintf(why, size, "others may write to it");
        *remedy = "chmod it to 0600";
    } else if (access(path, R_OK) != 0) {
        snprintf(why, size, "%s", strerror(errno));
        *remedy = "let the user that winrmd runs as read it";
    } else {
        return true;
    }
    return false;
}
