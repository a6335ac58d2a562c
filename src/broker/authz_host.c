/* SPDX-License-Identifier: ISC */

#include "broker/authz_host.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_version.h"
#include "base/log.h"
#include "base/memory.h"
#include "broker/authz.h"
#include "broker/authz_restart.h"
#include "broker/broker.h"
#include "broker/host.h"
#include "broker/record.h"
#include "faults.h"

enum { START_PATIENCE = 30000 /* for a host that is tried */ };

static void host_free(struct authz_host *host)
{
    list_remove(&host->link);
    application_settings_unref(host->settings);
    free(host->path);
    free(host->version);
    free(host);
}

/* The process ends by itself from here on, and nobody hears of it any more. */
static void host_let_go(struct authz_host *host)
{
    host->process->owner = NULL;
    host_free(host);
}

/* ---- start ---- */

static void state_set_failure(struct authz_state *state, char *failure)
{
    free(state->failure);
    state->failure = failure;
}

static void current_started(struct authz_host *host, char *failure)
{
    struct application *application = host->application;

    state_set_failure(&application->authz, failure);
    if (failure != NULL) {
        log_error("application %s: the authorization plug-in %s cannot be used: %s; every request "
                  "is refused until that is repaired and winrmd is reloaded",
                  host->settings->path, host->settings->authorizer->filename, failure);
        child_end_within(host->process, 2000);
        authz_fail_calls(application, NULL, AUTHZ_unavailable, FAULT_provider_load);
    } else {
        application->authz.served = true;
        authz_ask_kept(application);
    }
    broker_check_ready(application->broker);
}

static void tried_started(struct authz_host *host, char *failure)
{
    if (failure != NULL) {
        child_end_within(host->process, 2000);
        host->process->owner = NULL;
    }
    host->tried(host, failure);
    if (failure != NULL)
        host_free(host);
    free(failure);
}

static void handle_started(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct authz_host *host = process->owner;
    const struct message_host_started *told = &body->host_started;
    char *failure = NULL;

    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(process);
    if (host == NULL)
        return;
    if (host->tried != NULL)
        loop_timer_stop(host->broker->loop, &process->kill_timer);
    host->started = told->code == 0;
    free(host->path);
    free(host->version);
    host->path = mem_text(told->path);
    host->version = mem_text(told->version);
    if (!host->started)
        failure =
            mem_printf("%s (code %u)", told->text != NULL ? told->text : "refused", told->code);
    if (host->tried != NULL)
        tried_started(host, failure);
    else
        current_started(host, failure);
}

/*
 * The plug-in holds all threads there are, in calls that were refused at their deadline, and a call
 * has passed its own without a thread: no call would ever be made again in that process.
 */
static void handle_stuck(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct authz_host *host = process->owner;

    if (host == NULL || host->application == NULL || host->stuck || process->expected_end)
        return;
    host->stuck = true;
    log_error("application %s: the authorization plug-in %s holds all of its %u threads in calls "
              "that have passed their deadline; its host is ended and started again",
              host->settings->path, host->settings->authorizer->filename,
              body->authz_stuck.threads);
    child_kill(process);
}

static void host_gone(struct child *process, bool crashed);

/* A host for the settings, of nobody yet; NULL: no process can be started. */
static struct authz_host *host_new(struct broker *broker, struct application_settings *settings,
                                   uint32_t startup_flags)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
        [MESSAGE_authz_user_answer] = authz_handle_user_answer,
        [MESSAGE_authz_quota_answer] = authz_handle_quota_answer,
        [MESSAGE_authz_operation_answer] = authz_handle_operation_answer,
        [MESSAGE_authz_stray] = host_handle_stray,
        [MESSAGE_host_crashing] = host_handle_crashing,
        [MESSAGE_authz_stuck] = handle_stuck,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    struct child *process = host_start(broker, settings, settings->authorizer, startup_flags, NULL,
                                       NULL, NULL, &events, host_gone);
    struct authz_host *host;

    if (process == NULL)
        return NULL;
    host = mem_alloc(sizeof(*host));
    host->broker = broker;
    host->settings = application_settings_ref(settings);
    host->process = process;
    host->begun_at = loop_now(broker->loop);
    list_init(&host->link);
    process->owner = host;
    return host;
}

/* It is the one that is asked from now on. */
static void host_take_place(struct application *application, struct authz_host *host)
{
    struct authz_state *state = &application->authz;

    host->application = application;
    host->process->restarts = state->restarts;
    host->generation = ++state->generation;
    state->host = host;
}

/* ---- the end of the host that is asked ---- */

/* It will not be tried again: whoever waits is told so at once. */
static void start_failed(struct application *application, const char *why)
{
    state_set_failure(&application->authz, mem_text(why));
    log_error("application %s: the authorization plug-in %s: %s", application->settings->path,
              application->settings->authorizer->filename, why);
    authz_fail_calls(application, NULL, AUTHZ_unavailable, FAULT_provider_load);
    broker_check_ready(application->broker);
}

static void audit_lost(const struct authz_host *host, bool crashed)
{
    host_audit_lost(host->process, NULL,
                    host->stuck ? "the authorization plug-in held all threads in calls that had "
                                  "passed their deadline"
                    : crashed   ? "the authorization plug-in crashed its host"
                                : "the host was ended",
                    host->leaving ? "its contexts are gone; it was about to end after a reload"
                                  : "its contexts are gone; users are authorized again");
}

