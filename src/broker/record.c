/* SPDX-License-Identifier: ISC */

#include "broker/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/session.h"
#include "broker/shell.h"
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

static struct loop *record_loop(const struct record *record)
{
    return record->application->broker->loop;
}

const char *record_state_name(const struct record *record)
{
    static const char *const names[] = {"none", "authorizing", "active", "refreshing", "gone"};

    return names[record->state];
}

/* ---- life ---- */

static void refresh_free(struct refresh *refresh)
{
    if (refresh == NULL)
        return;
    caller_clear(&refresh->caller);
    free(refresh->url);
    free(refresh->locale);
    free(refresh);
}

static void record_destroy(struct record *record)
{
    authz_release(record->application, &record->context);
    list_remove(&record->retired_link);
    loop_timer_stop(record_loop(record), &record->idle);
    loop_timer_stop(record_loop(record), &record->closing);
    refresh_free(record->refresh);
    token_unref(record->client_token);
    token_unref(record->token);
    quota_account_unref(record->account);
    free(record->key);
    free(record->mechanism);
    free(record->name);
    free(record->doomed_reason);
    free(record);
}

/* Out of the table: nobody finds it any more. It ends with its last reference. */
static void record_go(struct record *record)
{
    if (record->state == RECORD_gone)
        return;
    map_remove(&record->application->records, record->key, record->key_length);
    loop_timer_stop(record_loop(record), &record->idle);
    record->state = RECORD_gone;
    if (record->references == 0)
        record_destroy(record);
}

void record_ref(struct record *record)
{
    record->references++;
}

void record_unref(struct record *record)
{
    if (record == NULL || --record->references > 0)
        return;
    if (record->state == RECORD_gone)
        record_destroy(record);
    else
        loop_timer_start(record_loop(record), &record->idle,
                         record->application->settings->record_idle);
}

static void record_idle_expired(struct loop_timer *timer)
{
    struct record *record = container_of(timer, struct record, idle);
    uint64_t now = loop_now(record_loop(record));
    uint64_t end = record->used_at + record->application->settings->record_idle;

    /* Activity includes what is running; each message starts the time anew. */
    if (record->references > 0 || record->state == RECORD_authorizing || record->asking_limits ||
        record->state == RECORD_refreshing)
        return;
    if (now < end)
        loop_timer_start(record_loop(record), timer, end - now);
    else
        record_go(record);
}

static void record_closing_expired(struct loop_timer *timer)
{
    struct record *record = container_of(timer, struct record, closing);

    shell_close_of_record(record, "the user's authorization was withdrawn");
    enumeration_close_of_record(record, "the user's authorization was withdrawn");
}

static struct record *record_new(struct operation *operation, const char *key, size_t length)
{
    struct record *record = mem_alloc(sizeof(*record));
    const struct caller *caller = &operation->caller;

    record->state = RECORD_authorizing;
    record->application = operation->application;
    record->key = mem_text_n(key, length);
    record->key_length = length;
    record->mechanism = mem_text(caller->mechanism);
    record->name = mem_text(caller->name);
    record->client_token = token_bind(caller->token, operation->application);
    record->account = quota_account_get(operation->application, caller->token->account);
    record->limits = quota_limits_default(operation->application->settings);
    record->idle.expired = record_idle_expired;
    record->closing.expired = record_closing_expired;
    list_init(&record->waiting);
    list_init(&record->retired_link);
    map_put(&operation->application->records, key, length, record);
    return record;
}

/* ---- the plug-in's answers ---- */

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
    refresh_free(record->refresh);
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

/* Free with free(). Mechanism, account and certificate can hold no NUL: it separates them. */
static char *record_key(const struct operation *operation, size_t *length)
{
    const struct caller *caller = &operation->caller;
    const char *account = caller->token->account;
    const char *certificate = caller->certificate.thumbprint;

    *length = strlen(caller->mechanism) + 1 + strlen(account);
    if (certificate == NULL)
        return mem_printf("%s%c%s", caller->mechanism, '\0', account);
    *length += 1 + strlen(certificate);
    return mem_printf("%s%c%s%c%s", caller->mechanism, '\0', account, '\0', certificate);
}

