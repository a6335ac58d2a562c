/* SPDX-License-Identifier: ISC */

/*
 * winrmd-session: the session of one shell. It opens the account's PAM session, which belongs to
 * this process, starts the shell host as the user, and stays until that has ended: then it ends
 * everything else that the shell has started, and closes the session. Root; only the broker speaks
 * to it. docs/root-mode.md, R-20 and following.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/guard.h"
#include "base/log.h"
#include "base/memory.h"
#include "confine/cgroup.h"
#include "confine/descendants.h"
#include "ipc/channel.h"
#include "ipc/log_level.h"
#include "session/account.h"
#include "session/environment.h"
#include "session/stack.h"
#include "session/start.h"

enum { SWEEP_PATIENCE = 2000, WHY_SIZE = 512 };

static struct {
    struct loop *loop;
    struct channel *broker;
    struct loop_watch signals;
    struct stack stack;
    struct login login;
    char *cgroup; /* the folder; NULL: none was made */
    pid_t host;   /* 0: not started, or waited for */
    bool killed;  /* by this process */
    bool refused; /* the account is not to come in */
} session = {.signals.fd = -1};

/* ---- while PAM's modules work ---- */

/* Set by a signal: that it shall end, when the modules have done what they were called for. */
static volatile sig_atomic_t told_to_end;

static void on_signal(int number)
{
    (void)number;
    told_to_end = 1;
}

/* Caught, not blocked: what a module starts inherits what is blocked. */
static bool signals_catch(void)
{
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    return sigaction(SIGTERM, &action, NULL) == 0 && sigaction(SIGINT, &action, NULL) == 0 &&
           sigaction(SIGHUP, &action, NULL) == 0;
}

/* ---- the end ---- */

static noreturn void session_exit(int status)
{
    channel_flush(session.broker);
    stack_close(&session.stack);
    login_clear(&session.login);
    free(session.cgroup);
    channel_free(session.broker);
    exit(status);
}

/* PAM's modules may wait for processes of their own. */
static void signals_release(void)
{
    sigset_t none;

    if (session.signals.fd < 0)
        return;
    loop_unwatch(session.loop, &session.signals);
    close(session.signals.fd);
    session.signals.fd = -1;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* By descent, too: programs of PAM's modules are not in the cgroup. */
static void end_everything(void)
{
    if (session.cgroup != NULL && !cgroup_end(session.cgroup, SWEEP_PATIENCE))
        log_error("%s cannot be removed: processes in it do not end", session.cgroup);
    kill_descendants(SWEEP_PATIENCE);
}

static noreturn void host_over(int status)
{
    end_everything();
    signals_release();
    channel_send(session.broker, pam_session_over, .status = (uint32_t)status,
                 .killed = session.killed);
    session_exit(0);
}

/* host_over() follows when it has been waited for. */
static void host_kill(void)
{
    siginfo_t ended = {0};

    if (session.host == 0)
        return;
    session.killed = session.killed ||
                     (waitid(P_PID, (id_t)session.host, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
                      ended.si_pid == 0);
    kill(session.host, SIGKILL);
    if (session.cgroup != NULL)
        cgroup_kill(session.cgroup);
}

static void signals_ready(struct loop_watch *watch, uint32_t events)
{
    struct signalfd_siginfo told;
    int status;
    pid_t pid;

    (void)events;
    while (read(watch->fd, &told, sizeof(told)) == (ssize_t)sizeof(told))
        if (told.ssi_signo != SIGCHLD)
            host_kill();
    /* What has lost its parent is this process's child now. */
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != session.host)
            continue;
        session.host = 0;
        host_over(status);
    }
}

/* ---- the beginning ---- */

static bool signals_watch(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    session.signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    session.signals.ready = signals_ready;
    return session.signals.fd >= 0 && loop_watch(session.loop, &session.signals, EPOLLIN);
}

static bool make_cgroup(const struct message_pam_session_open *open, const struct limits *limits,
                        char *why, size_t why_size)
{
    int error;

    if (open->cgroup == NULL)
        return true;
    error = cgroup_make(open->cgroup);
    if (error == 0) {
        session.cgroup = mem_text(open->cgroup);
        error = open->rlimits ? 0 : cgroup_limit(open->cgroup, limits);
    }
    if (error != 0)
        snprintf(why, why_size, "its cgroup %.200s cannot be made: %s", open->cgroup,
                 strerror(error));
    return error == 0;
}

