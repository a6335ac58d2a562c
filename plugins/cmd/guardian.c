/* SPDX-License-Identifier: ISC */

#include "cmd/guardian.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS 4096 /* more commands than one shell is ever allowed */

static void watch(pid_t *groups, size_t *count, pid_t leader)
{
    if (*count < GROUPS)
        groups[(*count)++] = leader;
}

static void forget(pid_t *groups, size_t *count, pid_t leader)
{
    for (size_t i = 0; i < *count; i++) {
        if (groups[i] == leader) {
            groups[i] = groups[--*count];
            return;
        }
    }
}

/*
 * The life of the process. It was forked from one thread of many, so it may only call what is safe
 * in a signal handler; and it lets go of everything it inherited, above all of its siblings'
 * sockets.
 */
static void guard(int fd) __attribute__((noreturn));

static void guard(int fd)
{
    pid_t groups[GROUPS];
    size_t count = 0;
    int32_t message;
    ssize_t got;

    dup2(fd, 0);
    close_range(1, ~0U, 0);
    setsid();
    prctl(PR_SET_NAME, "cmd-guardian");
    while ((got = read(0, &message, sizeof(message))) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        if (got != sizeof(message))
            continue;
        if (message > 0)
            watch(groups, &count, message);
        else
            forget(groups, &count, -message);
    }
    for (size_t i = 0; i < count; i++)
        kill(-groups[i], SIGKILL);
    _exit(0);
}

bool guardian_start(struct guardian *guardian)
{
    sigset_t all;
    sigset_t before;
    int ends[2];

    *guardian = (struct guardian){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    /* It inherits the blocked signals: only the end of the host, or SIGKILL, ends it. */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    guardian->pid = fork();
    if (guardian->pid == 0)
        guard(ends[0]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[0]);
    if (guardian->pid < 0) {
        close(ends[1]);
        guardian->pid = 0;
        return false;
    }
    guardian->fd = ends[1];
    return true;
}

static void tell(const struct guardian *guardian, int32_t message)
{
    ssize_t sent;

    /* A guardian that somebody killed cannot be told, and nothing else is lost with it. */
    do
        sent = send(guardian->fd, &message, sizeof(message), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
}

void guardian_watch(const struct guardian *guardian, pid_t leader)
{
    tell(guardian, leader);
}

void guardian_forget(const struct guardian *guardian, pid_t leader)
{
    tell(guardian, -leader);
}

void guardian_stop(struct guardian *guardian)
{
    if (guardian->fd >= 0)
        close(guardian->fd);
    if (guardian->pid > 0)
        waitpid(guardian->pid, NULL, 0);
    *guardian = (struct guardian){.fd = -1};
}
