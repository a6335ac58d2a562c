/* SPDX-License-Identifier: ISC */

#include "confine/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/memory.h"

/* Where this process goes when the folder for all is its own. */
#define SERVICE "service"

enum { LEFT_PATIENCE = 2000, PAUSE = 1, FILE_SIZE = 64 * 1024 };

/* ---- files ---- */

static int file_open(const char *folder, const char *name, int flags)
{
    char path[PATH_MAX];

    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    return open(path, flags | O_CLOEXEC);
}

/* 0 or errno. */
static int file_write(const char *folder, const char *name, const char *text)
{
    int fd = file_open(folder, name, O_WRONLY);
    int error = 0;

    if (fd < 0)
        return errno;
    if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
        error = errno;
    close(fd);
    return error;
}

/* What the file holds, or its first whole lines; NULL: it cannot be read. free(). */
static char *file_read(const char *folder, const char *name)
{
    int fd = file_open(folder, name, O_RDONLY);
    char *text;
    size_t used = 0;
    ssize_t got;

    if (fd < 0)
        return NULL;
    text = mem_alloc(FILE_SIZE);
    while (used + 1 < FILE_SIZE && (got = read(fd, text + used, FILE_SIZE - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    /* Half a number is another one. */
    if (used + 1 == FILE_SIZE)
        while (used > 0 && text[used - 1] != '\n')
            text[--used] = '\0';
    return text;
}

/* Is it one of the blank-separated words of the file? */
static bool file_has_word(const char *folder, const char *name, const char *word)
{
    char *text = file_read(folder, name);
    bool found = false;
    char *rest = NULL;

    for (char *at = text != NULL ? strtok_r(text, " \n", &rest) : NULL; at != NULL && !found;
         at = strtok_r(NULL, " \n", &rest))
        found = strcmp(at, word) == 0;
    free(text);
    return found;
}

/* ---- the folder for all ---- */

/* The line "0::/path" of /proc/self/cgroup, without a newline. free(). */
static char *own_path(void)
{
    char *text = file_read("/proc/self", "cgroup");
    char *rest = NULL;
    char *path = NULL;

    for (char *line = text != NULL ? strtok_r(text, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, "0::/", 4) == 0)
            path = mem_text(line + 3);
    free(text);
    return path;
}

/*
 * Where the whole hierarchy of cgroup v2 is mounted (proc(5), /proc/pid/mountinfo): the fifth word
 * of a line, whose type comes behind a dash. free().
 */
static char *mount_point(void)
{
    FILE *mounts = fopen("/proc/self/mountinfo", "re");
    char line[2 * PATH_MAX];
    char root[PATH_MAX];
    char point[PATH_MAX];
    char *found = NULL;

    while (mounts != NULL && found == NULL && fgets(line, sizeof(line), mounts) != NULL) {
        const char *dash = strstr(line, " - ");

        if (dash != NULL && strncmp(dash, " - cgroup2 ", 11) == 0 &&
            sscanf(line, "%*s %*s %*s %4095s %4095s", root, point) == 2 && strcmp(root, "/") == 0)
            found = mem_text(point);
    }
    if (mounts != NULL)
        fclose(mounts);
    return found;
}

/* Is it this process, or a child of it? */
static bool is_ours(pid_t pid)
{
    char folder[32];
    char *stat;
    const char *name_end;
    int parent = 0;

    if (pid == getpid())
        return true;
    snprintf(folder, sizeof(folder), "/proc/%d", (int)pid);
    stat = file_read(folder, "stat");
    name_end = stat != NULL ? strrchr(stat, ')') : NULL;
    if (name_end != NULL && sscanf(name_end + 1, " %*c %d", &parent) != 1)
        parent = 0;
    free(stat);
    return parent == getpid();
}

/* Calls that for each process that is in there, until one says no. */
static bool each_process(const char *folder, bool (*call)(const char *, pid_t), const char *about)
{
    char *text = file_read(folder, "cgroup.procs");
    bool going = text != NULL;
    char *end;

    for (char *at = text; going && *at != '\0'; at = end) {
        long pid = strtol(at, &end, 10);

        if (end == at)
            break;
        while (*end == '\n')
            end++;
        going = call(about, (pid_t)pid);
    }
    free(text);
    return going;
}

static bool check_ours(const char *about, pid_t pid)
{
    (void)about;
    return is_ours(pid);
}

char *cgroup_own(void)
{
    char *path = own_path();
    char *mounted = mount_point();
    char *own = NULL;
    char *events = NULL;

    if (path != NULL && mounted != NULL && strstr(path, "/..") == NULL)
        own = mem_printf("%s%s", mounted, strcmp(path, "/") != 0 ? path : "");
    /* The root of all has no such file. */
    if (own != NULL)
        events = file_read(own, "cgroup.events");
    if (events == NULL || !each_process(own, check_ours, NULL)) {
        free(own);
        own = NULL;
    }
    free(events);
    free(path);
    free(mounted);
    return own;
}

static bool move(const char *to, pid_t pid)
{
    char text[24];

    if (!is_ours(pid))
        return true;
    snprintf(text, sizeof(text), "%d", (int)pid);
    errno = file_write(to, "cgroup.procs", text);
    return errno == 0 || errno == ESRCH;
}

/* When this process is in there, a folder below is made for it. 0 or errno. */
static int move_out_of(const char *base)
{
    char pid[24];
    char *below;
    int error = 0;

    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (!file_has_word(base, "cgroup.procs", pid))
        return 0;
    below = mem_printf("%s/" SERVICE, base);
    if (mkdir(below, 0755) != 0 && errno != EEXIST)
        error = errno;
    if (error == 0 && !each_process(base, move, below))
        error = errno;
    free(below);
    return error;
}

/* "shell-" and a number. */
static bool is_shells(const char *name)
{
    const char *number = name + strlen(CGROUP_SHELL);

    return strncmp(name, CGROUP_SHELL, strlen(CGROUP_SHELL)) == 0 && *number != '\0' &&
           number[strspn(number, "0123456789")] == '\0';
}

/* What a service that was killed has left, when nobody was there to end it. */
static void end_left(const char *base)
{
    DIR *folder = opendir(base);
    const struct dirent *entry;

    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        char *left;

        if (!is_shells(entry->d_name))
            continue;
        left = mem_printf("%s/%s", base, entry->d_name);
        cgroup_end(left, LEFT_PATIENCE);
        free(left);
    }
    if (folder != NULL)
        closedir(folder);
}

/* May folders in `base` limit that? */
static bool delegate(const char *base, const char *controller)
{
    char word[32];

    if (!file_has_word(base, "cgroup.controllers", controller))
        return false;
    snprintf(word, sizeof(word), "+%s", controller);
    return file_has_word(base, "cgroup.subtree_control", controller) ||
           (file_write(base, "cgroup.subtree_control", word) == 0 &&
            file_has_word(base, "cgroup.subtree_control", controller));
}

bool cgroup_delegates(const char *base)
{
    return delegate(base, "memory") && delegate(base, "pids");
}

bool cgroup_usable(const char *base, char *why, size_t why_size)
{
    struct statfs system;
    bool found = statfs(base, &system) == 0;

    if (found && system.f_type != CGROUP2_SUPER_MAGIC)
        snprintf(why, why_size, "it is no folder of cgroup v2");
    else if (!found || access(base, W_OK) != 0)
        snprintf(why, why_size, "%s", strerror(errno));
    else
        return true;
    return false;
}

/*
 * 0 or errno. The lock is the open folder's (flock(2)) and ends with this process, which keeps it
 * open; no program that it becomes a parent of does.
 */
static int folder_lock(const char *base)
{
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error;

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    error = errno;
    if (fd >= 0)
        close(fd);
    return error;
}

bool cgroup_open(const char *base, bool *limits, char *why, size_t why_size)
{
    int error;

    *limits = false;
    if (!cgroup_usable(base, why, why_size))
        return false;
    error = folder_lock(base);
    if (error == EWOULDBLOCK) {
        snprintf(why, why_size, "another winrmd that runs has its shells there");
        return false;
    }
    if (error == 0)
        error = move_out_of(base);
    if (error != 0) {
        snprintf(why, why_size, "%s", strerror(error));
        return false;
    }
    end_left(base);
    *limits = cgroup_delegates(base);
    return true;
}

/* ---- the folder of one shell ---- */

int cgroup_make(const char *folder)
{
    return mkdir(folder, 0755) == 0 ? 0 : errno;
}

static int limit_write(const char *folder, const char *name, uint64_t most)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIu64, most);
    return file_write(folder, name, text);
}

