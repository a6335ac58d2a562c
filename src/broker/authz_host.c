/* SPDX-License-Identifier: ISC */

#include "broker/authz_host.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/authz.h"
#include "broker/broker.h"
#include "broker/host.h"
#include "broker/record.h"
#include "faults.h"

enum {
    FIRST_PAUSE = 100, /* before the start after a crash; doubles with each crash in a row */
    LONGEST_PAUSE = 30000,
    QUARANTINE_PAUSE = 1000, /* callers wait for a start that is nearer than this */
    CALM = 30000             /* a host that lived this long did not crash "in a row" */
};

static void handle_started(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct application *application = process->application;
    struct authz_state *state = &application->authz;
    const struct message_host_started *told = &body->host_started;

    channel_set_state(channel, CHANNEL_serving);
    free(state->failure);
    state->failure = NULL;
    process->ready = true;
    state->started = told->code == 0;
    if (!state->started) {
        state->failure =
            mem_printf("%s (code %u)", told->text != NULL ? told->text : "refused", told->code);
        log_error("application %s: the authorization plug-in %s cannot be used: %s; every request "
                  "is refused until that is repaired and winrmd is started again",
                  application->path, application->authorizer->filename, state->failure);
        child_end_within(process, 2000);
        authz_fail_calls(application, AUTHZ_unavailable, FAULT_provider_load);
    } else {
        state->served = true;
        authz_ask_kept(application);
    }
    broker_check_ready(application->broker);
}

/* ---- life of the host ---- */

static void restart_expired(struct loop_timer *timer)
{
    struct application *application = container_of(timer, struct application, authz.restart);

    application->authz.quarantined = false;
    if (!application->broker->stopping)
        authz_host_start(application);
}

/* In milliseconds. One that was killed from outside is replaced at once, unless it still started.
 */
static uint64_t restart_pause(struct authz_state *state, bool crashed, uint64_t lived, bool started)
{
    uint64_t pause = FIRST_PAUSE;

    if (!crashed) {
        state->crashes = 0;
        return started ? 0 : FIRST_PAUSE;
    }
    if (lived > CALM)
        state->crashes = 0;
    state->crashes++;
    for (uint32_t i = 1; i < state->crashes && pause < LONGEST_PAUSE; i++)
        pause *= 2;
    return pause;
}

static void host_restart(struct application *application, bool crashed, bool started)
{
    struct authz_state *state = &application->authz;
    struct loop *loop = application->broker->loop;
    uint64_t pause = restart_pause(state, crashed, loop_now(loop) - state->begun_at, started);

    state->quarantined = pause >= QUARANTINE_PAUSE;
    if (state->quarantined)
        log_error(
            "application %s: the authorization plug-in %s crashed %u times in a row; requests "
            "are refused for %u ms, then it is started again",
            application->path, application->authorizer->filename, state->crashes, (unsigned)pause);
    state->restart.expired = restart_expired;
    loop_timer_start(loop, &state->restart, pause);
}

/* It will not be tried again: whoever waits is told so at once. */
static void host_failed(struct application *application, const char *why)
{
    free(application->authz.failure);
    application->authz.failure = mem_text(why);
    log_error("application %s: the authorization plug-in %s: %s", application->path,
              application->authorizer->filename, why);
    authz_fail_calls(application, AUTHZ_unavailable, FAULT_provider_load);
    broker_check_ready(application->broker);
}

static void host_audit_lost(const struct application *application, bool crashed)
{
    struct audit *audit = application->broker->audit;

    audit_begin(audit, "host-lost");
    audit_text(audit, "application", application->path);
    audit_text(audit, "plugin", application->authorizer->name);
    audit_text(audit, "reason",
               crashed ? "the authorization plug-in crashed its host" : "the host was ended");
    audit_text(audit, "effect", "its contexts are gone; users are authorized again");
    audit_end(audit);
}

static void host_gone(struct child *process, bool crashed)
{
    struct application *application = process->application;
    struct authz_state *state = &application->authz;
    bool started = state->started;

    if (state->host != process)
        return;
    state->host = NULL;
    state->started = false;
    if (application->broker->stopping || state->failure != NULL)
        return;
    if (!state->served && crashed) {
        host_failed(application, "its host ended during start-up");
        return;
    }
    if (started) {
        broker_count(application->broker, COUNTER_host_crashes);
        host_audit_lost(application, crashed);
        authz_fail_calls(application, AUTHZ_crashed, FAULT_provider_failure);
        record_drop_all(application);
    }
    host_restart(application, crashed, started);
    /* Questions wait for a start that is near, and for no other. */
    if (state->quarantined)
        authz_fail_calls(application, AUTHZ_crashed, FAULT_provider_failure);
}

void authz_host_start(struct application *application)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
        [MESSAGE_authz_user_answer] = authz_handle_user_answer,
        [MESSAGE_authz_quota_answer] = authz_handle_quota_answer,
        [MESSAGE_authz_operation_answer] = authz_handle_operation_answer,
        [MESSAGE_authz_stray] = host_handle_stray,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    const struct plugin *plugin = application->authorizer;
    struct authz_state *state = &application->authz;
    struct child *process;

    if (plugin == NULL)
        return;
    process = host_start(application, plugin, state->crashes > 0 ? HOST_STARTUP_AFTER_CRASH : 0,
                         NULL, &events, host_gone);
    state->begun_at = loop_now(application->broker->loop);
    if (process == NULL) {
        if (state->served)
            host_restart(application, true, false);
        else
            host_failed(application, "winrmd-host cannot be started");
        return;
    }
    state->host = process;
    process->restarts = (uint32_t)state->generation;
    state->generation++;
}

void authz_host_stop(struct application *application)
{
    struct child *host = application->authz.host;

    if (host == NULL)
        return;
    /* What is still asked holds up the plug-in's Shutdown, and nobody waits for the answer. */
    authz_fail_calls(application, AUTHZ_stopping, FAULT_endpoint_unavailable);
    record_release_all(application);
    host_stop(host);
}

bool authz_host_settled(const struct application *application)
{
    return application->authorizer == NULL || application->authz.started ||
           application->authz.failure != NULL;
}
