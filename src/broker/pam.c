/* SPDX-License-Identifier: ISC */

#include "broker/pam.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/session.h"
#include "pam_results.h"

enum {
    RESTART_PAUSE = 50,
    START_PAUSE = 1000,              /* when one cannot even be started */
    CALLS_LIMIT = 4 * PAM_PROCESSES, /* that winrmd-auth may have open: it is told how many serve */
    END_PATIENCE = 1000
};

struct pam_process {
    struct list link; /* pool->processes */
    struct child *child;
    struct pam_call *call; /* NULL: it is free */
    unsigned served;
    char *service;
};

/* A question of winrmd-auth. */
struct pam_call {
    struct list link; /* pool->calls, in the order they came */
    struct pam_pool *pool;
    uint64_t id;                 /* towards winrmd-pam */
    uint64_t asked_as;           /* what winrmd-auth calls it */
    struct pam_process *process; /* NULL: it waits for one */
    struct loop_timer deadline;
    bool account;
    bool orphan; /* the winrmd-auth that asked has gone */
    uint32_t net;
    uint64_t exchange;
    char *address;
    char *tls; /* NULL: none */
    char *mechanism;
    char *name;
    int credential; /* -1: it has been passed on */
};

struct pam_pool {
    struct broker *broker;
    struct list processes;
    struct list calls;
    size_t call_count;
    struct loop_timer again; /* starts what is missing */
    uint32_t restarts;       /* of the place that is free; 0: of none, or never filled */
    bool over;
};

static void pool_fill(struct pam_pool *pool);

static struct pam_pool *pool_of(struct broker *broker)
{
    if (broker->pam == NULL) {
        broker->pam = mem_alloc(sizeof(*broker->pam));
        broker->pam->broker = broker;
        list_init(&broker->pam->processes);
        list_init(&broker->pam->calls);
    }
    return broker->pam;
}

/* ---- questions ---- */

static void call_free(struct pam_call *call)
{
    if (call->process != NULL)
        call->process->call = NULL;
    loop_timer_stop(call->pool->broker->loop, &call->deadline);
    list_remove(&call->link);
    call->pool->call_count--;
    if (call->credential >= 0)
        close(call->credential);
    free(call->address);
    free(call->tls);
    free(call->mechanism);
    free(call->name);
    free(call);
}

static void auth_answer(struct broker *broker, uint64_t asked_as,
                        const struct message_pam_verdict *verdict)
{
    if (broker->auth == NULL || broker->auth->channel == NULL)
        return;
    channel_send(broker->auth->channel, pam_answer, .call = asked_as, .result = verdict->result,
                 .delay = verdict->delay, .account = verdict->account, .uid = verdict->uid,
                 .groups = verdict->groups);
}

/* Tells who asked, and opens the session; the call is over. */
static void call_answer(struct pam_call *call, const struct message_pam_verdict *verdict)
{
    struct broker *broker = call->pool->broker;

    broker_count(broker, COUNTER_pam_requests);
    if (verdict->result == PAM_RESULT_accepted && !call->account)
        session_open(broker, &(const struct message_auth_identity){.net = call->net,
                                                                   .exchange = call->exchange,
                                                                   .address = call->address,
                                                                   .tls = call->tls,
                                                                   .mechanism = call->mechanism,
                                                                   .name = call->name,
                                                                   .account = verdict->account,
                                                                   .uid = verdict->uid,
                                                                   .groups = verdict->groups});
    if (!call->orphan)
        auth_answer(broker, call->asked_as, verdict);
    call_free(call);
}

static void call_fail(struct pam_call *call, enum pam_result result)
{
    call_answer(call, &(const struct message_pam_verdict){.result = result});
}

static void call_late(struct loop_timer *timer)
{
    struct pam_call *call = container_of(timer, struct pam_call, deadline);
    struct pam_process *process = call->process;

    if (process != NULL) {
        log_error("winrmd-pam[%d] has not answered for %llu ms; it is killed",
                  (int)process->child->pid,
                  (unsigned long long)call->pool->broker->configuration->pam_timeout);
        child_kill(process->child);
        /* Nothing it still says counts. */
        process->served = PAM_REQUESTS;
    }
    call_fail(call, PAM_RESULT_late);
}

static void call_pass(struct pam_call *call, struct pam_process *process)
{
    int credential = call->credential;

    call->credential = -1;
    call->process = process;
    process->call = call;
    process->served++;
    channel_send(process->child->channel, pam_check, .call = call->id, .credential = credential);
}

/* Gives questions to whoever is free. */
static void pool_work(struct pam_pool *pool)
{
    list_each(link, &pool->processes) {
        struct pam_process *process = container_of(link, struct pam_process, link);
        struct pam_call *next = NULL;

        if (!process->child->ready || process->call != NULL || process->served >= PAM_REQUESTS)
            continue;
        list_each(at, &pool->calls) {
            struct pam_call *call = container_of(at, struct pam_call, link);

            if (call->process == NULL) {
                next = call;
                break;
            }
        }
        if (next == NULL)
            return;
        call_pass(next, process);
    }
}

