/* SPDX-License-Identifier: ISC */

#include "broker/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/session.h"
#include "broker/shell.h"
#include "wsmerror.h"

static bool record_has_quota(const struct record *record)
{
    const struct plugin *authorizer = record->application->authorizer;

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

static void record_destroy(struct record *record)
{
    authz_release(record->application, &record->context);
    loop_timer_stop(record_loop(record), &record->idle);
    loop_timer_stop(record_loop(record), &record->closing);
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
        loop_timer_start(record_loop(record), &record->idle, record->application->record_idle);
}

static void record_idle_expired(struct loop_timer *timer)
{
    struct record *record = container_of(timer, struct record, idle);
    uint64_t now = loop_now(record_loop(record));
    uint64_t end = record->used_at + record->application->record_idle;

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
    record->limits = quota_default_limits;
    record->idle.expired = record_idle_expired;
    record->closing.expired = record_closing_expired;
    list_init(&record->waiting);
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
static void record_ask_quota(struct record *record, const struct operation *operation)
{
    struct authz_sender sender = operation_sender(operation);

    record->asking_limits = true;
    record_ref(record);
    authz_ask_quota(record->application, &sender, operation_patience(operation), quota_answered,
                    record);
}

/* Active, and somebody waits: asks for the quota if that is still to be known, or lets them in. */
static void record_continue(struct record *record)
{
    bool wanted = record_has_quota(record) && !record->limits_known;

    if (list_empty(&record->waiting))
        return;
    if (wanted && !record->asking_limits) {
        record_ask_quota(record, first_waiting(record));
    } else if (!wanted) {
        waiting_finish(record, &(struct record_refusal){0});
    }
}

/* The application's service account; in unprivileged mode, without one, the invoking user. */
static struct token *service_token(const struct application *application)
{
    char invoking[32];

    snprintf(invoking, sizeof(invoking), "uid %u", (unsigned)getuid());
    return token_new(application, application->account != NULL ? application->account : invoking,
                     getuid(), NULL);
}

/* The identity the plug-in chose, or NULL when it may not choose that one. */
static struct token *answered_token(struct record *record, const struct authz_answer *answer)
{
    const struct application *application = record->application;
    bool may = false;

    switch (answer->token) {
    case TOKEN_client:
        return token_ref(record->client_token);
    case TOKEN_none:
        return service_token(application);
    case TOKEN_account:
        for (size_t i = 0; i < application->may_map_to_count && answer->account != NULL; i++)
            may = may || strcmp(application->may_map_to[i], answer->account) == 0;
        return may ? token_new(application, answer->account, getuid(), NULL) : NULL;
    default:
        return NULL;
    }
}

static struct record_refusal refusal_of(const struct authz_answer *answer)
{
    struct record_refusal refusal = {.lost = answer->lost,
                                     .code = answer->code,
                                     .by_user_call = true,
                                     .reason = answer->extended};

    if (answer->lost == AUTHZ_late)
        refusal.reason = "the authorization plug-in did not answer AuthzUser in time";
    else if (answer->lost == AUTHZ_crashed)
        refusal.reason = "the authorization plug-in's host was lost during AuthzUser";
    else if (answer->lost == AUTHZ_unavailable)
        refusal.reason = "the authorization plug-in could not be loaded or started";
    else if (answer->code == ERROR_WSMAN_REDIRECT_REQUESTED)
        refusal.location = answer->extended != NULL ? answer->extended : "";
    return refusal;
}

static void user_answered(void *asker, const struct authz_answer *answer)
{
    struct record *record = asker;
    struct record_refusal refusal = refusal_of(answer);
    struct authz_context context = answer->context;
    struct token *token = answer->code == 0 ? answered_token(record, answer) : NULL;

    if (answer->code == 0 && token == NULL) {
        refusal.code = ERROR_ACCESS_DENIED;
        refusal.reason = "the plug-in named an account this application may not map to";
    }
    if (refusal.code != 0) {
        authz_release(record->application, &context);
        record_go(record);
        waiting_finish(record, &refusal);
    } else {
        record->context = context;
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

    record->asking_limits = false;
    if (answer->code == 0) {
        record->limits = answer->quota_present ? answer->quota : quota_default_limits;
        record->limits_known = true;
    } else if (!record->limits_known) {
        refusal = (struct record_refusal){
            .lost = answer->lost,
            .code = answer->code == ERROR_WSMAN_REDIRECT_REQUESTED
                        ? ERROR_WSMAN_INVALID_REDIRECT_ERROR
                        : answer->code,
            .reason = answer->lost == AUTHZ_late
                          ? "the authorization plug-in did not answer AuthzQueryQuota in time"
                          : "the authorization plug-in's AuthzQueryQuota failed",
            .extended = answer->extended};
    }
    waiting_finish(record, &refusal);
    record_unref(record);
}

static void refresh_answered(void *asker, const struct authz_answer *answer)
{
    struct record *record = asker;
    struct authz_context fresh = answer->context;
    struct authz_context old = record->context;
    struct token *token = answer->code == 0 ? answered_token(record, answer) : NULL;

    /* The old context goes after the new one was obtained, whether or not that succeeded. */
    record->context = fresh;
    authz_release(record->application, &old);
    if (record->state == RECORD_gone) {
        token_unref(token);
        record_unref(record);
        return;
    }
    record->state = RECORD_active;
    record->authorized_at = loop_now(record_loop(record));
    if (token == NULL || !token_equal(token, record->token)) {
        record->doomed = token != NULL ? ERROR_WSMAN_DIFFERENT_AUTHZ_TOKEN
                                       : (answer->code != 0 ? answer->code : ERROR_ACCESS_DENIED);
        record->doomed_reason =
            mem_text(token != NULL ? "re-authorization gave another identity"
                                   : (answer->extended != NULL ? answer->extended
                                                               : "re-authorization refused"));
    } else {
        record->administrator = answer->administrator;
    }
    token_unref(token);
    record_unref(record);
}

/* ---- messages ---- */

static bool refresh_due(const struct record *record)
{
    return record->state == RECORD_active && record->doomed == 0 &&
           loop_now(record_loop(record)) - record->authorized_at >=
               record->application->quota_refresh;
}

/* The message that finds the interval over supplies the data and runs under the old verdict. */
static void record_refresh(struct record *record, const struct operation *operation)
{
    struct authz_sender sender = operation_sender(operation);

    record->state = RECORD_refreshing;
    record_ref(record);
    authz_ask_user(record->application, &sender, operation_patience(operation), refresh_answered,
                   record);
    if (record_has_quota(record) && !record->asking_limits)
        record_ask_quota(record, operation);
}

static void record_revoke(struct record *record, struct operation *operation)
{
    struct record_refusal refusal = {
        .code = record->doomed, .by_user_call = true, .reason = record->doomed_reason};

    record_ref(record);
    if (shell_any_of_record(record))
        loop_timer_start(record_loop(record), &record->closing,
                         record->application->authorization_timeout);
    record_go(record);
    operation_recorded(operation, &refusal);
    record_unref(record);
}

void record_enter(struct operation *operation)
{
    const struct caller *caller = &operation->caller;
    struct application *application = operation->application;
    /* Mechanism and account can hold no NUL: it separates them. */
    char *key = mem_printf("%s%c%s", caller->mechanism, '\0', caller->token->account);
    size_t length = strlen(caller->mechanism) + 1 + strlen(caller->token->account);
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

void record_leave_waiting(struct operation *operation)
{
    list_remove(&operation->record_link);
}

/* ---- the end of a host ---- */

static void record_drop_visit(void *value, void *context)
{
    struct record *record = value;

    (void)context;
    /* Its user call has failed already; whoever waits has been told. */
    authz_release(record->application, &record->context);
    record_go(record);
}

void record_drop_all(struct application *application)
{
    map_each(&application->records, record_drop_visit, NULL);
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