static void current_gone(struct authz_host *host, bool crashed)
{
    struct application *application = host->application;
    struct authz_state *state = &application->authz;
    uint64_t lived = loop_now(host->broker->loop) - host->begun_at;

    state->host = NULL;
    if (application->broker->stopping || state->failure != NULL)
        return;
    if (!state->served && crashed) {
        start_failed(application, "its host ended during start-up");
        return;
    }
    if (host->started) {
        audit_lost(host, crashed);
        authz_fail_calls(application, host, AUTHZ_crashed, FAULT_provider_failure);
        record_drop_all(application, host->generation);
    }
    authz_restart(application, crashed, lived, host->started);
    /* Questions wait for a start that is near, and for no other. */
    if (state->quarantined)
        authz_fail_calls(application, NULL, AUTHZ_crashed, FAULT_provider_failure);
}

static void leaving_gone(struct authz_host *host, bool crashed)
{
    /* Its contexts can not go back any more. */
    list_remove(&host->link);
    if (!host->process->expected_end)
        audit_lost(host, crashed);
    authz_fail_calls(host->application, host, AUTHZ_crashed, FAULT_provider_failure);
}

static void host_gone(struct child *process, bool crashed)
{
    struct authz_host *host = process->owner;

    if (host == NULL)
        return;
    crashed = crashed || host->stuck;
    if (host->tried != NULL)
        host->tried(host, "its host ended during start-up");
    else if (host->leaving)
        leaving_gone(host, crashed);
    else
        current_gone(host, crashed);
    host_free(host);
}

/* ---- what the others ask ---- */

void authz_host_start(struct application *application)
{
    struct authz_state *state = &application->authz;
    struct authz_host *host;

    if (application->settings->authorizer == NULL)
        return;
    if (state->served)
        state->restarts++;
    host = host_new(application->broker, application->settings,
                    state->crashes > 0 ? HOST_STARTUP_AFTER_CRASH : 0);
    if (host != NULL)
        host_take_place(application, host);
    else if (state->served)
        authz_restart(application, true, 0, false);
    else
        start_failed(application, "winrmd-host cannot be started");
}

void authz_host_hush(struct application *application)
{
    struct authz_state *state = &application->authz;

    authz_fail_calls(application, NULL, AUTHZ_stopping, FAULT_endpoint_unavailable);
    if (state->host != NULL)
        authz_fail_calls(application, state->host, AUTHZ_stopping, FAULT_endpoint_unavailable);
    list_each(link, &state->leaving)
        authz_fail_calls(application, container_of(link, struct authz_host, link), AUTHZ_stopping,
                         FAULT_endpoint_unavailable);
}

void authz_host_stop(struct application *application)
{
    struct authz_state *state = &application->authz;

    loop_timer_stop(application->broker->loop, &state->restart);
    authz_host_hush(application);
    record_release_all(application);
    if (state->host != NULL && !state->host->process->expected_end)
        host_stop(state->host->process);
    list_each(link, &state->leaving) {
        struct authz_host *host = container_of(link, struct authz_host, link);

        if (!host->process->expected_end)
            host_stop(host->process);
    }
}

bool authz_host_settled(const struct application *application)
{
    const struct authz_state *state = &application->authz;

    return application->settings->authorizer == NULL || state->failure != NULL ||
           (state->host != NULL && state->host->started);
}

struct authz_host *authz_host_try(struct broker *broker, struct application_settings *settings,
                                  void (*tried)(struct authz_host *, const char *), void *trier)
{
    struct authz_host *host = host_new(broker, settings, 0);

    if (host != NULL) {
        host->tried = tried;
        host->trier = trier;
        /* One that blocks in its start-up is killed; its death is then the answer. */
        loop_timer_start(broker->loop, &host->process->kill_timer, START_PATIENCE);
    }
    return host;
}

void authz_host_dismiss(struct authz_host *host)
{
    if (host == NULL)
        return;
    if (host->started)
        host_stop(host->process);
    else
        child_kill(host->process);
    host_let_go(host);
}

void authz_host_replace(struct application *application, struct authz_host *host)
{
    struct authz_state *state = &application->authz;
    struct authz_host *old = state->host;

    loop_timer_stop(application->broker->loop, &state->restart);
    state_set_failure(state, NULL);
    state->host = NULL;
    state->served = host != NULL;
    state->quarantined = false;
    state->crashes = 0;
    state->restarts = 0;
    if (host != NULL) {
        host->tried = NULL;
        host_take_place(application, host);
    }
    if (old != NULL && !old->started) {
        child_kill(old->process);
        host_let_go(old);
    } else if (old != NULL) {
        old->leaving = true;
        list_append(&state->leaving, &old->link);
        authz_host_gave(old);
    }
    if (host != NULL)
        authz_ask_kept(application);
    else
        authz_fail_calls(application, NULL, AUTHZ_unavailable, FAULT_provider_load);
}

bool authz_host_outdated(const struct authz_host *host)
{
    char version[FILE_VERSION_SIZE];
    struct stat status;

    if (host->path == NULL || host->version == NULL || stat(host->path, &status) != 0)
        return true;
    file_version(&status, version);
    return strcmp(version, host->version) != 0;
}

struct authz_host *authz_host_find(const struct application *application, uint64_t generation)
{
    const struct authz_state *state = &application->authz;

    if (state->host != NULL && state->host->generation == generation)
        return state->host;
    list_each(link, (struct list *)(uintptr_t)&state->leaving) {
        struct authz_host *host = container_of(link, struct authz_host, link);

        if (host->generation == generation)
            return host;
    }
    return NULL;
}

void authz_host_gave(struct authz_host *host)
{
    if (host->leaving && host->calls == 0 && host->contexts == 0 &&
        host->process->channel != NULL && !host->process->expected_end)
        host_stop(host->process);
}
