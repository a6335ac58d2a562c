/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_trial.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "ctl/ctl.h"
#include "ctl/plugin_files.h"
#include "ipc/program.h"

enum {
    START_PATIENCE = 30000,
    STOP_PATIENCE = 15000, /* the host itself gives up after 5 s, twice */
    END_PATIENCE = 2000,
    ORPHAN_ROUNDS = 16,
    HOST_GAVE_UP = 1,    /* its exit status when a stop takes too long */
    SHUTDOWN_SERVICE = 2 /* WSMAN_PLUGIN_SHUTDOWN_SERVICE */
};

static uint64_t clock_milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void trial_trace(const struct trial *trial, const char *format, ...)
{
    va_list arguments;
    char line[4096];
    char *shown;

    if (!trial->settings->trace)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    shown = ctl_printable(line);
    printf("%8.3f  %s\n", (double)(clock_milliseconds() - trial->started_at) / 1000, shown);
    free(shown);
}

/* ---- waiting ---- */

static void on_time_over(struct loop_timer *timer)
{
    struct trial *trial = container_of(timer, struct trial, timer);

    trial->time_over = true;
    loop_stop(trial->loop);
}

/* Turns the loop until `done` (which may be NULL), the end of the process or of the time. */
static bool trial_turn(struct trial *trial, uint64_t milliseconds,
                       bool (*done)(const struct trial *trial))
{
    trial->time_over = false;
    trial->timer.expired = on_time_over;
    loop_timer_start(trial->loop, &trial->timer, milliseconds);
    while (!trial->over && !trial->cut && !trial->time_over && (done == NULL || !done(trial)))
        loop_run(trial->loop);
    loop_timer_stop(trial->loop, &trial->timer);
    return done != NULL && done(trial);
}

/* ---- the end of the process ---- */

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

/* It ended although nobody asked it to. */
static void end_report(struct trial *trial)
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

/* The channel has ended: so does the process, unless the plug-in has closed the channel. */
static void trial_await_end(struct trial *trial)
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

/* After each wait: has the plug-in ended its host? */
static void trial_look(struct trial *trial)
{
    bool told = trial->over || trial->cut;

    if (!told) {
        files_check(trial);
        return;
    }
    if (trial->pid == 0)
        return;
    if (!trial->over)
        trial_await_end(trial);
    if (trial->over)
        end_report(trial);
    else
        waitpid(trial->pid, &trial->status, 0);
    trial->over = true;
    trial->pid = 0;
}

/* ---- beginning ---- */

static bool host_launch(struct trial *trial)
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
    error = program_start(&trial->pid, trial->settings->host, NULL, pair[1], errors[1]);
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

static bool is_started(const struct trial *trial)
{
    return trial->started;
}

static void host_tell(struct trial *trial, uint32_t flags)
{
    const struct trial_settings *settings = trial->settings;

    files_note(trial);
    trial_trace(trial, "WSManPluginStartup will have flags %u, application \"wsman\"%s%s%s", flags,
                settings->extra_info != NULL ? ", extraInfo \"" : ", no extraInfo",
                settings->extra_info != NULL ? settings->extra_info : "",
                settings->extra_info != NULL ? "\"" : "");
    channel_send(trial->channel, host_start, .authorization = true, .application = "wsman",
                 .plugin = "plug-in", .filename = settings->path, .sdk_version = 1,
                 .extra_info = settings->extra_info, .supports_quota = settings->supports_quota,
                 .may_map_to = settings->may_map_to, .startup_flags = flags, .traced = true);
}

bool trial_begin(struct trial *trial, struct trial_settings *settings, uint32_t flags,
                 bool *could_run)
{
    memset(trial, 0, sizeof(*trial));
    trial->settings = settings;
    trial->report = settings->report;
    trial->errors.watch.fd = -1;
    trial->ended.fd = -1;
    trial->started_at = clock_milliseconds();
    trial->loop = loop_new();
    *could_run = trial->loop != NULL && host_launch(trial);
    if (!*could_run)
        return false;
    settings->lives++;
    host_tell(trial, flags);
    trial_turn(trial, START_PATIENCE, is_started);
    if (trial->started && trial->start_code != 0)
        return false;
    if (!trial->started && !trial->over && !trial->cut)
        report_wrong(trial->report, NULL, "did not return from WSManPluginStartup within %d s",
                     START_PATIENCE / 1000);
    trial_look(trial);
    files_note_loop(trial);
    return trial->started && !trial->over;
}

/*
 * Ends what the plug-in has forked: without its host it is a child of this process, which has no
 * others. One round for each generation of it.
 */
