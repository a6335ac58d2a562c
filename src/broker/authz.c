/* SPDX-License-Identifier: ISC */

#include "broker/authz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/authz_host.h"
#include "broker/broker.h"
#include "broker/session.h"
#include "faults.h"

enum { QUESTION_LIMIT = 2 * 1024 * 1024 };

struct authz_call {
    uint64_t id;
    enum message_type type; /* of the question: only its own kind of answer ends it */
    struct application *application;
    struct authz_host *host; /* who was asked; NULL: nobody yet */
    struct loop_timer deadline;
    authz_answered answered;
    void *asker;
    struct buffer question; /* the message, while the host is not ready for it */
};

static bool application_can_ask(const struct application *application)
{
    return application->settings->authorizer != NULL && !application->removed &&
           application->authz.failure == NULL && !application->authz.quarantined &&
           !application->broker->stopping;
}

static void call_finish(struct authz_call *call, const struct authz_answer *answer)
{
    struct broker *broker = call->application->broker;
    struct authz_host *host = call->host;

    map_remove_u64(&broker->calls, call->id);
    loop_timer_stop(broker->loop, &call->deadline);
    call->answered(call->asker, answer);
    buffer_free(&call->question);
    free(call);
    if (host != NULL) {
        host->calls--;
        authz_host_gave(host);
    }
}

/* The host is told that nobody waits any more, if it knows of the call. */
static void call_close(const struct authz_call *call)
{
    if (call->host != NULL && call->host->process->channel != NULL)
        channel_send(call->host->process->channel, authz_close, .call = call->id);
}

static void call_expired(struct loop_timer *timer)
{
    struct authz_call *call = container_of(timer, struct authz_call, deadline);
    struct application *application = call->application;
    struct authz_state *state = &application->authz;
    struct authz_answer answer = {.lost = AUTHZ_late, .code = FAULT_timed_out};

    if (call->host == NULL && state->quarantined) {
        answer.lost = AUTHZ_crashed;
        answer.code = FAULT_provider_failure;
    } else if (call->host == NULL && !application_can_ask(application)) {
        answer.lost = AUTHZ_unavailable;
        answer.code = FAULT_provider_load;
    } else {
        broker_count(application->broker, COUNTER_late_calls);
        call_close(call);
    }
    call_finish(call, &answer);
}

/*
 * A new call with its question, sent now or kept until the host has started. A call that can not
 * be asked at all is answered in the next turn.
 */
static struct authz_call *call_new(struct application *application, enum message_type type,
                                   uint64_t patience, authz_answered answered, void *asker)
{
    struct broker *broker = application->broker;
    struct authz_call *call = mem_alloc(sizeof(*call));

    call->id = broker_next_id(broker);
    call->type = type;
    call->application = application;
    call->answered = answered;
    call->asker = asker;
    call->deadline.expired = call_expired;
    buffer_init(&call->question, QUESTION_LIMIT);
    map_put_u64(&broker->calls, call->id, call);
    if (!application_can_ask(application))
        patience = 0;
    else if (patience > application->settings->authorization_timeout)
        patience = application->settings->authorization_timeout;
    loop_timer_start(broker->loop, &call->deadline, patience);
    return call;
}

static void call_send(struct authz_call *call, struct authz_host *host, const void *question)
{
    call->host = host;
    host->calls++;
    host->process->asked++;
    channel_write(host->process->channel, call->type, question);
}

static void call_ask(struct authz_call *call, const void *question)
{
    struct authz_host *host = call->application->authz.host;

    if (!application_can_ask(call->application))
        return;
    if (host != NULL && host->started)
        call_send(call, host, question);
    else
        message_encode(&call->question, call->type, question);
}

static void call_ask_kept(void *value, void *context)
{
    struct authz_call *call = value;
    struct application *application = context;
    struct arena arena;
    union message_body body;
    enum message_type type;
    size_t length;

    if (call->application != application || call->host != NULL ||
        buffer_length(&call->question) == 0)
        return;
    arena_init(&arena, QUESTION_LIMIT);
    if (message_header(buffer_bytes(&call->question), &type, &length) &&
        message_decode(type, buffer_bytes(&call->question) + MESSAGE_HEADER_SIZE, length, &arena,
                       &body))
        call_send(call, application->authz.host, &body);
    arena_free(&arena);
    buffer_free(&call->question);
}

void authz_ask_kept(struct application *application)
{
    map_each(&application->broker->calls, call_ask_kept, application);
}

#define SENDER(sender, room)                                                                \
    .name = (sender)->caller->name, .mechanism = (sender)->caller->mechanism,               \
    .url = (sender)->url, .address = (sender)->caller->address, .locale = (sender)->locale, \
    .account = (sender)->caller->token->account,                                            \
    .groups = token_groups((sender)->caller->token, (room)), CALLER_CERTIFICATE((sender)->caller)

void authz_ask_user(struct application *application, const struct authz_sender *sender,
                    uint64_t patience, authz_answered answered, void *asker)
{
    struct authz_call *call = call_new(application, MESSAGE_authz_user, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_user_calls);
    call_ask(call, &(struct message_authz_user){.call = call->id, SENDER(sender, room)});
}

