/* SPDX-License-Identifier: ISC */

#include "session/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/channel.h"
#include "ipc/program.h"

/* What failed; P(name, text). */
#define STEP_TABLE(P)                                    \
    P(descriptors, "its descriptors cannot be arranged") \
    P(cgroup, "it cannot enter its cgroup")              \
    P(session, "it cannot have a session of its own")    \
    P(limits, "its limits cannot be set")                \
    P(identity, "it cannot become that account")         \
    P(privileges, "it cannot give up new privileges")    \
    P(program, "the shell host cannot be started")

enum step {
    STEP_none,
#define P(name, text) STEP_##name,
    STEP_TABLE(P)
#undef P
};

struct failure {
    enum step step;
    int error;
};

static const char *step_text(enum step step)
{
    switch (step) {
#define P(name, text) \
    case STEP_##name: \
        return text;
        STEP_TABLE(P)
#undef P
    default:
        return "it ended before it began";
    }
}

/* ---- in the child ---- */

static void signals_reset(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * 0 and 1 go nowhere, 2 stays the log, 3 is the channel, 4 tells of a failure and closes with the
 * program; nothing else stays open.
 */
static bool arrange_descriptors(int channel, int *report)
{
    int high_channel = fcntl(channel, F_DUPFD_CLOEXEC, CHANNEL_FD + 2);
    int high_report = fcntl(*report, F_DUPFD_CLOEXEC, CHANNEL_FD + 2);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (high_channel < 0 || high_report < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0 || dup2(high_channel, CHANNEL_FD) < 0 ||
        dup3(high_report, CHANNEL_FD + 1, O_CLOEXEC) < 0)
        return false;
    *report = CHANNEL_FD + 1;
    return close_range(CHANNEL_FD + 2, ~0U, 0) == 0;
}

static bool enter_cgroup(int door)
{
    return door < 0 || write(door, "0", 1) == 1;
}

static enum step become_host(const struct start *start, int *report)
{
    const struct identity *identity = &start->login->identity;

    if (!enter_cgroup(start->door))
        return STEP_cgroup;
    if (!arrange_descriptors(start->channel, report))
        return STEP_descriptors;
    signals_reset();
    if (setsid() < 0)
        return STEP_session;
    errno = limits_apply(&start->limits, start->rlimits, identity->uid);
    if (errno != 0)
        return STEP_limits;
    errno = identity_assume(identity, start->root);
    if (errno != 0)
        return STEP_identity;
    if (start->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return STEP_privileges;
    /* As the user, who has no more to say here than elsewhere. */
    if (chdir(start->directory) != 0 && chdir(start->login->home) != 0 && chdir("/") != 0)
        return STEP_descriptors;
    /* When it is stopped and nobody above is left, it wakes up, finds its channel ended, and ends.
     */
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    execve(start->program, (char *[]){(char *)(uintptr_t)start->program, NULL}, start->environment);
    return STEP_program;
}

/* ---- in the session's process ---- */

static void say(const struct failure *failure, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s%s%s", step_text(failure->step), failure->error != 0 ? ": " : "",
             failure->error != 0 ? strerror(failure->error) : "");
}

bool start_host(const struct start *start, pid_t *pid, char *why, size_t why_size)
{
    struct failure failure = {0};
    int report[2];
    size_t got = 0;

    if (pipe2(report, O_CLOEXEC) != 0) {
        snprintf(why, why_size, "no pipe: %s", strerror(errno));
        return false;
    }
    *pid = fork();
    if (*pid == 0) {
        failure.step = become_host(start, &report[1]);
        failure.error = errno;
        _exit(write(report[1], &failure, sizeof(failure)) == (ssize_t)sizeof(failure) ? 1 : 2);
    }
    failure.error = errno;
    close(report[1]);
    if (*pid > 0)
        got = program_await(*pid, report[0], &failure, sizeof(failure));
    close(report[0]);
    if (*pid > 0 && got == 0)
        return true;
    if (*pid > 0)
        waitpid(*pid, NULL, 0);
    else
        failure.step = STEP_program;
    say(&failure, why, why_size);
    return false;
}
