/* SPDX-License-Identifier: ISC */

#include "broker/enumeration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "broker/broker.h"
#include "broker/configuration_items.h"
#include "broker/operation.h"
#include "faults.h"
#include "input_limits.h"

static struct enumeration *enumeration_by_context(const struct operation *operation)
{
    const char *context = operation->enumeration_context;
    struct enumeration *enumeration =
        context != NULL ? map_get(&operation->broker->enumerations, context, strlen(context))
                        : NULL;

    return enumeration != NULL && enumeration->operation->application == operation->application
               ? enumeration
               : NULL;
}

static bool same_owner(const struct enumeration *enumeration, const struct operation *operation)
{
    return strcmp(enumeration->operation->caller.token->account,
                  operation->caller.token->account) == 0;
}

bool enumeration_is_foreign(const struct operation *operation)
{
    const struct enumeration *enumeration = enumeration_by_context(operation);

    return enumeration != NULL && !same_owner(enumeration, operation);
}

/* ---- ends ---- */

static void enumeration_audit_end(const struct enumeration *enumeration, const char *reason)
{
    const struct operation *operation = enumeration->operation;
    struct audit *audit = operation->broker->audit;

    audit_begin(audit, "enumeration-end");
    operation_audit(operation);
    audit_number(audit, "operations", quota_operations(operation->record->account));
    audit_text(audit, "reason", reason);
    audit_end(audit);
}

void enumeration_end(struct enumeration *enumeration, const char *reason)
{
    struct operation *operation = enumeration->operation;
    struct broker *broker = operation->broker;

    loop_timer_stop(broker->loop, &enumeration->idle);
    map_remove(&broker->enumerations, enumeration->context, strlen(enumeration->context));
    if (enumeration->answering != NULL)
        enumeration->answering->enumeration = NULL;
    operation->enumeration = NULL;
    quota_return(&operation->slots);
    if (reason != NULL)
        enumeration_audit_end(enumeration, reason);
    operation_end(operation);
    free(enumeration->previous_pull);
    free(enumeration->numbers);
    free(enumeration);
}

static void enumeration_idle_expired(struct loop_timer *timer)
{
    enumeration_end(container_of(timer, struct enumeration, idle), "its idle time-out elapsed");
}

/* ---- what there is ---- */

void enumeration_add(struct enumeration *enumeration, uint64_t number)
{
    if (enumeration->count == enumeration->capacity) {
        enumeration->capacity = 2 * enumeration->capacity + 16;
        enumeration->numbers =
            mem_resize(enumeration->numbers, enumeration->capacity, sizeof(uint64_t));
    }
    enumeration->numbers[enumeration->count++] = number;
}

static int compare_numbers(const void *left, const void *right)
{
    const uint64_t *l = left;
    const uint64_t *r = right;

    return (*l > *r) - (*l < *r);
}

/*
 * The shells of one kind are enumerated by the resource URI of that kind, too. NULL, and the fault,
 * when nothing is enumerated by that name.
 */
static const struct enumeration_source *source_find(const struct operation *operation,
                                                    uint32_t *code)
{
    static const struct enumeration_source *const sources[] = {&shells_source, &commands_source,
                                                               &listeners_source, &plugins_source};
    const char *uri = operation->resource_uri != NULL ? operation->resource_uri : "";
    const struct plugin *plugin;
    const struct resource *resource;

    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
        if (text_equal_case(uri, sources[i]->uri))
            return sources[i];
    resource = application_find_resource(operation->application->settings, uri, &plugin);
    *code = resource == NULL ? FAULT_invalid_resource_uri : FAULT_action_not_supported;
    return resource != NULL && (resource->capabilities & CAPABILITY_shell) != 0 ? &shells_source
                                                                                : NULL;
}

/* ---- Enumerate, Pull, Release ---- */

struct visit {
    const struct operation *of;
    size_t count;
};

static void count_visit(void *value, void *context)
{
    const struct enumeration *enumeration = value;
    struct visit *visit = context;

    if (enumeration->operation->application == visit->of->application &&
        same_owner(enumeration, visit->of))
        visit->count++;
}

bool enumeration_allowed(const struct operation *operation, struct quota_refusal *refusal)
{
    struct visit visit = {.of = operation};

    map_each(&operation->broker->enumerations, count_visit, &visit);
    if (visit.count < ENUMERATIONS_OF_USER)
        return true;
    refusal->code = FAULT_quota_operations;
    snprintf(
        refusal->text, sizeof(refusal->text),
        "This user may have %d open enumerations and has %zu. One frees when it has been pulled "
        "to its end or is released.",
        ENUMERATIONS_OF_USER, visit.count);
    return false;
}