static void orphans_end(struct trial *trial)
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

void trial_end(struct trial *trial)
{
    channel_free(trial->channel);
    if (trial->pid > 0) {
        kill(trial->pid, SIGKILL);
        if (!trial->over)
            waitpid(trial->pid, NULL, 0);
    }
    if (trial->ended.fd >= 0) {
        if (!trial->over)
            loop_unwatch(trial->loop, &trial->ended);
        close(trial->ended.fd);
    }
    orphans_end(trial);
    errors_drain(&trial->errors);
    errors_close(&trial->errors);
    loop_free(trial->loop);
}

/* ---- asking, and waiting for it ---- */

static bool all_answered(const struct trial *trial)
{
    for (size_t i = 0; i < trial->count; i++)
        if (!trial->calls[i].answered && !trial->calls[i].closed)
            return false;
    return true;
}

static bool none_inside(const struct trial *trial)
{
    for (size_t i = 0; i < trial->count; i++)
        if (trial->calls[i].entered && !trial->calls[i].returned && !trial->calls[i].held)
            return false;
    return trial->releasing == 0;
}

static void call_missed(struct trial *trial, struct trial_call *call)
{
    char text[128];

    report_wrong(trial->report, NULL,
                 "%s was not completed within %u s: it is closed then and counts as refused",
                 trial_call_text(call, text), (unsigned)(trial->settings->patience / 1000));
    trial->missed++;
    trial_close(trial, call);
}

void trial_wait(struct trial *trial)
{
    trial_turn(trial, trial->settings->patience, all_answered);
    trial_look(trial);
    for (size_t i = 0; i < trial->count && !trial->over; i++)
        if (!trial->calls[i].answered && !trial->calls[i].closed)
            call_missed(trial, &trial->calls[i]);
}

static const struct trial_call *awaited;

static bool is_entered(const struct trial *trial)
{
    (void)trial;
    return awaited->entered || awaited->answered;
}

void trial_wait_entered(struct trial *trial, const struct trial_call *call)
{
    awaited = call;
    if (call != NULL)
        trial_turn(trial, trial->settings->patience, is_entered);
    trial_look(trial);
}

void trial_settle(struct trial *trial)
{
    char text[128];

    trial_turn(trial, TRIAL_HOLD, none_inside);
    trial_look(trial);
    if (trial->over)
        return;
    for (size_t i = 0; i < trial->count; i++) {
        struct trial_call *call = &trial->calls[i];

        if (!call->entered || call->returned || call->held)
            continue;
        call->held = true;
        trial->missed++;
        report_wrong(trial->report, NULL,
                     "%s did not return within %d s: it holds one of the host's threads",
                     trial_call_text(call, text), TRIAL_HOLD / 1000);
    }
    if (trial->releasing > 0)
        report_wrong(trial->report, NULL,
                     "WSManPluginAuthzReleaseContext did not return within %d s",
                     TRIAL_HOLD / 1000);
}

/* ---- the stop ---- */

static void stop_report(struct trial *trial)
{
    if (trial->shutdown_returned && trial->released > 0 && trial->taken == 0)
        report_wrong(trial->report, NULL,
                     "reports contexts and does not export WSManPluginAuthzReleaseContext: it "
                     "never gets them back");
    if (trial->shutdown_returned && WIFEXITED(trial->status) && WEXITSTATUS(trial->status) == 0)
        return;
    if (trial->shutdown_returned || trial->errors.what[0] != '\0' || !WIFEXITED(trial->status) ||
        WEXITSTATUS(trial->status) != HOST_GAVE_UP)
        end_report(trial);
    else if (trial->shutdown_entered)
        report_wrong(trial->report, NULL, "WSManPluginShutdown did not return within 5 s");
    else
        report_wrong(trial->report, NULL,
                     "the host could not call WSManPluginShutdown: contexts were not taken back");
}

void trial_stop(struct trial *trial)
{
    if (trial->over)
        return;
    trial->stopping = true;
    channel_send(trial->channel, host_stop, .reason = SHUTDOWN_SERVICE);
    channel_set_state(trial->channel, CHANNEL_stopping);
    for (size_t i = 0; i < trial->count; i++) {
        trial_close(trial, &trial->calls[i]);
        trial_release(trial, &trial->calls[i]);
    }
    trial_turn(trial, STOP_PATIENCE, NULL);
    if (trial->cut && !trial->over)
        trial_await_end(trial);
    if (!trial->over) {
        report_wrong(trial->report, NULL, "its process did not end when it was stopped");
        return;
    }
    stop_report(trial);
    trial->pid = 0;
}
