/* SPDX-License-Identifier: ISC */

#include "broker/child.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/shortage.h"
#include "broker/broker.h"
#include "broker/identities.h"
#include "broker/shell_login.h"
#include "ipc/program.h"

enum {
    END_PATIENCE = 200,  /* for a process whose channel has ended */
    ORPHANS_PAUSE = 100, /* before orphans are looked for again that could not be */
    POINTLESS = 1000     /* messages that a host may send for nothing, whatever it was asked */
};

struct child *child_of(const struct channel *channel)
{
    return channel_owner(channel);
}

static void child_kill_expired(struct loop_timer *timer)
{
    struct child *process = container_of(timer, struct child, kill_timer);
    siginfo_t ended = {0};

    /* One that lives on without its channel has closed it itself: nobody from outside has ended it,
     * though our signal will. */
    if (process->login == NULL && process->pid > 0 && process->channel != NULL &&
        channel_is_ended(process->channel) &&
        waitid(P_PID, (id_t)process->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
        ended.si_pid == 0)
        process->faulty = true;
    child_kill(process);
}

static const char *const *variables_of(enum process role)
{
    return role == PROCESS_gss ? program_kerberos : NULL;
}

static struct child *child_new(struct broker *broker, enum process role,
                               void (*gone)(struct child *, bool))
{
    struct child *process = mem_alloc(sizeof(*process));

    process->broker = broker;
    process->role = role;
    process->gone = gone;
    process->pid = -1;
    list_init(&process->operations);
    process->kill_timer.expired = child_kill_expired;
    return process;
}

struct child *child_adopt(struct broker *broker, enum process role, int fd,
                          struct shell_login *login, const struct channel_events *events,
                          void (*gone)(struct child *, bool))
{
    struct child *process = child_new(broker, role, gone);

    process->login = login;
    process->channel = channel_new(broker->loop, fd, PROCESS_broker, role, events, process);
    if (process->channel == NULL) {
        log_error("%s cannot be talked to (%s)", process_name(role), strerror(errno));
        free(process);
        return NULL;
    }
    list_append(&broker->processes, &process->link);
    return process;
}

struct child *child_start(struct broker *broker, enum process role, const char *program,
                          const char *directory, const struct identity *identity,
                          const struct channel_events *events, void (*gone)(struct child *, bool))
{
    char *path = mem_printf("%s/%s", broker->programs, program);
    struct child *process = child_new(broker, role, gone);
    int pair[2] = {-1, -1};
    int error = channel_pair(pair) ? 0 : errno;

    /* Nobody is root because it was not said who he is. */
    if (identity == NULL && !identity_may_be_broker(broker, role))
        error = EPERM;
    if (error == 0)
        error = program_start(&process->pid, &(struct program){.path = path,
                                                               .directory = directory,
                                                               .channel = pair[1],
                                                               .errors = -1,
                                                               .passed = variables_of(role),
                                                               .identity = identity,
                                                               .files = &broker->files});
    if (error != 0) {
        log_error("%s cannot be started (%s)", path, shortage_text(error));
        if (pair[0] >= 0)
            close(pair[0]);
        free(process);
        process = NULL;
    } else {
        process->channel =
            channel_new(broker->loop, pair[0], PROCESS_broker, role, events, process);
        if (process->channel == NULL) {
            /* It will be waited for as an orphan. */
            log_error("%s cannot be talked to (%s)", path, shortage_text(errno));
            kill(process->pid, SIGKILL);
            free(process);
            process = NULL;
        } else {
            list_append(&broker->processes, &process->link);
        }
    }
    if (pair[1] >= 0)
        close(pair[1]);
    free(path);
    return process;
}

void child_set_ready(struct child *process)
{
    bool told = process->broker->log_level != LOG_LEVEL_info || log_journal();

    process->ready = true;
    if (told && !channel_is_ended(process->channel))
        channel_send(process->channel, log_level, .level = process->broker->log_level,
                     .journal = log_journal());
}

static void child_tell_gone(struct child *process, bool crashed)
{
    if (process->gone_told)
        return;
    process->gone_told = true;
    channel_free(process->channel);
    process->channel = NULL;
    if (process->gone != NULL)
        process->gone(process, crashed);
}

void child_kill(struct child *process)
{
    if (process->login != NULL)
        shell_login_kill(process->login);
    else if (process->pid > 0)
        kill(process->pid, SIGKILL);
}

void child_end_within(struct child *process, uint64_t milliseconds)
{
    process->expected_end = true;
    if (process->login != NULL)
        shell_login_expect_end(process->login);
    if (process->pid > 0 || process->login != NULL)
        loop_timer_start(process->broker->loop, &process->kill_timer, milliseconds);
}

void child_dismiss(struct child *process, uint64_t milliseconds)
{
    child_end_within(process, milliseconds);
    if (process->channel != NULL)
        channel_flush(process->channel);
    child_tell_gone(process, false);
}

static void child_audit_ended(const struct child *process, const char *why)
{
    struct audit *audit = process->broker->audit;

    audit_begin(audit, "process-ended");
    audit_text(audit, "process", process_name(process->role));
    audit_number(audit, "pid", process->pid > 0 ? (uint64_t)process->pid : 0);
    if (process->settings != NULL)
        audit_text(audit, "application", process->settings->path);
    if (process->plugin != NULL)
        audit_text(audit, "plugin", process->plugin->name);
    audit_text(audit, "shell", process->shell);
    audit_text(audit, "reason", why);
    audit_end(audit);
}

void child_break(struct child *process, const char *why)
{
    if (process->channel != NULL)
        channel_break(process->channel, why);
}

void child_pointless(struct child *process)
{
    if (++process->pointless > POINTLESS + 2 * process->asked)
        child_break(process, "says again and again what answers nothing");
}

void child_channel_ended(struct channel *channel, bool fault, const char *why)
{
    struct child *process = child_of(channel);

    if (fault) {
        log_error("%s[%d] %s; it is ended", process_name(process->role), (int)process->pid, why);
        child_audit_ended(process, why);
    }
    process->faulty = process->faulty || fault;
    /* Most children end with their channel; one that does not may be stopped or blocked. */
    if (fault)
        child_kill(process);
    else if (process->kill_timer.position == 0)
        loop_timer_start(process->broker->loop, &process->kill_timer, END_PATIENCE);
    /* Whoever still writes to it meanwhile finds an ended channel; it goes with the process. */
}

static struct child *child_by_pid(struct broker *broker, pid_t pid)
{
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        /* That of a login is not the broker's to wait for. */
        if (process->login == NULL && process->pid == pid)
            return process;
    }
    return NULL;
}

