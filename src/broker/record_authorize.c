/* SPDX-License-Identifier: ISC */

/*
 * A message at its record: what the authorization plug-in is asked for it, and what its answers
 * make of the record.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/record.h"
#include "broker/record_steps.h"
#include "faults.h"

/* What the message that started a refresh supplies to its two calls, one after the other. */
struct refresh {
    struct caller caller; /* its token is the client's of now: groups may have changed */
    char *url;
    char *locale;
};

static bool record_has_quota(const struct record *record)
{
    const struct plugin *authorizer = record->application->settings->authorizer;

    return authorizer != NULL && authorizer->supports_quota;
}

void record_refresh_free(struct refresh *refresh)
{
    if (refresh == NULL)
        return;
    caller_clear(&refresh->caller);
    free(refresh->url);
    free(refresh->locale);
    free(refresh);
}

/* ---- who waits ---- */

static void waiting_finish(struct record *record, const struct record_refusal *refusal)
{
    record_ref(record);
    while (!list_empty(&record->waiting)) {
        struct operation *operation =
            container_of(record->waiting.next, struct operation, record_link);

        list_remove(&operation->record_link);
        if (refusal->code == 0) {
            operation->record = record;
            record_ref(record);
        }
        operation_recorded(operation, refusal);
    }
    record_unref(record);
}

static struct authz_sender operation_sender(const struct operation *operation)
{
    return (struct authz_sender){
        .caller = &operation->caller, .url = operation->url, .locale = operation->locale};
}

static struct operation *first_waiting(const struct record *record)
{
    return container_of(record->waiting.next, struct operation, record_link);
}

static void quota_answered(void *asker, const struct authz_answer *answer);

/* An open call holds a reference to its record. */
static void record_ask_quota(struct record *record, const struct authz_sender *sender,
                             uint64_t patience)
{
    record->asking_limits = true;
    record_ref(record);
    authz_ask_quota(record->application, sender, patience, quota_answered, record);
}

/* Active, and somebody waits: asks for the quota if that is still to be known, or lets them in. */
static void record_continue(struct record *record)
{
    bool wanted = record_has_quota(record) && !record->limits_known;

    if (list_empty(&record->waiting))
        return;
    if (wanted && !record->asking_limits) {
        struct authz_sender sender = operation_sender(first_waiting(record));

        record_ask_quota(record, &sender, operation_patience(first_waiting(record)));
    } else if (!wanted) {
        waiting_finish(record, &(struct record_refusal){0});
    }
}

/* ---- the plug-in's answers ---- */

static struct record_refusal user_refusal(enum authz_lost lost, uint32_t code, const char *reason)
{
    struct record_refusal refusal = {
        .lost = lost, .code = code, .by_user_call = true, .reason = reason};

    if (lost == AUTHZ_answered && code == FAULT_redirect)
        refusal.location = reason != NULL ? reason : "";
    return refusal;
}

/* Why AuthzUser let nobody in; `unfit`: why not as whom it named. */
static const char *refused_reason(const struct authz_answer *answer, const char *unfit,
                                  char text[128])
{
    if (answer->lost != AUTHZ_answered)
        return authz_lost_reason(answer->lost, "AuthzUser", text);
    return answer->code != 0 ? answer->extended : unfit;
}

/*
 * What is said of a user now also holds for what the user has from former settings, or from a host
 * that was lost: shells of an identity that is refused, or is another one now, are closed after a
 * while.
 */
static void retired_judge(const struct record *record, const struct token *token)
{
    list_each(link, &record->application->retired) {
        struct record *old = container_of(link, struct record, retired_link);

        if (old->key_length == record->key_length &&
            memcmp(old->key, record->key, old->key_length) == 0 && old->closing.position == 0 &&
            (token == NULL || old->token == NULL || !token_equal(token, old->token)))
            loop_timer_start(record_loop(old), &old->closing,
                             record->application->settings->authorization_timeout);
    }
}

static void user_answered(void *asker, const struct authz_answer *answer)
{
    struct record *record = asker;
    struct authz_context context = answer->context;
    struct token *token;
    const char *unfit;
    char text[128];

    if (record->state == RECORD_gone) {
        /* Retired meanwhile: whoever waited has asked the plug-in of the new settings. */
        authz_release(record->application, &context);
        record_unref(record);
        return;
    }
    token = token_chosen(record->application, record->client_token, answer, &unfit);
    if (answer->lost == AUTHZ_answered)
        retired_judge(record, token);
    if (token == NULL) {
        struct record_refusal refusal =
            user_refusal(answer->lost, answer->code != 0 ? answer->code : FAULT_access_denied,
                         refused_reason(answer, unfit, text));

        authz_release(record->application, &context);
        record_go(record);
        waiting_finish(record, &refusal);
    } else {
        record->context = context;
        record->generation = context.generation;
        record->token = token;
        record->administrator = answer->administrator;
        record->authorized_at = record->used_at = loop_now(record_loop(record));
        record->state = RECORD_active;
        record_continue(record);
    }
    record_unref(record);
}

