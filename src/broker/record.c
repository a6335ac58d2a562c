/* SPDX-License-Identifier: ISC */

#include "broker/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/record_steps.h"
#include "broker/shell.h"
#include "faults.h"

struct loop *record_loop(const struct record *record)
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
    list_remove(&record->retired_link);
    loop_timer_stop(record_loop(record), &record->idle);
    loop_timer_stop(record_loop(record), &record->closing);
    record_refresh_free(record->refresh);
    token_unref(record->client_token);
    token_unref(record->token);
    quota_account_unref(record->account);
    free(record->key);
    free(record->mechanism);
    free(record->name);
    free(record->doomed_reason);
    free(record);
}

void record_go(struct record *record)
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

/* ---- the table ---- */

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

const char *record_certificate(const struct record *record)
{
    /* The third part of the key, if there is one. */
    size_t length = strlen(record->mechanism) + 1;

    length += strlen(record->key + length) + 1;
    return length < record->key_length ? record->key + length : NULL;
}

struct record *record_find(const struct operation *operation)
{
    size_t length;
    char *key = record_key(operation, &length);
    struct record *record = map_get(&operation->application->records, key, length);

    free(key);
    return record;
}

struct record *record_new(const struct operation *operation)
{
    struct record *record = mem_alloc(sizeof(*record));
    const struct caller *caller = &operation->caller;

    record->state = RECORD_authorizing;
    record->application = operation->application;
    record->key = record_key(operation, &record->key_length);
    record->mechanism = mem_text(caller->mechanism);
    record->name = mem_text(caller->name);
    record->client_token = token_bind(caller->token, operation->application);
    record->account = quota_account_get(operation->application, caller->token->account);
    record->limits = quota_limits_default(operation->application->settings);
    record->idle.expired = record_idle_expired;
    record->closing.expired = record_closing_expired;
    list_init(&record->waiting);
    list_init(&record->retired_link);
    map_put(&operation->application->records, record->key, record->key_length, record);
    return record;
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

/* ---- the service stops ---- */

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
