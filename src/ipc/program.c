/* SPDX-License-Identifier: ISC */

#include "ipc/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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

const char *const program_trial[] = {PROGRAM_TRIAL, NULL};

/* What a sanitizer build needs to report; and what the log is, for log_open(). */
static const char *const passed_always[] = {"ASAN_OPTIONS", "UBSAN_OPTIONS",  "LSAN_OPTIONS",
                                            "TSAN_OPTIONS", "JOURNAL_STREAM", NULL};

enum {
    VARIABLES = 16,
    LOOK_PAUSE = 50,      /* before a child that has not begun is looked at */
    BEGIN_PATIENCE = 5000 /* for it to begin */
};

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

/* ---- the process that becomes the program ---- */

/* Everything the child needs, made before it is: it may share this process's memory. */
struct spawn {
    const struct program *program;
    char *const *environment;
    char *const *arguments;
    int null;
    int report; /* where errno goes; closed by exec */
    bool ignored[NSIG];
};

static int child_descriptors(const struct spawn *spawn)
{
    const struct program *program = spawn->program;

    if (dup2(spawn->null, STDIN_FILENO) < 0 || dup2(spawn->null, STDOUT_FILENO) < 0 ||
        (program->errors >= 0 && dup2(program->errors, STDERR_FILENO) < 0))
        return errno;
    /* What this process was started with is for nobody else. */
    if (syscall(SYS_close_range, CHANNEL_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        return errno;
    if (program->channel == CHANNEL_FD)
        return fcntl(CHANNEL_FD, F_SETFD, 0) == 0 ? 0 : errno;
    return dup2(program->channel, CHANNEL_FD) == CHANNEL_FD ? 0 : errno;
}

/* exec itself resets what is caught. */
static int child_signals(const struct spawn *spawn)
{
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int i = 1; i < NSIG; i++)
        if (spawn->ignored[i] && sigaction(i, &standard, NULL) != 0)
            return errno;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0 ? 0 : errno;
}

/* In the folder as whom it is to be: a folder that it may not enter is no place for it. */
static int child_become(const struct spawn *spawn)
{
    const struct program *program = spawn->program;
    int error = 0;

    /* A group of its own: a terminal's Ctrl-C is for the broker, which then ends the others. */
    if (setpgid(0, 0) != 0 ||
        (program->files != NULL && setrlimit(RLIMIT_NOFILE, program->files) != 0))
        return errno;
    error = child_descriptors(spawn);
    if (error == 0 && program->identity != NULL)
        error = identity_leave_keyring();
    if (error == 0 && program->identity != NULL)
        error = identity_assume(program->identity, false);
    if (error == 0 && program->directory != NULL && chdir(program->directory) != 0)
        error = errno;
    if (error == 0)
        error = child_signals(spawn);
    if (error == 0) {
        execve(program->path, spawn->arguments, spawn->environment);
        error = errno;
    }
    return error;
}

/* Not in the frame of vfork(), whose variables the child would change. */
__attribute__((noinline, noreturn)) static void child_run(const struct spawn *spawn)
{
    int error = child_become(spawn);

    if (write(spawn->report, &error, sizeof(error)) < 0)
        _exit(126);
    _exit(127);
}

/*
 * vfork() and not fork(), which takes longer the more memory the parent has; but vfork() has the
 * parent wait without end for the child, which another user may stop once it is his.
 */
__attribute__((noinline)) static pid_t child_make(const struct spawn *spawn)
{
    pid_t pid = spawn->program->identity == NULL ? vfork() : fork();

    if (pid == 0)
        child_run(spawn);
    return pid;
}

static void signals_note(struct spawn *spawn)
{
    struct sigaction action;

    for (int i = 1; i < NSIG; i++)
        spawn->ignored[i] = sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static bool is_stopped(pid_t pid)
{
    siginfo_t state = {0};

    return waitid(P_PID, (id_t)pid, &state, WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           state.si_pid == pid;
}

size_t program_await(pid_t pid, int outcome, void *report, size_t size)
{
    struct pollfd pipe = {.fd = outcome, .events = POLLIN};
    ssize_t got;
    int ready;

    for (int waited = 0; (ready = poll(&pipe, 1, LOOK_PAUSE)) <= 0; waited += LOOK_PAUSE)
        if (ready == 0 && (is_stopped(pid) || waited >= BEGIN_PATIENCE))
            kill(pid, SIGKILL);
    got = read(outcome, report, size);
    return got > 0 ? (size_t)got : 0;
}

/* No signal but those of who may stop it meets the child while it has this process's memory. */
static int spawn_run(pid_t *pid, struct spawn *spawn, int outcome)
{
    sigset_t all, before;
    int error = 0;

    signals_note(spawn);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    *pid = child_make(spawn);
    error = *pid < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(spawn->report);
    spawn->report = -1;
    if (error == 0 && program_await(*pid, outcome, &error, sizeof(error)) != sizeof(error))
        error = 0;
    if (error != 0 && *pid > 0) {
        waitpid(*pid, NULL, 0);
        *pid = -1;
    }
    return error;
}

int program_start(pid_t *pid, const struct program *program)
{
    struct environment environment;
    char *arguments[] = {(char *)(uintptr_t)program->path, NULL};
    struct spawn spawn = {.program = program,
                          .environment = environment.variable,
                          .arguments = arguments,
                          .null = open("/dev/null", O_RDWR | O_CLOEXEC),
                          .report = -1};
    int pair[2] = {-1, -1};
    int error = spawn.null < 0 || pipe2(pair, O_CLOEXEC) != 0 ? errno : 0;

    *pid = -1;
    /* Above all that the child is given. */
    if (error == 0 && (spawn.report = fcntl(pair[1], F_DUPFD_CLOEXEC, CHANNEL_FD + 1)) < 0)
        error = errno;
    if (pair[1] >= 0)
        close(pair[1]);
    if (error == 0) {
        environment_make(&environment, program->passed);
        error = spawn_run(pid, &spawn, pair[0]);
        environment_free(&environment);
    }
    if (spawn.report >= 0)
        close(spawn.report);
    if (pair[0] >= 0)
        close(pair[0]);
    if (spawn.null >= 0)
        close(spawn.null);
    return error;
}
