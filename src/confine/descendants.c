/* SPDX-License-Identifier: ISC */

#include "confine/descendants.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

/*
 * While children end or are waited for, the kernel's list may leave one out that lives (proc(5),
 * /proc/pid/task/tid/children): only so many empty ones in a row mean that nobody is left.
 */
enum { DEPTH_LIMIT = 256, LIST_SIZE = 64 * 1024, EMPTY_LISTS = 3 };

static size_t read_file(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t got;

    if (fd < 0)
        return 0;
    while (used + 1 < size && (got = read(fd, text + used, size - 1 - used)) > 0)
        used += (size_t)got;
    close(fd);
    text[used] = '\0';
    return used;
}

/* Has it, all of its threads, ended? One whose first thread alone has looks like a zombie and
 * lives.
 */
static bool has_ended(int process)
{
    struct pollfd end = {.fd = process, .events = POLLIN};

    return poll(&end, 1, 0) != 0;
}

static pid_t parent_of(pid_t pid)
{
    char path[64];
    char text[512];
    const char *name_end;
    int parent = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    name_end = read_file(path, text, sizeof(text)) > 0 ? strrchr(text, ')') : NULL;
    return name_end != NULL && sscanf(name_end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

/*
 * A number that was read a moment ago may be another process's by now, and root's winrmd-session
 * may signal any: a descriptor means one process for good (pidfd_open(2)), and what it means is
 * looked at after it was opened.
 */
struct kin {
    pid_t pid;
    int process; /* -1: this process itself */
};

static bool is_child(const struct kin *child, const struct kin *parent)
{
    return parent_of(child->pid) == parent->pid && !has_ended(child->process) &&
           (parent->process < 0 || !has_ended(parent->process));
}

/* Without a descriptor for it: a child of this process keeps its number until it is waited for. */
static size_t kill_own(pid_t pid)
{
    siginfo_t ended = {0};

    if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == pid)
        return 0;
    kill(pid, SIGKILL);
    return 1;
}

static size_t kill_below(const struct kin *parent, unsigned depth);

/* How many of it and what is below it still had to be killed. */
static size_t kill_kin(pid_t pid, const struct kin *parent, unsigned depth)
{
    const struct kin child = {.pid = pid, .process = pidfd_open(pid, 0)};
    size_t alive = 0;

    if (child.process < 0)
        return errno == ESRCH ? 0 : parent->process < 0 ? kill_own(pid) : 1;
    if (is_child(&child, parent)) {
        /* First what is below: when a parent is gone, its children have moved up to us. */
        alive = 1 + kill_below(&child, depth + 1);
        pidfd_send_signal(child.process, SIGKILL, NULL, 0);
    }
    close(child.process);
    return alive;
}

/* Kills the processes of a blank-separated list and what is below them; counts the living. */
static size_t kill_listed(const char *list, const struct kin *parent, unsigned depth)
{
    size_t alive = 0;
    char *end;

    for (long pid = strtol(list, &end, 10); end != list; pid = strtol(list, &end, 10)) {
        list = end;
        if (pid > 1)
            alive += kill_kin((pid_t)pid, parent, depth);
    }
    return alive;
}

/* Children are listed by the thread that started them. */
static size_t kill_below(const struct kin *parent, unsigned depth)
{
    char path[64];
    struct dirent *entry;
    size_t alive = 0;
    char *list;
    DIR *tasks;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)parent->pid);
    tasks = depth < DEPTH_LIMIT ? opendir(path) : NULL;
    list = malloc(LIST_SIZE);
    while (tasks != NULL && list != NULL && (entry = readdir(tasks)) != NULL) {
        char file[400];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s/children", path, entry->d_name);
        if (read_file(file, list, LIST_SIZE) > 0)
            alive += kill_listed(list, parent, depth);
    }
    /* What could not be looked at is not known to be nobody. */
    if (depth == 0 && (tasks == NULL || list == NULL))
        alive = 1;
    free(list);
    if (tasks != NULL)
        closedir(tasks);
    return alive;
}

bool kill_descendants(unsigned milliseconds)
{
    uint64_t end = clock_milliseconds() + milliseconds;
    unsigned empty = 0;

    while (empty < EMPTY_LISTS) {
        size_t alive = kill_below(&(const struct kin){.pid = getpid(), .process = -1}, 0);

        empty = alive > 0 ? 0 : empty + 1;
        if (alive == 0)
            continue;
        if (clock_milliseconds() >= end) {
            log_error("%zu processes below this one do not end", alive);
            return false;
        }
        poll(NULL, 0, 1);
    }
    return true;
}

void kill_descendants_for_good(unsigned milliseconds)
{
    /* Threads of the plug-in still run: they shall not start what would be missed. */
    setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0});
    kill_descendants(milliseconds);
}
