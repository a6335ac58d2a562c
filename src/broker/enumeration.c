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

static void enumeration_end(struct enumeration *enumeration, const char *reason)
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

/* ---- an answer ---- */

/* Bytes that an item takes in an answer, at the least. */
static size_t item_size(enum message_type type, const union message_body *item)
{
    const struct message_layout *layout = message_layout(type);
    size_t size = 1;

    for (size_t i = 0; i < layout->field_count; i++) {
        const char *const *text =
            (const char *const *)(const void *)((const char *)item + layout->fields[i].offset);

        if (layout->fields[i].type == FIELD_TEXT && *text != NULL)
            size += strlen(*text);
    }
    return size;
}

/*
 * `request` is the first field of every item message. False when this one can not be said at all;
 * one that a dead winrmd-net does not hear is to come again.
 */
static bool item_send(const struct operation *to, enum message_type type, union message_body *item)
{
    struct channel *channel = to->net->channel;

    memcpy(item, &to->request, sizeof(to->request));
    return channel_write(channel, type, item) || channel_is_ended(channel);
}

/*
 * Is there room for another item? A winrmd-net reads more slowly than answers are put together, and
 * one that has too much to read is ended with all its connections (CHANNEL_OUT_LIMIT): what many
 * large answers at a time leave no room for comes with later Pulls. The first item always goes, so
 * that every Pull gets on.
 */
static bool another_fits(const struct operation *to, size_t count, size_t most, size_t used)
{
    if (count >= most || used >= to->room)
        return false;
    return count == 0 || channel_backlog(to->net->channel) < CHANNEL_OUT_LIMIT / 2;
}

/* Sends what the answer to this Enumerate or Pull may have room for, from `position` on. */
static void enumeration_send(struct enumeration *enumeration, struct operation *to)
{
    size_t batch = to->application->settings->batch_items;
    size_t most = to->max_elements < batch ? to->max_elements : batch;
    uint64_t *numbers = enumeration->numbers;
    size_t next = enumeration->position;
    size_t kept = next;
    size_t used = 0;

    to->state = OPERATION_answered;
    to->enumeration = enumeration;
    loop_timer_stop(to->broker->loop, &enumeration->idle);
    while (next < enumeration->count &&
           another_fits(to, kept - enumeration->position, most, used)) {
        union message_body item = {0};
        uint64_t number = numbers[next++];
        enum message_type type = enumeration->source->describe(enumeration, number, &item);

        if (type == MESSAGE_none || !item_send(to, type, &item))
            continue;
        used += item_size(type, &item);
        numbers[kept++] = number;
    }
    /* What has gone meanwhile leaves no gap. */
    if (kept != next)
        memmove(&numbers[kept], &numbers[next], (enumeration->count - next) * sizeof(*numbers));
    enumeration->count -= next - kept;
    enumeration->answering = to;
    enumeration->sent = kept - enumeration->position;
    enumeration->complete = most > 0 && kept == enumeration->count;
    channel_send(to->net->channel, items_end, .request = to->request, .operation = to->id,
                 .context = enumeration->context, .last = enumeration->complete,
                 .form = enumeration->operation->item_form);
}

void enumeration_fits(struct operation *operation)
{
    struct enumeration *enumeration = operation->enumeration;

    if (enumeration != NULL && enumeration->complete)
        quota_return(&enumeration->operation->slots);
}

/*
 * It waits for its next Pull. When its slot was given back because the last items fitted, their
 * answer is lost, and the client may pull them again.
 */
static void enumeration_wait(struct enumeration *enumeration)
{
    struct operation *operation = enumeration->operation;

    operation->state = OPERATION_living;
    if (!enumeration->requests_only)
        operation_reserve_again(operation);
    loop_timer_start(operation->broker->loop, &enumeration->idle,
                     operation->application->settings->enumerate_idle);
}

/* What a Pull is known again by when its client has lost the answer with its connection; or NULL.
 */
static char *pull_identity(const struct operation *operation)
{
    return operation->operation_id != NULL && operation->sequence_id != NULL
               ? mem_printf("%s %s", operation->sequence_id, operation->operation_id)
               : NULL;
}

static bool pull_repeats(const struct enumeration *enumeration, const struct operation *operation)
{
    char *identity = pull_identity(operation);
    bool repeats = identity != NULL && enumeration->previous_pull != NULL &&
                   strcmp(identity, enumeration->previous_pull) == 0;

    free(identity);
    return repeats;
}

void enumeration_answered(struct operation *operation)
{
    struct enumeration *enumeration = operation->enumeration;
    size_t taken = operation->delivered ? operation->taken : 0;
    bool first = operation == enumeration->operation;
    bool unknown = first && !operation->delivered;
    bool over = operation->delivered && enumeration->complete && taken >= enumeration->sent;

    enumeration->answering = NULL;
    enumeration->previous = enumeration->position;
    free(enumeration->previous_pull);
    enumeration->previous_pull = first ? NULL : pull_identity(operation);
    enumeration->position += taken < enumeration->sent ? taken : enumeration->sent;
    if (!first) {
        operation->enumeration = NULL;
        operation_end(operation);
    }
    if (unknown)
        enumeration_end(enumeration, "its client has no answer to the Enumerate");
    else if (over)
        enumeration_end(enumeration, first ? NULL : "everything was pulled");
    else if (enumeration->operation->broker->stopping)
        enumeration_end(enumeration, "the service is stopping");
    else
        enumeration_wait(enumeration);
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
    if (pull_repeats(enumeration, operation))
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
