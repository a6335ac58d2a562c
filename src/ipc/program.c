/* SPDX-License-Identifier: ISC */

#include "ipc/program.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "ipc/channel.h"

char *program_folder(const char *installed)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    char *net;
    bool beside;

    if (length <= 0)
        return mem_text(installed);
    path[length] = '\0';
    *strrchr(path, '/') = '\0';
    net = mem_printf("%s/winrmd-net", path);
    beside = access(net, X_OK) == 0;
    free(net);
    return mem_text(beside ? path : installed);
}

const char *const program_kerberos[] = {"KRB5_CONFIG", "KRB5RCACHENAME", "KRB5RCACHETYPE",
                                        "KRB5RCACHEDIR", NULL};

/* What a sanitizer build needs to report. */
static const char *const passed_always[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
                                            "TSAN_OPTIONS", NULL};

enum { VARIABLES = 16 };

struct environment {
    char *variable[VARIABLES + 1]; /* the last one stays NULL */
    size_t count;
};

static void environment_pass(struct environment *environment, const char *const *names)
{
    for (; names != NULL && *names != NULL && environment->count < VARIABLES; names++)
        if (getenv(*names) != NULL)
            environment->variable[environment->count++] =
                mem_printf("%s=%s", *names, getenv(*names));
}

/*
 * A child's whole environment: nothing of the invoking user's reaches a plug-in or a shell, and
 * nobody else is told what is not named here.
 */
static void environment_make(struct environment *environment, const char *const *passed)
{
    *environment = (struct environment){0};
    environment->variable[environment->count++] = mem_text("PATH=/usr/local/bin:/usr/bin:/bin");
    environment->variable[environment->count++] = mem_text("LANG=C.UTF-8");
    environment_pass(environment, passed_always);
    environment_pass(environment, passed);
}

static void environment_free(struct environment *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->variable[i]);
}

int program_start(pid_t *pid, const char *path, const char *directory, int channel, int errors,
                  const char *const *passed)
{
    struct environment environment;
    char *arguments[] = {(char *)(uintptr_t)path, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* A group of its own: a terminal's Ctrl-C is for the broker, which then ends the others. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, channel, CHANNEL_FD);
    if (errors >= 0)
        posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    if (directory != NULL)
        posix_spawn_file_actions_addchdir_np(&actions, directory);
    environment_make(&environment, passed);
    error = posix_spawn(pid, path, &actions, &attributes, arguments, environment.variable);
    environment_free(&environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}
