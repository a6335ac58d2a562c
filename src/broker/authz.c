/* SPDX-License-Identifier: ISC */

#include "broker/authz.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/record.h"
#include "broker/session.h"
#include "wsmerror.h"

enum {
    SHUTDOWN_SERVICE = 2,    /* WSMAN_PLUGIN_SHUTDOWN_SERVICE */
    STARTUP_AFTER_CRASH = 2, /* WSMAN_PLUGIN_STARTUP_AUTORESTARTED_CRASH */
    FIRST_PAUSE = 100,       /* before the start after a crash; doubles with each crash in a row */
    LONGEST_PAUSE = 30000,
    QUARANTINE_PAUSE = 1000, /* callers wait for a start that is nearer than this */
    CALM = 30000,            /* a host that lived this long did not crash "in a row" */
    QUESTION_LIMIT = 2 * 1024 * 1024
};

struct authz_call {
    uint64_t id;
    struct application *application;
    struct loop_timer deadline;
    authz_answered answered;
    void *asker;
    struct buffer question; /* the message, while the host is not ready for it */
};

static bool application_can_ask(const struct application *application)
{
    return application->authorizer != NULL && application->authz.failure == NULL &&
           !application->authz.quarantined;
}

static void call_finish(struct authz_call *call, const struct authz_answer *answer)
{
    struct broker *broker = call->application->broker;

    map_remove_u64(&broker->calls, call->id);
    loop_timer_stop(broker->loop, &call->deadline);
    call->answered(call->asker, answer);
    buffer_free(&call->question);
    free(call);
}

static void call_expired(struct loop_timer *timer)
{
    struct authz_call *call = container_of(timer, struct authz_call, deadline);
    struct application *application = call->application;
    struct authz_state *state = &application->authz;
    struct authz_answer answer = {.lost = AUTHZ_late, .code = ERROR_WSMAN_OPERATION_TIMEDOUT};

    if (state->quarantined) {
        answer.lost = AUTHZ_crashed;
        answer.code = ERROR_WSMAN_PROVIDER_FAILURE;
    } else if (!application_can_ask(application)) {
        answer.lost = AUTHZ_unavailable;
        answer.code = ERROR_WSMAN_PROVIDER_LOAD_FAILED;
    } else {
        broker_count(application->broker, COUNTER_late_calls);
        if (state->host != NULL && state->host->channel != NULL)
            channel_send(state->host->channel, authz_close, .call = call->id);
    }
    call_finish(call, &answer);
}

/*
 * A new call with its question, sent now or kept until the host has started. A call that can not
 * be asked at all is answered in the next turn.
 */
static struct authz_call *call_new(struct application *application, uint64_t patience,
                                   authz_answered answered, void *asker)
{
    struct broker *broker = application->broker;
    struct authz_call *call = mem_alloc(sizeof(*call));

    call->id = broker_next_id(broker);
    call->application = application;
    call->answered = answered;
    call->asker = asker;
    call->deadline.expired = call_expired;
    buffer_init(&call->question, QUESTION_LIMIT);
    map_put_u64(&broker->calls, call->id, call);
    if (!application_can_ask(application))
        patience = 0;
    else if (patience > application->authorization_timeout)
        patience = application->authorization_timeout;
    loop_timer_start(broker->loop, &call->deadline, patience);
    return call;
}

static void call_ask(struct authz_call *call, enum message_type type, const void *question)
{
    struct application *application = call->application;

    if (!application_can_ask(application))
        return;
    if (application->authz.started)
        channel_write(application->authz.host->channel, type, question);
    else
        message_encode(&call->question, type, question);
}

static void call_ask_kept(void *value, void *context)
{
    struct authz_call *call = value;
    struct application *application = context;
    struct arena arena;
    union message_body body;
    enum message_type type;
    size_t length;

    if (call->application != application || buffer_length(&call->question) == 0)
        return;
    arena_init(&arena, QUESTION_LIMIT);
    if (message_header(buffer_bytes(&call->question), &type, &length) &&
        message_decode(type, buffer_bytes(&call->question) + MESSAGE_HEADER_SIZE, length, &arena,
                       &body))
        channel_write(application->authz.host->channel, type, &body);
    arena_free(&arena);
    buffer_free(&call->question);
}

#define SENDER(sender, room)                                                                \
    .name = (sender)->caller->name, .mechanism = (sender)->caller->mechanism,               \
    .url = (sender)->url, .address = (sender)->caller->address, .locale = (sender)->locale, \
    .account = (sender)->caller->token->account,                                            \
    .groups = token_groups((sender)->caller->token, (room))