const char *record_awaited_call(const struct operation *operation)
{
    size_t length;
    char *key = record_key(operation, &length);
    const struct record *record = map_get(&operation->application->records, key, length);

    free(key);
    return record != NULL && record->state != RECORD_authorizing ? "AuthzQueryQuota" : "AuthzUser";
}

void record_enter(struct operation *operation)
{
    struct application *application = operation->application;
    size_t length;
    char *key = record_key(operation, &length);
    struct record *record = map_get(&application->records, key, length);
    bool fresh = record == NULL;

    if (fresh)
        record = record_new(operation, key, length);
    free(key);
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

/* ---- the end of a host ---- */

static void record_drop_visit(void *value, void *context)
{
    struct record *record = value;
    const uint64_t *generation = context;

    if (record->generation != *generation)
        return;
    /* Its user call has failed already; whoever waits has been told. What its user has running is
     * judged with what the next host says of that user. */
    authz_release(record->application, &record->context);
    if (record->references > 0)
        list_append(&record->application->retired, &record->retired_link);
    record_go(record);
}

void record_drop_all(struct application *application, uint64_t generation)
{
    map_each(&application->records, record_drop_visit, &generation);
}

/* ---- other settings ---- */

static void record_retire_visit(void *value, void *context)
{
    struct record *record = value;
    struct list *waiting = context;

    list_append_all(waiting, &record->waiting);
    authz_release(record->application, &record->context);
    if (record->references > 0)
        list_append(&record->application->retired, &record->retired_link);
    record_go(record);
}

void record_retire_all(struct application *application)
{
    const struct record_refusal removed = {.lost = AUTHZ_stopping,
                                           .code = FAULT_endpoint_unavailable,
                                           .reason = "the application was removed"};
    struct list waiting;

    list_init(&waiting);
    map_each(&application->records, record_retire_visit, &waiting);
    while (!list_empty(&waiting)) {
        struct operation *operation = container_of(waiting.next, struct operation, record_link);

        list_remove(&operation->record_link);
        if (application->removed)
            operation_recorded(operation, &removed);
        else
            record_enter(operation);
    }
}

/* ---- an administrator ---- */

struct revocation {
    const char *user;
    struct list waiting;
    uint32_t count;
};

static bool record_is_of(const struct record *record, const char *user)
{
    return strcmp(record->client_token->account, user) == 0 || strcmp(record->name, user) == 0;
}

static void record_revoke_visit(void *value, void *context)
{
    struct record *record = value;
    struct revocation *revocation = context;

    if (!record_is_of(record, revocation->user))
        return;
    revocation->count++;
    record->revoked = true;
    list_append_all(&revocation->waiting, &record->waiting);
    record_ref(record);
    authz_release(record->application, &record->context);
    record_go(record);
    enumeration_close_of_record(record, "an administrator revoked its user");
    record_unref(record);
}

uint32_t record_revoke_user(struct application *application, const char *user)
{
    const struct record_refusal refusal = {.lost = AUTHZ_answered,
                                           .code = FAULT_access_denied,
                                           .by_user_call = true,
                                           .reason = "an administrator revoked the user"};
    struct revocation revocation = {.user = user};

    list_init(&revocation.waiting);
    list_each(link, &application->retired) {
        struct record *record = container_of(link, struct record, retired_link);

        if (!record_is_of(record, user))
            continue;
        record->revoked = true;
        record_ref(record);
        enumeration_close_of_record(record, "an administrator revoked its user");
        record_unref(record);
    }
    map_each(&application->records, record_revoke_visit, &revocation);
    while (!list_empty(&revocation.waiting)) {
        struct operation *operation =
            container_of(revocation.waiting.next, struct operation, record_link);

        list_remove(&operation->record_link);
        operation_recorded(operation, &refusal);
    }
    return revocation.count;
}

const char *record_certificate(const struct record *record)
{
    /* The third part of the key, if there is one. */
    size_t length = strlen(record->mechanism) + 1;

    length += strlen(record->key + length) + 1;
    return length < record->key_length ? record->key + length : NULL;
}

static void record_release_visit(void *value, void *context)
{
    struct record *record = value;

    (void)context;
    authz_release(record->application, &record->context);
}

void record_release_all(struct application *application)
{
    map_each(&application->records, record_release_visit, NULL);
}
