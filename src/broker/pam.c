/* SPDX-License-Identifier: ISC */

#include "broker/pam.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "broker/broker.h"
#include "broker/pam_pool.h"
#include "broker/session.h"
#include "pam_results.h"

enum {
    CALLS_LIMIT = 4 * PAM_PROCESSES /* that winrmd-auth may have open: it is told how many serve */
};

/* A question of winrmd-auth, or of the broker itself. */
struct pam_call {
    struct list link; /* pam->calls, in the order they came */
    struct pam *pam;
    uint64_t id;                       /* towards winrmd-pam */
    uint64_t asked_as;                 /* what winrmd-auth calls it */
    struct pam_process *process;       /* NULL: it waits for one */
    struct account_question *question; /* the broker's; NULL: winrmd-auth asks */
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

struct pam {
    struct broker *broker;
    struct pam_pool pool;
    struct list calls;
    size_t call_count; /* those of winrmd-auth */
};

/* ---- questions ---- */

static void call_free(struct pam_call *call)
{
    if (call->process != NULL)
        call->process->call = NULL;
    loop_timer_stop(call->pam->broker->loop, &call->deadline);
    list_remove(&call->link);
    if (call->question != NULL)
        call->question->call = NULL;
    else
        call->pam->call_count--;
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
    struct broker *broker = call->pam->broker;

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

/* The same to the broker itself, which may ask the next one from within. */
static void call_answer_found(struct pam_call *call, const struct message_account_found *answer)
{
    struct account_question *question = call->question;

    call_free(call);
    question->found(question, answer);
}

static void call_fail(struct pam_call *call, enum pam_result result)
{
    if (call->question != NULL)
        call_answer_found(call, &(const struct message_account_found){.result = result});
    else
        call_answer(call, &(const struct message_pam_verdict){.result = result});
}

/* While the configuration has not been read: as long as it could say at most. */
static uint64_t patience_of(const struct broker *broker)
{
    return broker->configuration != NULL ? broker->configuration->pam_timeout : PAM_TIMEOUT_MOST;
}

static void call_late(struct loop_timer *timer)
{
    struct pam_call *call = container_of(timer, struct pam_call, deadline);
    struct pam_process *process = call->process;

    if (process != NULL) {
        log_error("winrmd-pam[%d] has not answered for %llu ms; it is killed",
                  (int)process->child->pid, (unsigned long long)patience_of(call->pam->broker));
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
    if (call->question != NULL)
        channel_send(process->child->channel, account_find, .call = call->id, .name = call->name);
    else
        channel_send(process->child->channel, pam_check, .call = call->id,
                     .credential = credential);
}

/* Gives questions to whoever is free, in the order they came. */
static void pam_work(struct pam *pam)
{
    list_each(link, &pam->calls) {
        struct pam_call *call = container_of(link, struct pam_call, link);
        struct pam_process *process;

        if (call->process != NULL)
            continue;
        process = pam_pool_free(&pam->pool);
        if (process == NULL)
            return;
        call_pass(call, process);
    }
}

/* ---- answers ---- */

static struct pam_process *process_of(const struct channel *channel)
{
    return child_of(channel)->owner;
}

static void handle_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    child_set_ready(child_of(channel));
    pam_work(child_of(channel)->broker->pam);
}

/*
 * What this process was asked, now that it has answered; NULL: nothing that it could answer so. One
 * that was killed for being late may have spoken before it died.
 */
static struct pam_call *call_answered(struct pam_process *process, uint64_t id, bool found)
{
    struct pam_call *call = process->call;

    if (call == NULL || id != call->id || (call->question != NULL) != found)
        return NULL;
    process->call = NULL;
    call->process = NULL;
    return call;
}

static bool answer_is_sound(struct pam_process *process, uint32_t result, const char *account)
{
    if (result != PAM_RESULT_none && result < PAM_RESULTS &&
        (result != PAM_RESULT_accepted || (account != NULL && account[0] != '\0')))
        return true;
    log_error("winrmd-pam[%d] names no account; it is ended", (int)process->child->pid);
    process->served = PAM_REQUESTS;
    return false;
}

/* The answer may have brought a configuration that has retired it. */
static void child_go_on(struct child *child)
{
    pam_process_answered(child);
    pam_work(child->broker->pam);
}

static void handle_verdict(struct channel *channel, const union message_body *body)
{
    struct pam_process *process = process_of(channel);
    const struct message_pam_verdict *verdict = &body->pam_verdict;
    struct pam_call *call = call_answered(process, verdict->call, false);
    bool root = verdict->result == PAM_RESULT_accepted && verdict->uid == 0 && !process->root;

    if (call == NULL)
        return;
    if (answer_is_sound(process, verdict->result, root ? NULL : verdict->account))
        call_answer(call, verdict);
    else
        call_fail(call, PAM_RESULT_ended);
    child_go_on(child_of(channel));
}

static void handle_found(struct channel *channel, const union message_body *body)
{
    struct pam_process *process = process_of(channel);
    const struct message_account_found *found = &body->account_found;
    struct pam_call *call = call_answered(process, found->call, true);

    if (call == NULL)
        return;
    if (answer_is_sound(process, found->result, found->account))
        call_answer_found(call, found);
    else
        call_fail(call, PAM_RESULT_ended);
    child_go_on(child_of(channel));
}

static void call_lost(struct pam_call *call)
{
    call->process = NULL;
    call_fail(call, PAM_RESULT_ended);
}

static struct pam *pam_of(struct broker *broker)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_pam_ready] = handle_ready,
        [MESSAGE_pam_verdict] = handle_verdict,
        [MESSAGE_account_found] = handle_found,
    };
    static const struct channel_events events = {handlers, child_channel_ended};

    if (broker->pam == NULL) {
        broker->pam = mem_alloc(sizeof(*broker->pam));
        broker->pam->broker = broker;
        pam_pool_init(&broker->pam->pool, broker, &events, call_lost);
        list_init(&broker->pam->calls);
    }
    return broker->pam;
}