struct authz_call *authz_ask_user(struct application *application,
                                  const struct authz_sender *sender, uint64_t patience,
                                  authz_answered answered, void *asker)
{
    struct authz_call *call = call_new(application, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_user_calls);
    call_ask(call, MESSAGE_authz_user,
             &(struct message_authz_user){.call = call->id, SENDER(sender, room)});
    return call;
}

struct authz_call *authz_ask_quota(struct application *application,
                                   const struct authz_sender *sender, uint64_t patience,
                                   authz_answered answered, void *asker)
{
    struct authz_call *call = call_new(application, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_quota_calls);
    call_ask(call, MESSAGE_authz_quota,
             &(struct message_authz_quota){.call = call->id, SENDER(sender, room)});
    return call;
}

struct authz_call *authz_ask_operation(struct application *application,
                                       const struct authz_sender *sender, uint32_t operation,
                                       const char *action, const char *resource_uri,
                                       uint64_t patience, authz_answered answered, void *asker)
{
    struct authz_call *call = call_new(application, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_operation_calls);
    call_ask(call, MESSAGE_authz_operation,
             &(struct message_authz_operation){.call = call->id,
                                               SENDER(sender, room),
                                               .operation = operation,
                                               .action = action,
                                               .resource_uri = resource_uri});
    return call;
}

void authz_release(struct application *application, struct authz_context *context)
{
    struct authz_state *state = &application->authz;

    if (context->id == 0)
        return;
    if (context->generation == state->generation && state->host != NULL &&
        state->host->channel != NULL) {
        channel_send(state->host->channel, authz_release, .context = context->id);
        broker_count(application->broker, COUNTER_contexts_released);
    } else {
        broker_count(application->broker, COUNTER_contexts_lost);
    }
    *context = (struct authz_context){0};
}

struct lost_calls {
    struct application *application;
    struct authz_call *one;
};

static void lost_visit(void *value, void *context)
{
    struct authz_call *call = value;
    struct lost_calls *lost = context;

    if (call->application == lost->application)
        lost->one = call;
}

/* One after the other: each answer may begin or end other calls. */
static void calls_fail(struct application *application, enum authz_lost why, uint32_t code)
{
    for (;;) {
        struct lost_calls lost = {.application = application};

        map_each(&application->broker->calls, lost_visit, &lost);
        if (lost.one == NULL)
            return;
        call_finish(lost.one, &(struct authz_answer){.lost = why, .code = code});
    }
}

/* ---- what the host says ---- */

static struct authz_context context_of(struct application *application, uint64_t id)
{
    if (id != 0)
        broker_count(application->broker, COUNTER_contexts_reported);
    return (struct authz_context){.id = id, .generation = application->authz.generation};
}

/* The open call a host answers; NULL when it has been closed: then a context goes straight back. */
static struct authz_call *answered_call(struct child *process, uint64_t id, uint64_t context)
{
    struct application *application = process->application;
    struct authz_call *call = map_get_u64(&process->broker->calls, id);

    if (call != NULL && call->application == application)
        return call;
    if (context != 0) {
        struct authz_context back = context_of(application, context);

        authz_release(application, &back);
    }
    return NULL;
}

static void handle_user_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_user_answer *told = &body->authz_user_answer;
    struct child *process = child_of(channel);
    struct authz_call *call = answered_call(process, told->call, told->context);

    if (call != NULL)
        call_finish(
            call, &(struct authz_answer){.code = told->code,
                                         .context = context_of(process->application, told->context),
                                         .token = told->token,
                                         .account = told->account,
                                         .administrator = told->administrator,
                                         .extended = told->extended});
}

static void handle_quota_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_quota_answer *told = &body->authz_quota_answer;
    struct authz_call *call = answered_call(child_of(channel), told->call, 0);

    if (call != NULL)
        call_finish(call,
                    &(struct authz_answer){.code = told->code,
                                           .quota_present = told->present,
                                           .quota = {.shells = told->shells,
                                                     .operations = told->operations,
                                                     .slot_seconds = told->slot_seconds,
                                                     .slot_operations = told->slot_operations},
                                           .extended = told->extended});
}

static void handle_operation_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_operation_answer *told = &body->authz_operation_answer;
    struct child *process = child_of(channel);
    struct authz_call *call = answered_call(process, told->call, told->context);

    if (call != NULL)
        call_finish(
            call, &(struct authz_answer){.code = told->code,
                                         .context = context_of(process->application, told->context),
                                         .extended = told->extended});
}

