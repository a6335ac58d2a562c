/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "ctl/ctl.h"
#include "ctl/plugin_files.h"
#include "ipc/program.h"

enum { END_PATIENCE = 2000, ORPHAN_ROUNDS = 16 };

/* In words: signal and exit status. */
static void end_describe(const struct trial *trial, char *text, size_t size)
{
    if (trial->errors.what[0] != '\0')
        snprintf(text, size, "%s", trial->errors.what);
    else if (WIFSIGNALED(trial->status))
        snprintf(text, size, "its process was ended by signal %d (SIG%s)", WTERMSIG(trial->status),
                 sigabbrev_np(WTERMSIG(trial->status)));
    else
        snprintf(text, size, "ended its process with exit status %d", WEXITSTATUS(trial->status));
}

void process_end_report(struct trial *trial)
{
    char how[600];
    char open[256];
    char *details;

    end_describe(trial, how, sizeof(how));
    trial_open_calls(trial, open, sizeof(open));
    details = mem_printf("%s%s", open, trial->errors.frames);
    report_wrong(trial->report, details, "%s", how);
    free(details);
}

static void on_process_end(struct loop_watch *watch, uint32_t events)
{
    struct trial *trial = container_of(watch, struct trial, ended);

    (void)events;
    if (waitpid(trial->pid, &trial->status, WNOHANG) != trial->pid)
        return;
    trial->over = true;
    loop_unwatch(trial->loop, watch);
    if (trial->channel != NULL)
        channel_drain(trial->channel);
    errors_drain(&trial->errors);
    loop_stop(trial->loop);
}

static void on_channel_end(struct channel *channel, bool fault, const char *why)
{
    struct trial *trial = channel_owner(channel);

    trial->cut = true;
    if (fault)
        report_wrong(trial->report, NULL, "wrote to descriptors of its host: it %s", why);
    loop_stop(trial->loop);
}

void process_await_end(struct trial *trial)
{
    trial->cut = false;
    trial_turn(trial, END_PATIENCE, NULL);
    trial->cut = true;
    if (trial->over)
        return;
    files_check(trial);
    report_wrong(trial->report, NULL, "its host lives and does not answer any more");
    kill(trial->pid, SIGKILL);
}

void process_look(struct trial *trial)
{
    bool told = trial->over || trial->cut;

    if (!told) {
        files_check(trial);
        return;
    }
    if (trial->pid == 0)
        return;
    if (!trial->over)
        process_await_end(trial);
    if (trial->over)
        process_end_report(trial);
    else
        waitpid(trial->pid, &trial->status, 0);
    trial->over = true;
    trial->pid = 0;
}

/* ---- beginning ---- */

bool process_launch(struct trial *trial)
{
    static const struct channel_events events = {.handlers = trial_handlers,
                                                 .ended = on_channel_end};
    int errors[2];
    int pair[2];
    int error;

    if (!channel_pair(pair))
        return false;
    if (pipe2(errors, O_CLOEXEC) != 0) {
        close(pair[0]);
        close(pair[1]);
        return false;
    }
    /* What the plug-in does with its host's descriptors is looked at from here. */
    setenv(PROGRAM_TRIAL, "1", 1);
    error = program_start(&trial->pid, &(struct program){.path = trial->settings->host,
                                                         .channel = pair[1],
                                                         .errors = errors[1],
                                                         .passed = program_trial});
    close(pair[1]);
    close(errors[1]);
    if (error != 0) {
        ctl_complain("%s cannot be started: %s", trial->settings->host, strerror(error));
        trial->pid = 0;
        close(pair[0]);
        close(errors[0]);
        return false;
    }
    trial->ended = (struct loop_watch){.fd = pidfd_open(trial->pid, 0), .ready = on_process_end};
    trial->channel =
        channel_new(trial->loop, pair[0], PROCESS_broker, PROCESS_authz_host, &events, trial);
    return errors_open(&trial->errors, trial->loop, errors[0], trial->settings->trace) &&
           trial->channel != NULL && trial->ended.fd >= 0 &&
           loop_watch(trial->loop, &trial->ended, EPOLLIN);
}

/* ---- what it leaves behind ---- */

/* One round for each generation of what the plug-in has forked. */
void process_end_orphans(struct trial *trial)
{
    char path[64];
    unsigned left = 0;
    long pid;

    snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
    for (int round = 0; round < ORPHAN_ROUNDS; round++) {
        FILE *children = fopen(path, "re");
        unsigned found = 0;

        while (children != NULL && fscanf(children, "%ld", &pid) == 1) {
            kill((pid_t)pid, SIGKILL);
            found++;
        }
        if (children != NULL)
            fclose(children);
        if (found == 0)
            break;
        left += found;
        while (waitpid(-1, NULL, 0) > 0)
            ;
    }
    if (left > 0)
        report_wrong(trial->report, NULL, "left %u process%s behind", left, left == 1 ? "" : "es");
}
