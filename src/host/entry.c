/* SPDX-License-Identifier: ISC */

#include "host/entry.h"

#include <stdlib.h>

#include "base/memory.h"
#include "host/host.h"
#include "host/post.h"

struct traced {
    struct post post;
    enum trace_event event;
    const char *entry;
    uint64_t number;
    uint32_t value;
};

static bool tracing; /* set before there is a second thread */
static _Thread_local const char *running;
static _Thread_local uint64_t running_number;

static void traced_tell(struct post *post)
{
    struct traced *traced = container_of(post, struct traced, post);

    channel_send(host.broker, host_traced, .event = traced->event, .entry = traced->entry,
                 .number = traced->number, .value = traced->value);
    free(traced);
}

void entry_tell(enum trace_event event, uint32_t value)
{
    struct traced *traced;

    if (!tracing)
        return;
    traced = mem_alloc(sizeof(*traced));
    *traced = (struct traced){.post.run = traced_tell,
                              .event = event,
                              .entry = running,
                              .number = running_number,
                              .value = value};
    post_send(&traced->post);
}

void entry_trace(void)
{
    tracing = true;
}

bool entry_is_traced(void)
{
    return tracing;
}

void entry_begin(const char *name, uint64_t number)
{
    running = name;
    running_number = number;
    entry_tell(TRACE_entered, 0);
}

void entry_end(uint32_t code)
{
    entry_tell(TRACE_returned, code);
    running = NULL;
}

const char *entry_running(void)
{
    return running;
}
