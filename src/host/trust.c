/* SPDX-License-Identifier: ISC */

#include "host/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINKS_LIMIT = 40 };

/* A walk in progress: the folder reached, and the part of the path still ahead. */
struct walk {
    int folder;
    char ahead[2 * PATH_MAX];
    unsigned links;
    char *why;
    size_t size;
};

static const char *mistrust(const struct stat *status)
{
    bool sticky = S_ISDIR(status->st_mode) && (status->st_mode & S_ISVTX) != 0;

    if (status->st_uid != 0 && status->st_uid != geteuid())
        return "belongs neither to root nor to the user this host runs as";
    if (S_ISLNK(status->st_mode) || sticky)
        return NULL;
    if ((status->st_mode & S_IWOTH) != 0)
        return "is writable by everybody";
    if ((status->st_mode & S_IWGRP) != 0)
        return "is writable by its group";
    return NULL;
}

/* Stats and checks what `fd` refers to; `name` is for the message. */
static bool walk_check(struct walk *walk, int fd, const char *name, struct stat *status)
{
    const char *problem;

    if (fstat(fd, status) != 0) {
        snprintf(walk->why, walk->size, "%s: %s", name, strerror(errno));
        return false;
    }
    problem = mistrust(status);
    if (problem != NULL) {
        snprintf(walk->why, walk->size, "%s %s", name, problem);
        errno = EPERM;
    }
    return problem == NULL;
}

/* Goes on at `folder` (taken over). */
static bool walk_enter(struct walk *walk, int folder, const char *name)
{
    struct stat status;

    if (walk->folder >= 0)
        close(walk->folder);
    walk->folder = folder;
    if (folder < 0) {
        snprintf(walk->why, walk->size, "%s: %s", name, strerror(errno));
        return false;
    }
    return walk_check(walk, folder, name, &status);
}

static bool walk_follow(struct walk *walk, int link, const char *name)
{
    char target[PATH_MAX];
    char joined[sizeof(walk->ahead)];
    ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
    int written;

    if (length <= 0 || ++walk->links > LINKS_LIMIT) {
        snprintf(walk->why, walk->size, "%s is a link that leads nowhere", name);
        errno = ELOOP;
        return false;
    }
    target[length] = '\0';
    written = snprintf(joined, sizeof(joined), "%s/%s", target, walk->ahead);
    if (written < 0 || (size_t)written >= sizeof(joined)) {
        snprintf(walk->why, walk->size, "%s leads to a path that is too long", name);
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(walk->ahead, joined, (size_t)written + 1);
    return target[0] != '/' || walk_enter(walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/");
}

/* Cuts the next component off what is ahead; false at the end, and at one that is too long. */
static bool walk_next(struct walk *walk, char name[NAME_MAX + 1])
{
    char *start = walk->ahead + strspn(walk->ahead, "/");
    size_t length = strcspn(start, "/");

    if (length == 0 || length > NAME_MAX)
        return false;
    memcpy(name, start, length);
    name[length] = '\0';
    memmove(walk->ahead, start + length, strlen(start + length) + 1);
    return true;
}

/* Opens the file for reading through the checked descriptor. */
static int walk_open_file(struct walk *walk, int found, const struct stat *status, const char *name)
{
    char again[64];
    int file = -1;

    snprintf(again, sizeof(again), "/proc/self/fd/%d", found);
    if (!S_ISREG(status->st_mode)) {
        snprintf(walk->why, walk->size, "%s is no regular file", name);
        errno = EPERM;
    } else if ((file = open(again, O_RDONLY | O_CLOEXEC)) < 0) {
        snprintf(walk->why, walk->size, "%s: %s", name, strerror(errno));
    }
    return file;
}

/* One component. 1: go on; 0: failed; 2: `file` is the file. */
static int walk_step(struct walk *walk, const char *name, int *file)
{
    int found = openat(walk->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    int result = 0;

    if (found < 0) {
        int error = errno;

        snprintf(walk->why, walk->size, "%s: %s", name, strerror(error));
        errno = error;
        return 0;
    }
    if (!walk_check(walk, found, name, &status)) {
        result = 0;
    } else if (S_ISLNK(status.st_mode)) {
        result = walk_follow(walk, found, name) ? 1 : 0;
    } else if (S_ISDIR(status.st_mode)) {
        close(walk->folder);
        walk->folder = found;
        return 1;
    } else {
        *file = walk_open_file(walk, found, &status, name);
        result = *file >= 0 ? 2 : 0;
    }
    close(found);
    return result;
}

int trust_open(const char *path, char *why, size_t size)
{
    struct walk walk = {.folder = -1, .why = why, .size = size};
    char name[NAME_MAX + 1];
    int file = -1;
    int step = 0;
    int error;

    snprintf(why, size, "%s is not usable as a path", path);
    errno = EINVAL;
    if (path[0] != '/' || strlen(path) >= sizeof(walk.ahead))
        return -1;
    memcpy(walk.ahead, path, strlen(path) + 1);
    if (walk_enter(&walk, open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), "/"))
        step = 1;
    while (step == 1 && walk_next(&walk, name))
        step = walk_step(&walk, name, &file);
    error = errno;
    if (step == 1 && walk.ahead[strspn(walk.ahead, "/")] != '\0') {
        snprintf(why, size, "a name in the path is too long");
        error = ENAMETOOLONG;
    } else if (step == 1) {
        snprintf(why, size, "%s is a folder, not a library", path);
    }
    if (step == 2 && walk.ahead[strspn(walk.ahead, "/")] != '\0') {
        snprintf(why, size, "%s is not a folder", name);
        close(file);
        file = -1;
        error = ENOTDIR;
    }
    if (walk.folder >= 0)
        close(walk.folder);
    errno = error;
    return file;
}
