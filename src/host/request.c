/* SPDX-License-Identifier: ISC */

#include "host/request.h"

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/host.h"
#include "host/language.h"
#include "host/output.h"

enum { REQUEST_TEXTS_LIMIT = 16 * 1024 * 1024 };

/* ---- making one ---- */

static bool request_options(struct request *request, WSMAN_OPTION_SETEX *set,
                            const struct ipc_items *options, bool must_understand)
{
    set->optionsMustUnderstand = must_understand ? TRUE : FALSE;
    if (options == NULL || options->count == 0)
        return true;
    set->options = arena_alloc(&request->arena, options->count * sizeof(WSMAN_OPTION));
    if (set->options == NULL)
        return false;
    for (uint32_t i = 0; i < options->count; i++) {
        const struct ipc_item *item = &options->item[i];
        WSMAN_OPTION *option = &set->options[i];

        option->name = utf16_arena(&request->arena, item->name != NULL ? item->name : "");
        option->value = utf16_arena(&request->arena, item->value != NULL ? item->value : "");
        option->mustComply = (item->flags & ITEM_MUST_COMPLY) != 0 ? TRUE : FALSE;
        if (option->name == NULL || option->value == NULL)
            return false;
    }
    set->optionsCount = options->count;
    return true;
}

/* Always the larger structure, marked as such: it can be read as either. */
static bool request_describe(struct request *request, const struct caller *caller,
                             const struct ipc_items *options, bool must_understand)
{
    WSMAN_OPERATION_INFOEX *info = arena_alloc(&request->arena, sizeof(*info));
    WSMAN_KEY *selector = arena_alloc(&request->arena, sizeof(*selector));

    if (info == NULL || selector == NULL ||
        !request_options(request, &info->optionSet, options, must_understand))
        return false;
    *selector = caller->selector;
    info->selectorSet = (WSMAN_SELECTOR_SET){.numberKeys = 1, .keys = selector};
    info->version = WSMAN_OPERATION_INFOV2;
    info->uiLocale = caller->locale;
    info->dataLocale = caller->data_locale;
    request->details = request->handle.address;
    request->details->senderDetails = caller->sender.address;
    request->details->locale = caller->locale;
    request->details->dataLocale = caller->data_locale;
    request->details->resourceUri = caller->resource_uri;
    request->details->operationInfo = (WSMAN_OPERATION_INFO *)info;
    request->details->shutdownNotificationHandle = request->event.address;
    return true;
}

struct request *request_new(enum request_kind kind, const struct request_events *events,
                            void *owner, const struct caller *caller,
                            const struct ipc_items *options, bool options_must_understand)
{
    struct request *request = mem_alloc(sizeof(*request));
    bool opened;

    request->kind = kind;
    request->events = events;
    request->owner = owner;
    request->event_fd = -1;
    request->room = caller->max_envelope;
    request->envelope = caller->max_envelope;
    request->timeout = WSMAN_DEFAULT_TIMEOUT_MS;
    arena_init(&request->arena, REQUEST_TEXTS_LIMIT);
    address_lock();
    opened =
        handle_open(&request->handle, HANDLE_request) && handle_open(&request->event, HANDLE_event);
    address_unlock();
    if (opened && request_describe(request, caller, options, options_must_understand))
        return request;
    request_free(request);
    return NULL;
}

bool request_option_types(struct request *request, const struct ipc_items *types)
{
    WSMAN_OPERATION_INFOEX *info = (WSMAN_OPERATION_INFOEX *)request->details->operationInfo;
    PCWSTR *names;

    if (types->count == 0 || types->count != info->optionSet.optionsCount)
        return true;
    names = arena_alloc(&request->arena, types->count * sizeof(*names));
    if (names == NULL)
        return false;
    for (uint32_t i = 0; i < types->count; i++) {
        names[i] = utf16_arena(&request->arena, types->item[i].value);
        if (names[i] == NULL && types->item[i].value != NULL)
            return false;
    }
    info->optionSet.optionTypes = names;
    return true;
}

void request_free(struct request *request)
{
    if (request == NULL)
        return;
    address_lock();
    handle_drop(&request->event);
    handle_drop(&request->handle);
    address_unlock();
    if (request->event_fd >= 0)
        close(request->event_fd);
    output_unref(request->output);
    arena_free(&request->arena);
    free(request->extended);
    free(request);
}

/* ---- on the loop's thread ---- */

static void request_tell_finished(struct request *request)
{
    if (request_finished(request) && request->events->finished != NULL)
        request->events->finished(request);
}

static void report_run(struct post *post)
{
    struct request *request = container_of(post, struct request, report_post);

    if (request->events->reported != NULL)
        request->events->reported(request);
}

static void complete_run(struct post *post)
{
    struct request *request = container_of(post, struct request, complete_post);

    request->over = true;
    if (request->events->completed != NULL)
        request->events->completed(request);
    request_tell_finished(request);
}

static void return_run(struct post *post)
{
    struct request *request = container_of(post, struct request, return_post);

    request->returned = true;
    request_tell_finished(request);
}

static void request_run(struct pool_work *work)
{
    struct request *request = container_of(work, struct request, work);

    language_enter(request->details->locale);
    request->enter(request);
    language_leave();
    post_send(&request->return_post);
}

bool request_submit(struct request *request, void (*enter)(struct request *request))
{
    request->enter = enter;
    request->work.run = request_run;
    request->report_post.run = report_run;
    request->complete_post.run = complete_run;
    request->return_post.run = return_run;
    return pool_submit(&host.pool, &request->work);
}

void request_cancel(struct request *request)
{
    uint64_t one = 1;

    if (request == NULL)
        return;
    address_lock();
    if (!request->cancelled && request->handle.open) {
        request->cancelled = true;
        /* The flag first: who wakes up by the handle shall see it. */
        __atomic_store_n(&request->details->shutdownNotification, TRUE, __ATOMIC_RELEASE);
        if (request->event_fd >= 0 && write(request->event_fd, &one, sizeof(one)) < 0)
            one = 0;
    }
    address_unlock();
    if (request->output != NULL)
        output_cancel(request->output);
}

void request_limits(struct request *request, uint64_t timeout, uint32_t room)
{
    address_lock();
    request->timeout = timeout < UINT32_MAX ? (uint32_t)timeout : UINT32_MAX;
    request->room = room;
    address_unlock();
}

void request_envelope(struct request *request, uint32_t bytes)
{
    if (bytes == 0)
        return;
    address_lock();
    request->envelope = bytes;
    address_unlock();
}
