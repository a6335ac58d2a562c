/* SPDX-License-Identifier: ISC */

#include "auth/acceptors.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"

static void acceptor_free(struct acceptor *acceptor)
{
    list_remove(&acceptor->link);
    loop_task_cancel(&acceptor->leave);
    channel_free(acceptor->channel);
    free(acceptor);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    struct acceptor *acceptor = channel_owner(channel);
    struct acceptors *acceptors = acceptor->acceptors;

    if (fault)
        log_error("winrmd-gss %s", why);
    if (acceptors->current == acceptor)
        acceptors->current = NULL;
    acceptors->lost(acceptors->owner, acceptor);
    acceptor_free(acceptor);
}

void acceptors_init(struct acceptors *acceptors, struct loop *loop, const channel_handler *handlers,
                    void (*lost)(void *owner, struct acceptor *acceptor), void *owner)
{
    *acceptors = (struct acceptors){.loop = loop,
                                    .events = {.handlers = handlers, .ended = on_ended},
                                    .lost = lost,
                                    .owner = owner};
    list_init(&acceptors->all);
}

/* At the end of the turn: what it has just said may still be looked at. */
static void leave_run(struct loop_task *task)
{
    acceptor_free(container_of(task, struct acceptor, leave));
}

static void acceptor_leave(struct acceptor *acceptor)
{
    struct acceptors *acceptors = acceptor->acceptors;

    if (acceptor->logins == 0 && acceptors->current != acceptor)
        loop_defer(acceptors->loop, &acceptor->leave);
}

void acceptors_add(struct acceptors *acceptors, int channel)
{
    struct acceptor *before = acceptors->current;
    struct acceptor *acceptor;

    if (channel < CHANNEL_FD)
        return;
    acceptor = mem_alloc(sizeof(*acceptor));
    acceptor->acceptors = acceptors;
    acceptor->leave.run = leave_run;
    acceptor->channel = channel_new(acceptors->loop, channel, PROCESS_auth, PROCESS_gss,
                                    &acceptors->events, acceptor);
    if (acceptor->channel == NULL) {
        log_error("the channel to winrmd-gss cannot be watched");
        free(acceptor);
        return;
    }
    channel_set_state(acceptor->channel, CHANNEL_serving);
    list_append(&acceptors->all, &acceptor->link);
    acceptors->current = acceptor;
    if (before != NULL)
        acceptor_leave(before);
}

void acceptor_take_login(struct acceptor *acceptor)
{
    acceptor->logins++;
}

void acceptor_drop_login(struct acceptor *acceptor)
{
    acceptor->logins--;
    acceptor_leave(acceptor);
}
