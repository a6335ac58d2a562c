/* SPDX-License-Identifier: ISC */

#include "confine/limits.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/guard.h"

enum { STATUS_SIZE = 4096 /* Uid and Threads stand in the first lines of it */ };

/* Of one process; 0 when it is another's, or has ended meanwhile. */
static uint64_t tasks_of(int proc, const char *pid, uid_t uid)
{
    char path[64];
    char text[STATUS_SIZE];
    const char *line;
    ssize_t length;
    int fd;

    snprintf(path, sizeof(path), "%.20s/status", pid);
    fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    length = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    line = strstr(text, "\nUid:");
    if (line == NULL || strtoul(line + strlen("\nUid:"), NULL, 10) != uid)
        return 0;
    line = strstr(text, "\nThreads:");
    return line != NULL ? strtoull(line + strlen("\nThreads:"), NULL, 10) : 1;
}

uint64_t limits_tasks(uid_t uid)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    uint64_t tasks = 0;

    while (proc != NULL && (entry = readdir(proc)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            tasks += tasks_of(dirfd(proc), entry->d_name, uid);
    if (proc != NULL)
        closedir(proc);
    return tasks;
}

static int lower(__rlimit_resource_t resource, uint64_t most)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) != 0)
        return errno;
    if (limit.rlim_max > most)
        limit.rlim_max = (rlim_t)most;
    if (limit.rlim_cur > limit.rlim_max)
        limit.rlim_cur = limit.rlim_max;
    return setrlimit(resource, &limit) == 0 ? 0 : errno;
}

int limits_apply(const struct limits *limits, bool all, uid_t uid)
{
    int error = 0;

    if (limits->files != 0)
        error = lower(RLIMIT_NOFILE, limits->files);
    /* What a sanitizer sets aside for itself is above every limit. */
    if (error == 0 && all && limits->memory != 0 && !guard_sanitized())
        error = lower(RLIMIT_DATA, limits->memory);
    if (error == 0 && all && limits->processes != 0)
        error = lower(RLIMIT_NPROC, limits_tasks(uid) + limits->processes + LIMITS_HOST_TASKS);
    return error;
}