/* ---- asking ---- */

void pam_ask(struct broker *broker, const struct message_pam_ask *ask)
{
    struct pam *pam = pam_of(broker);
    struct pam_call *call;

    if (ask->credential < CHANNEL_FD || pam_processes(broker) == 0 ||
        pam->call_count >= CALLS_LIMIT) {
        if (ask->credential >= CHANNEL_FD)
            close(ask->credential);
        auth_answer(broker, ask->call,
                    &(const struct message_pam_verdict){.result = PAM_RESULT_crowded});
        return;
    }
    call = mem_alloc(sizeof(*call));
    *call = (struct pam_call){.pam = pam,
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
    list_append(&pam->calls, &call->link);
    pam->call_count++;
    loop_timer_start(broker->loop, &call->deadline, broker->configuration->pam_timeout);
    pam_work(pam);
}

void pam_find(struct broker *broker, struct account_question *question, const char *name)
{
    struct pam *pam = pam_of(broker);
    struct pam_call *call = mem_alloc(sizeof(*call));

    *call = (struct pam_call){.pam = pam,
                              .id = broker_next_id(broker),
                              .question = question,
                              .name = mem_text(name),
                              .credential = -1,
                              .deadline = {.expired = call_late}};
    question->call = call;
    list_append(&pam->calls, &call->link);
    loop_timer_start(broker->loop, &call->deadline, patience_of(broker));
    pam_pool_fill(&pam->pool);
    pam_work(pam);
}

void pam_find_stop(struct account_question *question)
{
    if (question->call != NULL)
        call_free(question->call);
}

void pam_auth_gone(struct broker *broker)
{
    if (broker->pam == NULL)
        return;
    list_each(link, &broker->pam->calls) {
        struct pam_call *call = container_of(link, struct pam_call, link);

        if (call->question != NULL)
            continue;
        call->orphan = true;
        if (call->process == NULL)
            call_free(call);
    }
}

/* ---- the service ---- */

uint32_t pam_processes(const struct broker *broker)
{
    const struct configuration *configuration = broker->configuration;

    return configuration != NULL && configuration->pam_service != NULL ? pam_pool_size(broker) : 0;
}

void pam_update(struct broker *broker)
{
    pam_pool_update(&pam_of(broker)->pool);
}

void pam_forget(struct broker *broker)
{
    struct pam *pam = broker->pam;

    if (pam == NULL)
        return;
    pam_pool_stop(&pam->pool);
    list_each(link, &pam->calls)
        call_free(container_of(link, struct pam_call, link));
    free(pam);
    broker->pam = NULL;
}
