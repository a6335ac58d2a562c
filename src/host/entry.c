/* SPDX-License-Identifier: ISC */

#include "host/entry.h"

#include <stdlib.h>

#include "base/memory.h"
#include "host/host.h"
#include "host/post.h"
#include "host/text16.h"

struct traced {
    struct post post;
    enum trace_event event;
    const char *entry;
    uint64_t number;
    uint32_t value;
    char *account; /* owned; NULL: `entry` is told */
};

static bool tracing; /* set before there is a second thread */
static _Thread_local const char *running;
static _Thread_local uint64_t running_number;

static void traced_tell(struct post *post)
{
    struct traced *traced = container_of(post, struct traced, post);

    channel_send(host.broker, host_traced, .event = traced->event, .number = traced->number,
                 .entry = traced->account != NULL ? traced->account : traced->entry,
                 .value = traced->value);
    free(traced->account);
    free(traced);
}

static void entry_send(enum trace_event event, uint32_t value, char *account)
{
    struct traced *traced = mem_alloc(sizeof(*traced));

    *traced = (struct traced){.post.run = traced_tell,
                              .event = event,
                              .entry = running,
                              .number = running_number,
                              .value = value,
                              .account = account};
    post_send(&traced->post);
}

void entry_tell(enum trace_event event, uint32_t value)
{
    if (tracing)
        entry_send(event, value, NULL);
}

void entry_tell_mapping(PCWSTR account)
{
    if (tracing)
        entry_send(TRACE_mapping, 0, text16_reason(account, LIMIT_NAME - 1));
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