static void child_kill_orphans(struct broker *broker);

static void orphans_expired(struct loop_timer *timer)
{
    child_kill_orphans(container_of(timer, struct broker, orphans));
}

/*
 * The broker is the subreaper of everything below it: what a killed shell host leaves behind
 * becomes the broker's child, and no child is ever anything but ours or such an orphan.
 */
static void child_kill_orphans(struct broker *broker)
{
    char path[64];
    FILE *children;
    long pid;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    children = fopen(path, "re");
    if (children == NULL) {
        /* Nothing of a host may survive it, not even a shortage of descriptors. */
        broker->orphans.expired = orphans_expired;
        loop_timer_start(broker->loop, &broker->orphans, ORPHANS_PAUSE);
        return;
    }
    while (fscanf(children, "%ld", &pid) == 1) {
        if (child_by_pid(broker, (pid_t)pid) == NULL)
            kill((pid_t)pid, SIGKILL);
    }
    fclose(children);
}

/* SIGKILL and SIGTERM are an administrator's, or ours for a process that hangs. */
static bool child_crashed(const struct child *process, int status)
{
    bool asked =
        WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);

    return !process->expected_end && (process->faulty || !asked);
}

void child_ended(struct child *process, int status)
{
    if (!process->expected_end && !process->broker->stopping && process->role != PROCESS_config)
        log_error("%s[%d] %s %d", process_name(process->role), (int)process->pid,
                  WIFSIGNALED(status) ? "was ended by signal" : "ended with status",
                  WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    process->pid = -1;
    /* What it has said before it died counts. */
    if (process->channel != NULL)
        channel_drain(process->channel);
    child_tell_gone(process, child_crashed(process, status));
    loop_timer_stop(process->broker->loop, &process->kill_timer);
    list_remove(&process->link);
    application_settings_unref(process->settings);
    free(process->crash_entry);
    free(process->shell);
    free(process);
}

void child_reap(struct broker *broker)
{
    bool orphans = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child *process = child_by_pid(broker, pid);

        /* A module of PAM may have started a helper. */
        orphans = orphans || process == NULL || process->role == PROCESS_shell_host ||
                  process->role == PROCESS_authz_host || process->role == PROCESS_pam ||
                  process->role == PROCESS_session;
        if (process != NULL)
            child_ended(process, status);
    }
    /* Once for all of them: there may be a thousand. */
    if (orphans)
        child_kill_orphans(broker);
}