void enumeration_begin(struct operation *operation)
{
    uint32_t code = 0;
    const struct enumeration_source *source = source_find(operation, &code);
    struct quota_refusal refusal;
    struct enumeration *enumeration;

    /* Others of this user may have been let in while the plug-in was asked about this one. */
    if (!enumeration_allowed(operation, &refusal)) {
        operation_refuse(operation, refusal.code, refusal.text);
        return;
    }
    if (source == NULL) {
        operation_refuse(operation, code, NULL);
        return;
    }
    if (operation->shell_id != NULL && !source->takes_shell) {
        operation_refuse(operation, FAULT_filtering, NULL);
        return;
    }
    if (source->refuse != NULL && source->refuse(operation))
        return;
    enumeration = mem_alloc(sizeof(*enumeration));
    memcpy(enumeration->context, ENUMERATION_PREFIX, sizeof(ENUMERATION_PREFIX));
    guid_make(enumeration->context + sizeof(ENUMERATION_PREFIX) - 1);
    enumeration->operation = operation;
    enumeration->source = source;
    enumeration->idle.expired = enumeration_idle_expired;
    enumeration->administrator = operation->record->administrator;
    enumeration->requests_only = operation->application->settings->count_requests_only;
    if (enumeration->requests_only)
        quota_return_operation(&operation->slots);
    map_put(&operation->broker->enumerations, enumeration->context, strlen(enumeration->context),
            enumeration);
    source->collect(enumeration);
    if (enumeration->count > 1)
        qsort(enumeration->numbers, enumeration->count, sizeof(*enumeration->numbers),
              compare_numbers);
    enumeration_send(enumeration, operation);
}

static void enumeration_release(struct enumeration *enumeration, struct operation *operation)
{
    enumeration_end(enumeration, "released");
    operation->state = OPERATION_answered;
    channel_send(operation->net->channel, operation_ended, .request = operation->request,
                 .operation = operation->id);
}

/*
 * An enumeration outlives what its user was when it began: a refresh, a reload or another way to
 * authenticate may have made somebody else of an administrator.
 */
static bool pulls_too_much(const struct enumeration *enumeration, const struct operation *operation)
{
    return enumeration->administrator && !operation->record->administrator;
}

static void enumeration_pull(struct enumeration *enumeration, struct operation *operation)
{
    if (pulls_too_much(enumeration, operation)) {
        enumeration_end(enumeration, "an administrator began it, and who pulls is none");
        operation_refuse_enumeration(operation);
        return;
    }
    if (enumeration_repeats(enumeration, operation))
        enumeration->position = enumeration->previous;
    enumeration_send(enumeration, operation);
}

void enumeration_follow(struct operation *operation)
{
    struct enumeration *enumeration = enumeration_by_context(operation);

    if (enumeration == NULL || !same_owner(enumeration, operation))
        operation_refuse_enumeration(operation);
    else if (operation->kind == OPERATION_release)
        enumeration_release(enumeration, operation);
    else if (enumeration->answering != NULL)
        operation_refuse(operation, FAULT_pull_in_progress, NULL);
    else
        enumeration_pull(enumeration, operation);
}

/* ---- many ---- */

struct closing {
    const struct record *record;           /* NULL: all */
    const struct application *application; /* NULL: all */
    const char *reason;
};

static void close_visit(void *value, void *context)
{
    struct enumeration *enumeration = value;
    const struct closing *closing = context;
    const struct operation *operation = enumeration->operation;

    if ((closing->record == NULL || operation->record == closing->record) &&
        (closing->application == NULL || operation->application == closing->application))
        enumeration_end(enumeration, closing->reason);
}

void enumeration_close_of_record(const struct record *record, const char *reason)
{
    struct closing closing = {.record = record, .reason = reason};

    map_each(&record->application->broker->enumerations, close_visit, &closing);
}

void enumeration_close_of_application(const struct application *application, const char *reason)
{
    struct closing closing = {.application = application, .reason = reason};

    map_each(&application->broker->enumerations, close_visit, &closing);
}

static void stop_visit(void *value, void *context)
{
    struct enumeration *enumeration = value;

    (void)context;
    if (enumeration->answering == NULL)
        enumeration_end(enumeration, "the service is stopping");
}

void enumeration_close_all(struct broker *broker)
{
    map_each(&broker->enumerations, stop_visit, NULL);
}
