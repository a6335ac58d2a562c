/* SPDX-License-Identifier: ISC */

#include "auth/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "auth/source.h"
#include "base/map.h"
#include "base/memory.h"

/* One that was refused less than REFUSALS_PAUSE ago. */
struct refused {
    struct refusals *refusals;
    struct loop_timer timer;
    char source[SOURCE_SIZE];
    unsigned told;
    uint32_t untold;
    char *address; /* of the last one that was not told, with net and mechanism */
    char *mechanism;
    uint32_t net;
};

struct refusals {
    struct loop *loop;
    struct channel *broker;
    struct map sources; /* source -> struct refused */
};

static void refused_forget_last(struct refused *refused)
{
    free(refused->address);
    free(refused->mechanism);
    refused->address = NULL;
    refused->mechanism = NULL;
}

static void refused_tell(struct refused *refused)
{
    channel_send(refused->refusals->broker, auth_failure, .net = refused->net,
                 .address = refused->address, .mechanism = refused->mechanism,
                 .reason = "refused like those before", .times = refused->untold);
    refused->untold = 0;
    refused_forget_last(refused);
}

static void refused_expired(struct loop_timer *timer)
{
    struct refused *refused = container_of(timer, struct refused, timer);
    struct refusals *refusals = refused->refusals;

    if (refused->untold > 0) {
        refused_tell(refused);
        loop_timer_start(refusals->loop, timer, REFUSALS_PAUSE);
        return;
    }
    map_remove(&refusals->sources, refused->source, strlen(refused->source));
    free(refused);
}

static struct refused *refused_get(struct refusals *refusals, const char *address)
{
    char source[SOURCE_SIZE];
    struct refused *refused;

    source_of(address, source);
    refused = map_get(&refusals->sources, source, strlen(source));
    /* Out of room, those who come new are counted together. */
    if (refused == NULL && refusals->sources.count >= REFUSALS_SOURCES) {
        source[0] = '\0';
        refused = map_get(&refusals->sources, source, 0);
    }
    if (refused != NULL)
        return refused;
    refused = mem_alloc(sizeof(*refused));
    refused->refusals = refusals;
    refused->timer.expired = refused_expired;
    memcpy(refused->source, source, sizeof(source));
    map_put(&refusals->sources, source, strlen(source), refused);
    loop_timer_start(refusals->loop, &refused->timer, REFUSALS_PAUSE);
    return refused;
}

struct refusals *refusals_new(struct loop *loop, struct channel *broker)
{
    struct refusals *refusals = mem_alloc(sizeof(*refusals));

    refusals->loop = loop;
    refusals->broker = broker;
    map_init(&refusals->sources);
    return refusals;
}

void refusals_tell(struct refusals *refusals, const struct message_auth_failure *failure)
{
    struct refused *refused = refused_get(refusals, failure->address);
    struct message_auth_failure told = *failure;

    if (refused->told < REFUSALS_AT_ONCE) {
        refused->told++;
        told.times = 1;
        channel_write(refusals->broker, MESSAGE_auth_failure, &told);
        return;
    }
    refused_forget_last(refused);
    refused->untold++;
    refused->net = failure->net;
    refused->address = mem_text(failure->address);
    refused->mechanism = mem_text(failure->mechanism);
}
