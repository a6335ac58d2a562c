/* SPDX-License-Identifier: ISC */

#include "broker/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file_load.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/sealed.h"
#include "ipc/channel.h"

/* Three of each listener at most, and what is made. */
enum { KEPT_FILES = 256 };

static bool write_all(int fd, const void *bytes, size_t length)
{
    const char *at = bytes;

    while (length > 0) {
        ssize_t count = write(fd, at, length);

        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += count;
        length -= (size_t)count;
    }
    return true;
}

/* Such as a message takes; or -1 with errno. */
static int copy_new(const void *bytes, size_t length)
{
    int memory = sealed_new("winrmd-certificate", bytes, length);
    int fd = memory < 0 ? -1 : fcntl(memory, F_DUPFD_CLOEXEC, CHANNEL_FD);
    int error = errno;

    if (memory >= 0)
        close(memory);
    errno = error;
    return fd;
}

static bool keep(struct configuration *configuration, uint32_t number, struct kept_file file)
{
    if (file.fd < 0 || number != configuration->kept_count + 1 || number > KEPT_FILES)
        return false;
    configuration->kept =
        mem_resize(configuration->kept, configuration->kept_count + 1, sizeof(file));
    configuration->kept[configuration->kept_count++] = file;
    return true;
}

/* As errno: what file_load() does not take. */
static int why_unreadable(int fd)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return errno;
    if (S_ISREG(status.st_mode))
        return EFBIG;
    return S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
}

int kept_read(struct configuration *configuration, uint32_t number, int fd)
{
    const char *why;
    size_t length;
    char *bytes = file_load(fd, &length, &why);
    int copy = -1;

    if (bytes == NULL) {
        int error = why_unreadable(fd);

        close(fd);
        errno = error;
        return -1;
    }
    close(fd);
    copy = copy_new(bytes, length);
    explicit_bzero(bytes, length);
    free(bytes);
    if (!keep(configuration, number, (struct kept_file){.fd = copy})) {
        if (copy >= 0)
            close(copy);
        return -1;
    }
    return fcntl(copy, F_DUPFD_CLOEXEC, CHANNEL_FD);
}

bool kept_make(struct configuration *configuration, const struct message_config_made *made)
{
    struct kept_file file = {.fd = copy_new(made->content.data, made->content.length)};

    if (!keep(configuration, made->keep, file)) {
        if (file.fd >= 0)
            close(file.fd);
        return false;
    }
    configuration->kept[configuration->kept_count - 1].path = mem_text(made->path);
    configuration->kept[configuration->kept_count - 1].what = mem_text(made->what);
    return true;
}

int kept_fd(const struct configuration *configuration, uint32_t number)
{
    return number > 0 && number <= configuration->kept_count ? configuration->kept[number - 1].fd
                                                             : -1;
}

/* Whole or not at all, and never over what somebody else has put there meanwhile. */
static bool write_file(const struct kept_file *file)
{
    const char *why;
    size_t length;
    char *bytes = file_load(file->fd, &length, &why);
    int fd = open(file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = bytes != NULL && fd >= 0 && write_all(fd, bytes, length) && fsync(fd) == 0;
    int error = errno;

    if (bytes != NULL)
        explicit_bzero(bytes, length);
    free(bytes);
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && !written)
        unlink(file->path);
    errno = error;
    return written;
}

bool kept_write(const struct configuration *configuration, char *why, size_t size)
{
    for (size_t i = 0; i < configuration->kept_count; i++) {
        const struct kept_file *file = &configuration->kept[i];

        if (file->path == NULL)
            continue;
        if (!write_file(file)) {
            snprintf(why, size, "%s cannot be written (%s)", file->path, strerror(errno));
            return false;
        }
        log_info("made %s (mode 0600): %s", file->path, file->what != NULL ? file->what : "");
    }
    return true;
}

const char *kept_to_write(const struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->kept_count; i++)
        if (configuration->kept[i].path != NULL)
            return configuration->kept[i].path;
    return NULL;
}

void kept_free(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->kept_count; i++) {
        close(configuration->kept[i].fd);
        free(configuration->kept[i].path);
        free(configuration->kept[i].what);
    }
    free(configuration->kept);
}
