/* SPDX-License-Identifier: ISC */

#include "broker/pam_pool.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "pam_results.h"

enum {
    RESTART_PAUSE = 50,
    START_PAUSE = 1000, /* when one cannot even be started */
    END_PATIENCE = 1000
};

/* ---- what the configuration asks for ---- */

static const char *service_of(const struct broker *broker)
{
    return broker->configuration != NULL ? broker->configuration->pam_service : NULL;
}

/* Which application it comes to is not known before it is in. */
static bool root_may_come(const struct broker *broker)
{
    const struct configuration *configuration = broker->configuration;

    for (size_t i = 0;
         broker->root && configuration != NULL && i < configuration->application_count; i++)
        if (configuration->applications[i]->allow_root)
            return true;
    return false;
}

uint32_t pam_pool_size(const struct broker *broker)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (service_of(broker) == NULL && !broker->root)
        return 0;
    return cores < 1 ? 1 : cores > PAM_PROCESSES ? PAM_PROCESSES : (uint32_t)cores;
}

/* As the configuration says now? */
static bool process_serves(const struct pam_process *process)
{
    const struct broker *broker = process->child->broker;
    const char *service = service_of(broker);

    if (pam_pool_size(broker) == 0 || process->root != root_may_come(broker) ||
        (service == NULL) != (process->service == NULL))
        return false;
    return service == NULL || strcmp(process->service, service) == 0;
}

/* ---- one of them ---- */

static void again_expired(struct loop_timer *timer)
{
    pam_pool_fill(container_of(timer, struct pam_pool, again));
}

static void process_gone(struct child *child, bool crashed)
{
    struct pam_process *process = child->owner;
    struct pam_pool *pool = process->pool;
    struct pam_call *call = process->call;

    (void)crashed;
    /* Another configuration begins with others. */
    pool->restarts = process_serves(process) ? child->restarts + 1 : 0;
    list_remove(&process->link);
    free(process->service);
    free(process);
    child->owner = NULL;
    if (!pool->over && pool->again.position == 0) {
        pool->again.expired = again_expired;
        loop_timer_start(pool->broker->loop, &pool->again, child->expected_end ? 0 : RESTART_PAUSE);
    }
    if (call != NULL)
        pool->lost(call);
}

static bool process_start(struct pam_pool *pool)
{
    const char *service = service_of(pool->broker);
    struct child *child = child_start(pool->broker, PROCESS_pam, "winrmd-pam", NULL, NULL,
                                      pool->events, process_gone);
    struct pam_process *process;

    if (child == NULL)
        return false;
    process = mem_alloc(sizeof(*process));
    process->pool = pool;
    process->child = child;
    process->service = mem_text(service);
    process->root = root_may_come(pool->broker);
    child->owner = process;
    child->restarts = pool->restarts;
    pool->restarts = 0;
    list_append(&pool->processes, &process->link);
    channel_send(child->channel, pam_start, .service = service, .root = process->root);
    return true;
}

/* It has served enough, or serves something that is not configured any more. */
static void process_retire(struct pam_process *process)
{
    child_dismiss(process->child, END_PATIENCE);
}

void pam_process_answered(struct child *child)
{
    struct pam_process *process = child->owner;

    if (process != NULL && process->served >= PAM_REQUESTS)
        process_retire(process);
}

/* ---- all of them ---- */

void pam_pool_init(struct pam_pool *pool, struct broker *broker,
                   const struct channel_events *events, void (*lost)(struct pam_call *call))
{
    *pool = (struct pam_pool){.broker = broker, .events = events, .lost = lost};
    list_init(&pool->processes);
}

struct pam_process *pam_pool_free(const struct pam_pool *pool)
{
    list_each(link, &pool->processes) {
        struct pam_process *process = container_of(link, struct pam_process, link);

        if (process->child->ready && process->call == NULL && process->served < PAM_REQUESTS)
            return process;
    }
    return NULL;
}

void pam_pool_fill(struct pam_pool *pool)
{
    uint32_t running = 0;

    if (pool->over || pool->broker->stopping)
        return;
    list_each(link, &pool->processes)
        running++;
    for (; running < pam_pool_size(pool->broker); running++) {
        if (!process_start(pool)) {
            pool->again.expired = again_expired;
            loop_timer_start(pool->broker->loop, &pool->again, START_PAUSE);
            return;
        }
    }
}

void pam_pool_update(struct pam_pool *pool)
{
    list_each(link, &pool->processes) {
        struct pam_process *process = container_of(link, struct pam_process, link);

        if (process_serves(process))
            continue;
        /* One that is being asked ends with its answer. */
        process->served = PAM_REQUESTS;
        if (process->call == NULL)
            process_retire(process);
    }
    pam_pool_fill(pool);
}

void pam_pool_stop(struct pam_pool *pool)
{
    pool->over = true;
    loop_timer_stop(pool->broker->loop, &pool->again);
}
