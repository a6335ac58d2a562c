/* SPDX-License-Identifier: ISC */

#include "broker/authz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/session.h"
#include "faults.h"

enum { QUESTION_LIMIT = 2 * 1024 * 1024 };

struct authz_call {
    uint64_t id;
    enum message_type type; /* of the question: only its own kind of answer ends it */
    struct application *application;
    struct loop_timer deadline;
    authz_answered answered;
    void *asker;
    struct buffer question; /* the message, while the host is not ready for it */
};

static bool application_can_ask(const struct application *application)
{
    return application->authorizer != NULL && application->authz.failure == NULL &&
           !application->authz.quarantined && !application->broker->stopping;
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

/* The host is told that nobody waits any more, if it knows of the call. */
static void call_close(const struct authz_call *call)
{
    const struct authz_state *state = &call->application->authz;

    if (state->started && state->host != NULL)
        channel_send(state->host->channel, authz_close, .call = call->id);
}

static void call_expired(struct loop_timer *timer)
{
    struct authz_call *call = container_of(timer, struct authz_call, deadline);
    struct application *application = call->application;
    struct authz_state *state = &application->authz;
    struct authz_answer answer = {.lost = AUTHZ_late, .code = FAULT_timed_out};

    if (state->quarantined) {
        answer.lost = AUTHZ_crashed;
        answer.code = FAULT_provider_failure;
    } else if (!application_can_ask(application)) {
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
    else if (patience > application->authorization_timeout)
        patience = application->authorization_timeout;
    loop_timer_start(broker->loop, &call->deadline, patience);
    return call;
}

static void call_ask(struct authz_call *call, const void *question)
{
    struct application *application = call->application;

    if (!application_can_ask(application))
        return;
    if (application->authz.started)
        channel_write(application->authz.host->channel, call->type, question);
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

void authz_ask_kept(struct application *application)
{
    map_each(&application->broker->calls, call_ask_kept, application);
}

#define SENDER(sender, room)                                                                \
    .name = (sender)->caller->name, .mechanism = (sender)->caller->mechanism,               \
    .url = (sender)->url, .address = (sender)->caller->address, .locale = (sender)->locale, \
    .account = (sender)->caller->token->account,                                            \
    .groups = token_groups((sender)->caller->token, (room))

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
    struct authz_state *state = &application->authz;

    if (context->id == 0)
        return;
    if (context->generation == state->generation && state->host != NULL) {
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
void authz_fail_calls(struct application *application, enum authz_lost why, uint32_t code)
{
    for (;;) {
        struct lost_calls lost = {.application = application};

        map_each(&application->broker->calls, lost_visit, &lost);
        if (lost.one == NULL)
            return;
        call_close(lost.one);
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

/*
 * The open call a host answers; NULL when it has been closed, or is of another kind: then a context
 * goes straight back.
 */
static struct authz_call *answered_call(struct child *process, enum message_type question,
                                        uint64_t id, uint64_t context)
{
    struct application *application = process->application;
    struct authz_call *call = map_get_u64(&process->broker->calls, id);

    if (call != NULL && call->application == application && call->type == question)
        return call;
    if (context != 0) {
        struct authz_context back = context_of(application, context);

        authz_release(application, &back);
    }
    return NULL;
}

void authz_handle_user_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_user_answer *told = &body->authz_user_answer;
    struct child *process = child_of(channel);
    struct authz_call *call = answered_call(process, MESSAGE_authz_user, told->call, told->context);

    if (call != NULL)
        call_finish(
            call, &(struct authz_answer){.code = told->code,
                                         .context = context_of(process->application, told->context),
                                         .token = told->token,
                                         .account = told->account,
                                         .administrator = told->administrator,
                                         .extended = told->extended});
}

void authz_handle_quota_answer(struct channel *channel, const union message_body *body)
{
    const struct message_authz_quota_answer *told = &body->authz_quota_answer;
    struct authz_call *call = answered_call(child_of(channel), MESSAGE_authz_quota, told->call, 0);

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
    struct child *process = child_of(channel);
    struct authz_call *call =
        answered_call(process, MESSAGE_authz_operation, told->call, told->context);

    if (call != NULL)
        call_finish(
            call, &(struct authz_answer){.code = told->code,
                                         .context = context_of(process->application, told->context),
                                         .extended = told->extended});
}