static bool start(const struct message_pam_session_open *open, const struct limits *limits,
                  char *why, size_t why_size)
{
    char **pam = pam_getenvlist(session.stack.handle);
    char **environment = environment_make(&session.login, pam);
    struct start start = {.program = open->program,
                          .directory = open->directory,
                          .login = &session.login,
                          .environment = environment,
                          .channel = open->host,
                          .door = session.cgroup != NULL ? cgroup_door(session.cgroup) : -1,
                          .limits = *limits,
                          .rlimits = open->rlimits,
                          .root = open->root,
                          .no_new_privileges = open->no_new_privileges};
    bool started = false;

    if (session.cgroup != NULL && start.door < 0)
        snprintf(why, why_size, "its cgroup cannot be entered: %s", strerror(errno));
    else
        started = start_host(&start, &session.host, why, why_size);
    if (start.door >= 0)
        close(start.door);
    environment_free(environment);
    environment_free(pam);
    return started;
}

/* In this order: PAM's modules may count on the groups, and change them, the limits and the umask.
 */
static bool session_open(const struct message_pam_session_open *open, char *why, size_t why_size)
{
    const struct limits limits = {
        .memory = open->max_memory, .processes = open->max_processes, .files = open->max_files};

    if (open->account == NULL || open->service == NULL || open->program == NULL ||
        open->directory == NULL || open->host < CHANNEL_FD) {
        snprintf(why, why_size, "the broker said too little");
        return false;
    }
    umask(022);
    session.refused = true;
    if (!login_find(&session.login, open->account, (uid_t)open->uid, open->root, why, why_size) ||
        !login_set_groups(&session.login, why, why_size) ||
        !stack_open(&session.stack, open->service, session.login.name, open->address, why,
                    why_size))
        return false;
    session.refused = false;
    if (!login_take_groups(&session.login, why, why_size) ||
        !make_cgroup(open, &limits, why, why_size) || !signals_watch())
        return false;
    if (told_to_end) {
        snprintf(why, why_size, "winrmd-session was told to end");
        return false;
    }
    return start(open, &limits, why, why_size);
}

static void on_open(struct channel *channel, const union message_body *body)
{
    const struct message_pam_session_open *open = &body->pam_session_open;
    char why[WHY_SIZE] = "it has no event loop";
    bool opened;

    channel_set_state(channel, CHANNEL_serving);
    opened = session_open(open, why, sizeof(why));
    if (open->host >= CHANNEL_FD)
        close(open->host);
    if (opened) {
        channel_send(channel, pam_session_opened, .process = (uint32_t)session.host);
        return;
    }
    end_everything();
    signals_release();
    channel_send(channel, pam_session_failed, .refused = session.refused, .text = why);
    session_exit(0);
}

static void on_end(struct channel *channel, const union message_body *body)
{
    (void)channel;
    (void)body;
    host_kill();
}

/* Without the broker the shell is over, and its session is closed all the same. */
static void on_broker_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        log_error("the broker %s", why);
    if (session.host == 0)
        session_exit(fault ? 1 : 0);
    host_kill();
}

int main(int count, char **arguments)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_pam_session_open] = on_open,
                                                            [MESSAGE_pam_session_end] = on_end,
                                                            [MESSAGE_log_level] = log_level_take};
    static const struct channel_events events = {.handlers = handlers, .ended = on_broker_ended};
    int error;

    (void)arguments;
    log_open("winrmd-session");
    /* Neither a log that nobody reads nor a limit that PAM's modules set ends a session that is
     * still to be closed. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    /* No more than that: the user inherits what is limited here. */
    guard_reads();
    /* When it is stopped and the broker dies, it wakes up, finds its channel ended, and ends. */
    prctl(PR_SET_PDEATHSIG, SIGCONT);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    error = identity_leave_keyring();
    if (error != 0) {
        log_error("it cannot have a keyring of its own: %s", strerror(error));
        return 1;
    }
    session.loop = count > 1 || !signals_catch() ? NULL : loop_new();
    if (session.loop != NULL)
        session.broker =
            channel_new(session.loop, CHANNEL_FD, PROCESS_session, PROCESS_broker, &events, NULL);
    if (session.broker == NULL) {
        fprintf(stderr, "winrmd-session is started by winrmd, not by hand\n");
        return 2;
    }
    loop_run(session.loop);
    return 0;
}
