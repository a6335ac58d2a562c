/* SPDX-License-Identifier: ISC */

#include "host/target.h"

#include <stdlib.h>

#include "base/memory.h"
#include "host/command.h"
#include "host/host.h"
#include "host/shell.h"

void target_init(struct target *target, struct command *command)
{
    target->command = command;
    list_init(&target->requests);
    receiver_init(target);
    sender_init(target);
    signals_init(target);
}

void target_free(struct target *target)
{
    signals_free(target);
    sender_free(target);
    receiver_free(target);
}

bool target_is_over(const struct target *target)
{
    if (target->command != NULL)
        return target->command->request == NULL || target->command->request->over;
    return shell.request == NULL || shell.request->over;
}

bool target_is_noted(const struct target *target)
{
    return target->command != NULL && target->command->noted;
}

void target_cancel(struct target *target)
{
    list_each(link, &target->requests)
        request_cancel(container_of(link, struct follow_on, link)->request);
}

void target_refuse(struct target *target, uint32_t code)
{
    receiver_refuse(target, code);
    sender_refuse(target, code);
    signals_refuse(target, code);
}

/* ---- follow-on operations ---- */

static void follow_on_completed(struct request *request)
{
    struct follow_on *follow_on = request->owner;

    follow_on->completed(follow_on, request->code, request->extended);
}

void follow_on_free(struct follow_on *follow_on)
{
    list_remove(&follow_on->link);
    request_free(follow_on->request);
    free(follow_on);
}

static void follow_on_finished(struct request *request)
{
    struct follow_on *follow_on = request->owner;
    struct target *target = follow_on->target;

    if (target->receiver.request == request)
        target->receiver.request = NULL;
    follow_on_free(follow_on);
    if (target->command != NULL)
        command_consider(target->command);
    else
        shell_consider();
}

static const struct request_events follow_on_events = {.completed = follow_on_completed,
                                                       .finished = follow_on_finished};

struct follow_on *follow_on_new(struct target *target, enum request_kind kind)
{
    return follow_on_new_with(target, kind, NULL, false);
}

struct follow_on *follow_on_new_with(struct target *target, enum request_kind kind,
                                     const struct ipc_items *options, bool must_understand)
{
    struct follow_on *follow_on = mem_alloc(sizeof(*follow_on));

    list_init(&follow_on->link);
    follow_on->target = target;
    follow_on->shell_context = shell.request->context;
    if (target->command != NULL)
        follow_on->command_context = target->command->request->context;
    follow_on->request =
        request_new(kind, &follow_on_events, follow_on, &shell.caller, options, must_understand);
    if (follow_on->request == NULL) {
        free(follow_on);
        return NULL;
    }
    return follow_on;
}

bool follow_on_submit(struct follow_on *follow_on, void (*enter)(struct request *request))
{
    list_append(&follow_on->target->requests, &follow_on->link);
    if (request_submit(follow_on->request, enter))
        return true;
    follow_on_free(follow_on);
    return false;
}
