/* SPDX-License-Identifier: ISC */

/*
 * Preloaded into a process that is to wait at the FIFO that WINRMD_SLOW names, until somebody has
 * opened it for writing and closed it again: winrmd-pam, when it looks up the account
 * WINRMD_SLOW_NAME, as it does for a directory service that does not answer; winrmd-session, when a
 * process that it has made has become WINRMD_SLOW_CHILD.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#pragma GCC visibility push(default)

static void wait_at_gate(void)
{
    const char *path = getenv("WINRMD_SLOW");
    char byte;
    int fd;

    if (path == NULL)
        return;
    fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, &byte, 1) > 0)
        continue;
    if (fd >= 0)
        close(fd);
}

struct passwd *getpwnam(const char *name)
{
    struct passwd *(*real)(const char *) =
        (struct passwd * (*)(const char *)) dlsym(RTLD_NEXT, "getpwnam");
    const char *slow = getenv("WINRMD_SLOW_NAME");

    if (slow != NULL && strcmp(name, slow) == 0)
        wait_at_gate();
    return real(name);
}

/* What a process is called, the 15 bytes of it that the kernel keeps. */
static void read_name(pid_t pid, char name[32])
{
    char path[64];
    ssize_t length = -1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, name, 31);
        close(fd);
    }
    name[length > 0 ? length - 1 : 0] = '\0';
}

pid_t fork(void)
{
    pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
    const char *slow = getenv("WINRMD_SLOW_CHILD");
    char own[32], child[32];
    pid_t pid = real();

    if (pid <= 0 || slow == NULL)
        return pid;
    read_name(getpid(), own);
    do {
        sched_yield();
        read_name(pid, child);
    } while (strcmp(child, own) == 0);
    if (strcmp(child, slow) == 0)
        wait_at_gate();
    return pid;
}

#pragma GCC visibility pop
