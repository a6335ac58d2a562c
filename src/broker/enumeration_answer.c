/* SPDX-License-Identifier: ISC */

/*
 * The answers to an Enumerate and its Pulls (enumeration.h): what there is room for, what the
 * client has got of it, and what is sent again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"

/* ---- it is sent ---- */

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

void enumeration_send(struct enumeration *enumeration, struct operation *to)
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

/* ---- it has been written, or is lost ---- */

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

bool enumeration_repeats(const struct enumeration *enumeration, const struct operation *operation)
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
