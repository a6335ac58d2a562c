/* SPDX-License-Identifier: ISC */

#include "base/file_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

char *file_load(int fd, size_t *length, const char **why)
{
    struct stat status;
    char *bytes = NULL;
    size_t filled = 0;
    ssize_t got = 1;

    *length = 0;
    *why = "it is no regular file";
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return NULL;
    bytes = mem_alloc(FILE_LOAD_LIMIT + 1);
    while (filled <= FILE_LOAD_LIMIT && got > 0) {
        got = pread(fd, bytes + filled, FILE_LOAD_LIMIT + 1 - filled, (off_t)filled);
        if (got > 0)
            filled += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    if (got < 0 || filled > FILE_LOAD_LIMIT) {
        *why = got < 0 ? strerror(errno) : "it is larger than 1 MiB";
        explicit_bzero(bytes, filled);
        free(bytes);
        return NULL;
    }
    *length = filled;
    return bytes;
}