int cgroup_limit(const char *folder, const struct limits *limits)
{
    int error = 0;

    if (limits->memory != 0) {
        error = limit_write(folder, "memory.max", limits->memory);
        if (error != 0)
            return error;
        /* Memory is memory, wherever it is kept. A kernel without swap has no such file. */
        error = limit_write(folder, "memory.swap.max", 0);
        if (error == ENOENT)
            error = 0;
    }
    if (error == 0 && limits->processes != 0)
        error = limit_write(folder, "pids.max", limits->processes + LIMITS_HOST_TASKS);
    return error;
}

int cgroup_door(const char *folder)
{
    return file_open(folder, "cgroup.procs", O_WRONLY);
}

/* By descriptor: the number may be another process's by now, which is not in there. */
static bool kill_one(const char *folder, pid_t pid)
{
    int process = pid > 1 ? pidfd_open(pid, 0) : -1;
    char number[24];

    snprintf(number, sizeof(number), "%d", (int)pid);
    if (process >= 0 && file_has_word(folder, "cgroup.procs", number))
        pidfd_send_signal(process, SIGKILL, NULL, 0);
    if (process >= 0)
        close(process);
    return true;
}

void cgroup_kill(const char *folder)
{
    if (file_write(folder, "cgroup.kill", "1") != 0)
        each_process(folder, kill_one, folder);
}

bool cgroup_end(const char *folder, unsigned milliseconds)
{
    for (unsigned waited = 0;; waited += PAUSE) {
        /* The kernel removes none that somebody lives in. */
        if (rmdir(folder) == 0 || errno == ENOENT)
            return true;
        cgroup_kill(folder);
        if (waited >= milliseconds)
            return false;
        poll(NULL, 0, PAUSE);
    }
}