static void handle_stray(struct channel *channel, const union message_body *body)
{
    struct child *process = child_of(channel);
    struct broker *broker = process->broker;

    broker_count(broker, COUNTER_stray_completions);
    audit_begin(broker->audit, "stray-completion");
    audit_text(broker->audit, "application", process->application->path);
    audit_text(broker->audit, "plugin", process->application->authorizer->name);
    audit_text(broker->audit, "function", body->authz_stray.function);
    audit_text(broker->audit, "reason", body->authz_stray.cause);
    audit_end(broker->audit);
}

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
        calls_fail(application, AUTHZ_unavailable, ERROR_WSMAN_PROVIDER_LOAD_FAILED);
    } else {
        state->started_at = loop_now(process->broker->loop);
        map_each(&process->broker->calls, call_ask_kept, application);
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

static void host_restart(struct application *application, bool crashed)
{
    uint64_t pause = 0;

    if (crashed) {
        if (loop_now(application->broker->loop) - application->authz.started_at > CALM)
            application->authz.crashes = 0;
        application->authz.crashes++;
        pause = FIRST_PAUSE;
        for (uint32_t i = 1; i < application->authz.crashes && pause < LONGEST_PAUSE; i++)
            pause *= 2;
    } else {
        application->authz.crashes = 0;
    }
    application->authz.quarantined = pause >= QUARANTINE_PAUSE;
    if (application->authz.quarantined)
        log_error(
            "application %s: the authorization plug-in %s crashed %u times in a row; requests "
            "are refused for %u ms, then it is started again",
            application->path, application->authorizer->filename, application->authz.crashes,
            (unsigned)pause);
    application->authz.restart.expired = restart_expired;
    loop_timer_start(application->broker->loop, &application->authz.restart, pause);
}

static void host_gone(struct child *process, bool crashed)
{
    struct application *application = process->application;
    struct broker *broker = application->broker;
    struct authz_state *state = &application->authz;
    bool served = state->started;

    if (state->host != process)
        return;
    state->host = NULL;
    state->started = false;
    if (broker->stopping || state->failure != NULL)
        return;
    if (!served) {
        state->failure = mem_text("its host ended during start-up");
        log_error("application %s: the authorization plug-in %s ended its host during start-up",
                  application->path, application->authorizer->filename);
        broker_check_ready(broker);
        return;
    }
    broker_count(broker, COUNTER_host_crashes);
    audit_begin(broker->audit, "host-lost");
    audit_text(broker->audit, "application", application->path);
    audit_text(broker->audit, "plugin", application->authorizer->name);
    audit_text(broker->audit, "reason",
               crashed ? "the authorization plug-in crashed its host" : "the host was ended");
    audit_text(broker->audit, "effect", "its contexts are gone; users are authorized again");
    audit_end(broker->audit);
    calls_fail(application, AUTHZ_crashed, ERROR_WSMAN_PROVIDER_FAILURE);
    record_drop_all(application);
    host_restart(application, crashed);
}

void authz_host_start(struct application *application)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_started] = handle_started,
        [MESSAGE_authz_user_answer] = handle_user_answer,
        [MESSAGE_authz_quota_answer] = handle_quota_answer,
        [MESSAGE_authz_operation_answer] = handle_operation_answer,
        [MESSAGE_authz_stray] = handle_stray,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    const struct plugin *plugin = application->authorizer;
    struct authz_state *state = &application->authz;
    struct ipc_item *accounts;
    struct child *process;

    if (plugin == NULL)
        return;
    process = child_start(application->broker, ROLE_authz_host, "winrmd-host",
                          application->directory, &events, host_gone);
    if (process == NULL) {
        free(state->failure);
        state->failure = mem_text("winrmd-host cannot be started");
        return;
    }
    process->application = application;
    state->host = process;
    process->restarts = (uint32_t)state->generation;
    state->generation++;
    accounts = mem_alloc(application->may_map_to_count * sizeof(*accounts));
    for (size_t i = 0; i < application->may_map_to_count; i++)
        accounts[i].name = application->may_map_to[i];
    channel_send(
        process->channel, host_start, .authorization = true, .application = application->path + 1,
        .plugin = plugin->name, .filename = plugin->filename, .sdk_version = plugin->sdk_version,
        .extra_info = plugin->extra_info, .supports_quota = plugin->supports_quota,
        .startup_flags = state->crashes > 0 ? STARTUP_AFTER_CRASH : 0,
        .may_map_to = {.item = accounts, .count = (uint32_t)application->may_map_to_count});
    free(accounts);
}

void authz_host_stop(struct application *application)
{
    struct child *host = application->authz.host;

    if (host == NULL || host->channel == NULL)
        return;
    channel_send(host->channel, host_stop, .reason = SHUTDOWN_SERVICE);
    channel_set_state(host->channel, CHANNEL_stopping);
    child_end_within(host, 3000);
}

bool authz_host_settled(const struct application *application)
{
    return application->authorizer == NULL || application->authz.started ||
           application->authz.failure != NULL;
}