static void quota_answered(void *asker, const struct authz_answer *answer)
{
    struct record *record = asker;
    struct record_refusal refusal = {0};
    char text[128];

    record->asking_limits = false;
    if (answer->code == 0) {
        record->limits = answer->quota_present
                             ? answer->quota
                             : quota_limits_default(record->application->settings);
        record->limits_known = true;
    } else if (!record->limits_known) {
        /* Only AuthzUser may redirect: from here the address is not passed on either. */
        bool redirect = answer->code == FAULT_redirect;

        refusal = (struct record_refusal){
            .lost = answer->lost,
            .code = redirect ? FAULT_redirect_elsewhere : answer->code,
            .reason = answer->lost != AUTHZ_answered
                          ? authz_lost_reason(answer->lost, "AuthzQueryQuota", text)
                          : "the authorization plug-in's AuthzQueryQuota failed",
            .extended = redirect ? NULL : answer->extended};
    }
    waiting_finish(record, &refusal);
    record_unref(record);
}

/* The next message is told; what runs runs on. */
static void record_doom(struct record *record, enum authz_lost lost, uint32_t code,
                        const char *reason)
{
    record->doomed = code;
    record->doomed_by = lost;
    record->doomed_reason = mem_text(reason);
}

/* The same user in the same identity: what was said about it last holds from now on. */
static void record_renew(struct record *record, const struct authz_answer *answer)
{
    const struct refresh *refresh = record->refresh;
    struct authz_sender sender = {
        .caller = &refresh->caller, .url = refresh->url, .locale = refresh->locale};

    record->administrator = answer->administrator;
    if (record_has_quota(record) && !record->asking_limits)
        record_ask_quota(record, &sender, record->application->settings->authorization_timeout);
}

static void refresh_answered(void *asker, const struct authz_answer *answer)
{
    struct record *record = asker;
    struct authz_context fresh = answer->context;
    const char *unfit;
    struct token *token =
        token_chosen(record->application, record->refresh->caller.token, answer, &unfit);
    char text[128];

    /* The old context goes after the new one was obtained, whether or not that succeeded. */
    authz_release(record->application, &record->context);
    if (token != NULL) {
        record->context = fresh;
        record->generation = fresh.generation;
    } else {
        authz_release(record->application, &fresh);
    }
    if (record->state != RECORD_gone) {
        record->state = RECORD_active;
        record->authorized_at = loop_now(record_loop(record));
        if (token == NULL)
            record_doom(record, answer->lost,
                        answer->code != 0 ? answer->code : FAULT_access_denied,
                        refused_reason(answer, unfit, text));
        else if (!token_equal(token, record->token))
            record_doom(record, AUTHZ_answered, FAULT_different_token,
                        "re-authorization gave another identity");
        else
            record_renew(record, answer);
    }
    token_unref(token);
    record_refresh_free(record->refresh);
    record->refresh = NULL;
    record_unref(record);
}

/* ---- messages ---- */

static bool refresh_due(const struct record *record)
{
    return record->state == RECORD_active && record->doomed == 0 &&
           loop_now(record_loop(record)) - record->authorized_at >=
               record->application->settings->quota_refresh;
}

/* The message that finds the interval over supplies the data and runs under the old verdict. */
static void record_refresh(struct record *record, const struct operation *operation)
{
    struct authz_sender sender = operation_sender(operation);
    struct caller caller = operation->caller;
    struct refresh *refresh = mem_alloc(sizeof(*refresh));

    caller.token = token_bind(caller.token, record->application);
    refresh->caller = caller_copy(&caller);
    token_unref(caller.token);
    refresh->url = mem_text(operation->url);
    refresh->locale = mem_text(operation->locale);
    record->refresh = refresh;
    record->state = RECORD_refreshing;
    record_ref(record);
    authz_ask_user(record->application, &sender, operation_patience(operation), refresh_answered,
                   record);
}

/* Shells of the record that exist, or are being made by what was let in before, live on a while. */
static void record_revoke(struct record *record, struct operation *operation)
{
    struct record_refusal refusal =
        user_refusal(record->doomed_by, record->doomed, record->doomed_reason);

    if (record->references > 0)
        loop_timer_start(record_loop(record), &record->closing,
                         record->application->settings->authorization_timeout);
    /* Another identity is compared when the next message has been authorized. */
    if (record->doomed != FAULT_different_token)
        retired_judge(record, NULL);
    record_ref(record);
    record_go(record);
    operation_recorded(operation, &refusal);
    record_unref(record);
}

void record_enter(struct operation *operation)
{
    struct application *application = operation->application;
    struct record *record = record_find(operation);
    bool fresh = record == NULL;

    if (fresh)
        record = record_new(operation);
    record->used_at = loop_now(record_loop(record));
    if (record->doomed != 0) {
        record_revoke(record, operation);
        return;
    }
    list_append(&record->waiting, &operation->record_link);
    if (fresh) {
        struct authz_sender sender = operation_sender(operation);

        record_ref(record);
        authz_ask_user(application, &sender, operation_patience(operation), user_answered, record);
    } else if (record->state != RECORD_authorizing) {
        if (refresh_due(record))
            record_refresh(record, operation);
        record_continue(record);
    }
}

const char *record_awaited_call(const struct operation *operation)
{
    const struct record *record = record_find(operation);

    return record != NULL && record->state != RECORD_authorizing ? "AuthzQueryQuota" : "AuthzUser";
}
