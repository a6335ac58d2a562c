/* SPDX-License-Identifier: ISC */

#include "confine/descendants.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* A zombie is dead; it only waits for its parent. */
static bool is_alive(pid_t pid)
{
    char path[64];
    char text[512];
    const char *state;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    if (read_file(path, text, sizeof(text)) == 0)
        return false;
    state = strrchr(text, ')');
    return state != NULL && state[1] == ' ' && state[2] != 'Z' && state[2] != 'X';
}

static size_t kill_below(pid_t pid, unsigned depth);

/* Kills the processes of a blank-separated list and what is below them; counts the living. */
static size_t kill_listed(const char *list, unsigned depth)
{
    size_t alive = 0;
    char *end;

    for (long pid = strtol(list, &end, 10); end != list; pid = strtol(list, &end, 10)) {
        list = end;
        if (pid <= 1)
            continue;
        /* First what is below: when a parent is gone, its children have moved up to us. */
        alive += kill_below((pid_t)pid, depth + 1);
        if (is_alive((pid_t)pid)) {
            kill((pid_t)pid, SIGKILL);
            alive++;
        }
    }
    return alive;
}

/* Children are listed by the thread that started them. */
static size_t kill_below(pid_t pid, unsigned depth)
{
    char path[64];
    struct dirent *entry;
    size_t alive = 0;
    char *list;
    DIR *tasks;

    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    tasks = depth < DEPTH_LIMIT ? opendir(path) : NULL;
    list = malloc(LIST_SIZE);
    while (tasks != NULL && list != NULL && (entry = readdir(tasks)) != NULL) {
        char file[400];

        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof(file), "%s/%s/children", path, entry->d_name);
        if (read_file(file, list, LIST_SIZE) > 0)
            alive += kill_listed(list, depth);
    }
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
        size_t alive = kill_below(getpid(), 0);

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