void authz_ask_quota(struct application *application, const struct authz_sender *sender,
                     uint64_t patience, authz_answered answered, void *asker)
{
    struct authz_call *call = call_new(application, MESSAGE_authz_quota, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_quota_calls);
    call_ask(call, &(struct message_authz_quota){.call = call->id, SENDER(sender, room)});
}

void authz_ask_operation(struct application *application, const struct authz_sender *sender,
                         uint32_t operation, const char *action, const char *resource_uri,
                         uint64_t patience, authz_answered answered, void *asker)
{
    struct authz_call *call =
        call_new(application, MESSAGE_authz_operation, patience, answered, asker);
    struct ipc_item room[LIMIT_GROUPS];

    broker_count(application->broker, COUNTER_operation_calls);
    call_ask(call, &(struct message_authz_operation){.call = call->id,
                                                     SENDER(sender, room),
                                                     .operation = operation,
                                                     .action = action,
                                                     .resource_uri = resource_uri});
}

const char *authz_lost_reason(enum authz_lost lost, const char *call, char text[128])
{
    switch (lost) {
    case AUTHZ_late:
        snprintf(text, 128, "the authorization plug-in did not answer %s in time", call);
        return text;
    case AUTHZ_crashed:
        snprintf(text, 128, "the authorization plug-in's host was lost during %s", call);
        return text;
    case AUTHZ_unavailable:
        return "the authorization plug-in could not be loaded or started";
    case AUTHZ_stopping:
        return "the service was stopping";
    default:
        return NULL;
    }
}

void authz_release(struct application *application, struct authz_context *context)
{
    struct authz_host *host;

    if (context->id == 0)
        return;
    host = authz_host_find(application, context->generation);
    if (host != NULL) {
        channel_send(host->process->channel, authz_release, .context = context->id);
        broker_count(application->broker, COUNTER_contexts_released);
        host->contexts--;
    } else {
        broker_count(application->broker, COUNTER_contexts_lost);
    }
    *context = (struct authz_context){0};
    if (host != NULL)
        authz_host_gave(host);
}

struct lost_calls {
    const struct application *application;
    const struct authz_host *host;
    struct authz_call *one;
};

static void lost_visit(void *value, void *context)
{
    struct authz_call *call = value;
    struct lost_calls *lost = context;

    if (call->application == lost->application && call->host == lost->host)
        lost->one = call;
}

/* One after the other: each answer may begin or end other calls. */
void authz_fail_calls(struct application *application, const struct authz_host *host,
                      enum authz_lost why, uint32_t code)
{
    for (;;) {
        struct lost_calls lost = {.application = application, .host = host};

        map_each(&application->broker->calls, lost_visit, &lost);
        if (lost.one == NULL)
            return;
        call_close(lost.one);
        call_finish(lost.one, &(struct authz_answer){.lost = why, .code = code});
    }
}

/* ---- what the host says ---- */

static struct authz_context context_of(struct authz_host *host, uint64_t id)
{
    if (id != 0) {
        broker_count(host->broker, COUNTER_contexts_reported);
        host->contexts++;
    }
    return (struct authz_context){.id = id, .generation = host->generation};
}

/*
 * The open call a host answers; NULL when it has been closed, or is of another kind: then a context
 * goes straight back.
 */
static struct authz_call *answered_call(struct channel *channel, enum message_type question,
                                        uint64_t id, uint64_t context)
{
    struct authz_host *host = child_of(channel)->owner;
    struct authz_call *call;

    /* One that is only tried, or not wanted any more, was never asked. */
    if (host == NULL || host->application == NULL)
        return NULL;
    call = map_get_u64(&host->broker->calls, id);
    if (call != NULL && call->host == host && call->type == question)
        return call;
    if (call != NULL)
        child_break(host->process, "answered a question that it was not asked");
    else
        child_pointless(host->process);
    if (channel_is_ended(channel))
        return NULL;
    if (context != 0) {
        struct authz_context back = context_of(host, context);

        authz_release(host->application, &back);
    }
    return NULL;
}

void authz_handle_user_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_user_answer *told = &body->authz_user_answer;
    struct authz_call *call = answered_call(channel, MESSAGE_authz_user, told->call, told->context);

    if (call != NULL)
        call_finish(call, &(struct authz_answer){.code = told->code,
                                                 .context = context_of(call->host, told->context),
                                                 .token = told->token,
                                                 .account = told->account,
                                                 .administrator = told->administrator,
                                                 .extended = told->extended});
}

void authz_handle_quota_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_quota_answer *told = &body->authz_quota_answer;
    struct authz_call *call = answered_call(channel, MESSAGE_authz_quota, told->call, 0);

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

void authz_handle_operation_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_operation_answer *told = &body->authz_operation_answer;
    struct authz_call *call =
        answered_call(channel, MESSAGE_authz_operation, told->call, told->context);

    if (call != NULL)
        call_finish(call, &(struct authz_answer){.code = told->code,
                                                 .context = context_of(call->host, told->context),
                                                 .extended = told->extended});
}