void pam_ask(struct broker *broker, const struct message_pam_ask *ask)
{
    struct pam_pool *pool = pool_of(broker);
    struct pam_call *call;

    if (ask->credential < CHANNEL_FD || pam_processes(broker) == 0 ||
        pool->call_count >= CALLS_LIMIT) {
        if (ask->credential >= CHANNEL_FD)
            close(ask->credential);
        auth_answer(broker, ask->call,
                    &(const struct message_pam_verdict){.result = PAM_RESULT_crowded});
        return;
    }
    call = mem_alloc(sizeof(*call));
    *call = (struct pam_call){.pool = pool,
                              .id = broker_next_id(broker),
                              .asked_as = ask->call,
                              .account = ask->account,
                              .net = ask->net,
                              .exchange = ask->exchange,
                              .address = mem_text(ask->address),
                              .tls = mem_text(ask->tls),
                              .mechanism = mem_text(ask->mechanism),
                              .name = mem_text(ask->name),
                              .credential = ask->credential,
                              .deadline = {.expired = call_late}};
    list_append(&pool->calls, &call->link);
    pool->call_count++;
    loop_timer_start(broker->loop, &call->deadline, broker->configuration->pam_timeout);
    pool_work(pool);
}

void pam_auth_gone(struct broker *broker)
{
    if (broker->pam == NULL)
        return;
    list_each(link, &broker->pam->calls) {
        struct pam_call *call = container_of(link, struct pam_call, link);

        call->orphan = true;
        if (call->process == NULL)
            call_free(call);
    }
}

/* ---- processes ---- */

static struct pam_process *process_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

static void handle_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    child_of(channel)->ready = true;
    pool_work(pool_of(child_of(channel)->broker));
}

/* It has served enough, or serves something that is not configured any more. */
static void process_retire(struct pam_process *process)
{
    child_dismiss(process->child, END_PATIENCE);
}

static void handle_verdict(struct channel *channel, const union message_body *body)
{
    struct pam_process *process = process_of(channel);
    const struct message_pam_verdict *verdict = &body->pam_verdict;
    struct pam_pool *pool = pool_of(process->child->broker);
    struct pam_call *call = process->call;
    struct message_pam_verdict nonsense = {.result = PAM_RESULT_ended};

    /* One that was killed for being late may have spoken before it died. */
    if (call == NULL || verdict->call != call->id)
        return;
    process->call = NULL;
    call->process = NULL;
    if (verdict->result == PAM_RESULT_none || verdict->result >= PAM_RESULTS ||
        (verdict->result == PAM_RESULT_accepted &&
         (verdict->account == NULL || verdict->account[0] == '\0' || verdict->uid == 0))) {
        log_error("winrmd-pam[%d] names no account; it is ended", (int)process->child->pid);
        verdict = &nonsense;
        process->served = PAM_REQUESTS;
    }
    call_answer(call, verdict);
    if (process->served >= PAM_REQUESTS)
        process_retire(process);
    pool_work(pool);
}

static void again_expired(struct loop_timer *timer)
{
    pool_fill(container_of(timer, struct pam_pool, again));
}

static void pam_gone(struct child *child, bool crashed)
{
    struct pam_process *process = child->owner;
    struct pam_pool *pool = pool_of(child->broker);

    (void)crashed;
    if (process->call != NULL)
        call_fail(process->call, PAM_RESULT_ended);
    list_remove(&process->link);
    free(process->service);
    free(process);
    child->owner = NULL;
    pool->restarts = child->restarts + 1;
    if (!pool->over && pool->again.position == 0) {
        pool->again.expired = again_expired;
        loop_timer_start(pool->broker->loop, &pool->again, child->expected_end ? 0 : RESTART_PAUSE);
    }
}

static bool process_start(struct pam_pool *pool)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_ready] = handle_ready,
        [MESSAGE_pam_verdict] = handle_verdict,
    };
    static const struct channel_events events = {handlers, child_channel_ended};
    const char *service = pool->broker->configuration->pam_service;
    struct child *child =
        child_start(pool->broker, PROCESS_pam, "winrmd-pam", NULL, &events, pam_gone);
    struct pam_process *process;

    if (child == NULL)
        return false;
    process = mem_alloc(sizeof(*process));
    process->child = child;
    process->service = mem_text(service);
    child->owner = process;
    child->restarts = pool->restarts;
    pool->restarts = 0;
    list_append(&pool->processes, &process->link);
    channel_send(child->channel, pam_start, .service = service);
    return true;
}

uint32_t pam_processes(const struct broker *broker)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (broker->configuration->pam_service == NULL)
        return 0;
    return cores < 1 ? 1 : cores > PAM_PROCESSES ? PAM_PROCESSES : (uint32_t)cores;
}

static void pool_fill(struct pam_pool *pool)
{
    uint32_t running = 0;

    if (pool->over || pool->broker->stopping)
        return;
    list_each(link, &pool->processes)
        running++;
    for (; running < pam_processes(pool->broker); running++) {
        if (!process_start(pool)) {
            pool->again.expired = again_expired;
            loop_timer_start(pool->broker->loop, &pool->again, START_PAUSE);
            return;
        }
    }
}

void pam_update(struct broker *broker)
{
    struct pam_pool *pool = pool_of(broker);
    const char *service = broker->configuration->pam_service;

    list_each(link, &pool->processes) {
        struct pam_process *process = container_of(link, struct pam_process, link);

        if (service != NULL && strcmp(process->service, service) == 0)
            continue;
        /* One that is being asked ends with its answer. */
        process->served = PAM_REQUESTS;
        if (process->call == NULL)
            process_retire(process);
    }
    pool_fill(pool);
}

void pam_forget(struct broker *broker)
{
    struct pam_pool *pool = broker->pam;

    if (pool == NULL)
        return;
    pool->over = true;
    loop_timer_stop(broker->loop, &pool->again);
    list_each(link, &pool->calls)
        call_free(container_of(link, struct pam_call, link));
    free(pool);
    broker->pam = NULL;
}
