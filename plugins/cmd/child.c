/* SPDX-License-Identifier: ISC */

#include "cmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void close_pipes(int pipes[3][2])
{
    for (int i = 0; i < 3; i++) {
        for (int end = 0; end < 2; end++) {
            if (pipes[i][end] >= 0)
                close(pipes[i][end]);
            pipes[i][end] = -1;
        }
    }
}

/* Which end of each pipe is ours: we write its stdin and read the others. */
static int our_end(int stream)
{
    return stream == 0;
}

/* All six ends are kept clear of 0 to 2, so that no dup2 in the child overwrites another's source.
 */
static int open_pipes(int pipes[3][2])
{
    for (int i = 0; i < 3; i++) {
        int ends[2];

        if (pipe2(ends, O_CLOEXEC) != 0)
            return errno;
        for (int end = 0; end < 2; end++) {
            pipes[i][end] = ends[end] > 2 ? ends[end] : fcntl(ends[end], F_DUPFD_CLOEXEC, 3);
            if (ends[end] <= 2)
                close(ends[end]);
        }
        if (pipes[i][0] < 0 || pipes[i][1] < 0)
            return EMFILE;
        if (fcntl(pipes[i][our_end(i)], F_SETFL, O_NONBLOCK) != 0)
            return errno;
    }
    return 0;
}

static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none;
    sigset_t all;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(attributes, &none);
    posix_spawnattr_setsigdefault(attributes, &all);
    posix_spawnattr_setpgroup(attributes, 0);
    return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                                    POSIX_SPAWN_SETPGROUP);
}

/* stdin and the output beside; stdout and stderr go nowhere. */
static int add_apart(posix_spawn_file_actions_t *actions, int pipes[3][2])
{
    int error = posix_spawn_file_actions_adddup2(actions, pipes[0][0], 0);

    for (int fd = 1; fd <= 2 && error == 0; fd++)
        error = posix_spawn_file_actions_addopen(actions, fd, "/dev/null", O_WRONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, pipes[1][1], CHILD_APART);
    for (int fd = 3; fd < CHILD_APART && error == 0; fd++)
        error = posix_spawn_file_actions_addclose(actions, fd);
    return error;
}

static int add_streams(posix_spawn_file_actions_t *actions, int pipes[3][2])
{
    int error = 0;

    for (int i = 0; i < 3 && error == 0; i++)
        error = posix_spawn_file_actions_adddup2(actions, pipes[i][!our_end(i)], i);
    return error;
}

static int set_actions(posix_spawn_file_actions_t *actions, int pipes[3][2],
                       const struct child_plan *plan)
{
    int error = plan->apart ? add_apart(actions, pipes) : add_streams(actions, pipes);

    if (error == 0)
        error =
            posix_spawn_file_actions_addclosefrom_np(actions, plan->apart ? CHILD_APART + 1 : 3);
    if (error == 0)
        error = posix_spawn_file_actions_addchdir_np(actions, plan->directory);
    return error;
}

static int run(const struct child_plan *plan, int pipes[3][2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_attributes(&attributes);
        if (error == 0)
            error = set_actions(&actions, pipes, plan);
        if (error == 0)
            error = posix_spawn(pid, plan->program, &actions, &attributes, plan->arguments,
                                plan->environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

int child_start(const struct child_plan *plan, struct child *child)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    int error = open_pipes(pipes);

    if (error == 0)
        error = run(plan, pipes, &child->pid);
    if (error != 0)
        goto out;
    child->exit_fd = pidfd_open(child->pid, 0);
    if (child->exit_fd < 0) {
        error = errno;
        kill(-child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0);
        goto out;
    }
    child->input = pipes[0][1];
    child->outputs[0] = pipes[1][0];
    child->outputs[1] = pipes[2][0];
    pipes[0][1] = pipes[1][0] = pipes[2][0] = -1;
out:
    close_pipes(pipes);
    return error;
}

void child_reap(struct child *child, bool group)
{
    if (group)
        kill(-child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

void child_close(struct child *child)
{
    int *const descriptors[] = {&child->input, &child->exit_fd, &child->outputs[0],
                                &child->outputs[1]};

    for (size_t i = 0; i < sizeof(descriptors) / sizeof(descriptors[0]); i++) {
        if (*descriptors[i] >= 0)
            close(*descriptors[i]);
        *descriptors[i] = -1;
    }
}
