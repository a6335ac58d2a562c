/* SPDX-License-Identifier: ISC */

#include "ctl/plugin_trial.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/plugin_files.h"
#include "ctl/plugin_process.h"

enum {
    START_PATIENCE = 30000,
    STOP_PATIENCE = 15000, /* the host itself gives up after 5 s, twice */
    HOST_GAVE_UP = 1,      /* its exit status when a stop takes too long */
    SHUTDOWN_SERVICE = 2   /* WSMAN_PLUGIN_SHUTDOWN_SERVICE */
};

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

bool trial_turn(struct trial *trial, uint64_t milliseconds, bool (*done)(const struct trial *trial))
{
    trial->time_over = false;
    trial->timer.expired = on_time_over;
    loop_timer_start(trial->loop, &trial->timer, milliseconds);
    while (!trial->over && !trial->cut && !trial->time_over && (done == NULL || !done(trial)))
        loop_run(trial->loop);
    loop_timer_stop(trial->loop, &trial->timer);
    return done != NULL && done(trial);
}

/* ---- beginning and end ---- */

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
    *could_run = trial->loop != NULL && process_launch(trial);
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
    process_look(trial);
    files_note_loop(trial);
    return trial->started && !trial->over;
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
    process_end_orphans(trial);
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
    process_look(trial);
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
    process_look(trial);
}

void trial_settle(struct trial *trial)
{
    char text[128];

    trial_turn(trial, TRIAL_HOLD, none_inside);
    process_look(trial);
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
        process_end_report(trial);
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
        process_await_end(trial);
    if (!trial->over) {
        report_wrong(trial->report, NULL, "its process did not end when it was stopped");
        return;
    }
    stop_report(trial);
    trial->pid = 0;
}
