/* SPDX-License-Identifier: ISC */

#include "auth/pam_checks.h"

#include <stdlib.h>

#include "auth/credential.h"
#include "auth/pam_check.h"
#include "base/memory.h"
#include "methods.h"
#include "pam_results.h"

/* ---- whose turn it is ---- */

static void check_ask(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;
    int credential = check->credential;

    check->credential = -1;
    check->asked = true;
    checks->asked++;
    loop_timer_stop(checks->loop, &check->timer);
    channel_send(checks->broker, pam_ask, .call = check->call, .account = check->done != NULL,
                 .net = check->net, .exchange = check->exchange, .address = check->address,
                 .tls = check->tls, .mechanism = MECHANISM_BASIC, .name = check->name,
                 .credential = credential);
}

static void check_begin(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;

    if (check->fault == NULL) {
        check_ask(check);
        return;
    }
    admission_end(checks->admission, &check->job, false, loop_now(checks->loop));
    pam_check_tell_crowded(check);
    pam_check_refuse(check, check->fault, 0);
}

static void checks_work(struct pam_checks *checks)
{
    uint64_t now = loop_now(checks->loop);
    uint64_t wait = 0;

    while (checks->asked < checks->processes) {
        struct admission_job *job =
            admission_next(checks->admission, checks->processes, now, &wait);

        if (job == NULL)
            break;
        check_begin(container_of(job, struct pam_check, job));
    }
    if (wait > 0)
        loop_timer_start(checks->loop, &checks->later, wait);
    else
        loop_timer_stop(checks->loop, &checks->later);
}

static void later_expired(struct loop_timer *timer)
{
    checks_work(container_of(timer, struct pam_checks, later));
}

/* Out of patience: it was not its turn in time. */
static const char *wait_reason(const struct pam_check *check)
{
    struct pam_checks *checks = check->checks;

    switch (admission_why(checks->admission, &check->job, loop_now(checks->loop))) {
    case ADMISSION_user:
        return "too many wrong passwords for this user";
    case ADMISSION_source:
        return "too many wrong passwords from this address";
    default:
        return pam_check_reason(PAM_RESULT_crowded);
    }
}

static void patience_over(struct loop_timer *timer)
{
    struct pam_check *check = container_of(timer, struct pam_check, timer);
    const char *reason = wait_reason(check);

    admission_drop(check->checks->admission, &check->job);
    pam_check_tell_crowded(check);
    pam_check_refuse(check, reason, 0);
}

static void check_queue(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;
    struct admission_job *crowded;

    check->timer.expired = patience_over;
    loop_timer_start(checks->loop, &check->timer, PAM_WAIT);
    crowded = admission_add(checks->admission, &check->job, check->address, loop_now(checks->loop));
    if (crowded != NULL)
        pam_check_crowd(container_of(crowded, struct pam_check, job));
    checks_work(checks);
}

/* ---- from outside ---- */

struct pam_checks *pam_checks_new(struct loop *loop, struct channel *broker, struct cache *cache)
{
    struct pam_checks *checks = mem_alloc(sizeof(*checks));

    checks->loop = loop;
    checks->broker = broker;
    checks->cache = cache;
    checks->later.expired = later_expired;
    list_init(&checks->checks);
    map_init(&checks->calls);
    checks->admission = admission_new();
    return checks;
}

void pam_checks_free(struct pam_checks *checks)
{
    if (checks == NULL)
        return;
    loop_timer_stop(checks->loop, &checks->later);
    list_each(link, &checks->checks)
        pam_check_free(container_of(link, struct pam_check, link));
    admission_free(checks->admission);
    map_free(&checks->calls);
    free(checks);
}

void pam_checks_set_processes(struct pam_checks *checks, uint32_t processes)
{
    checks->processes = processes;
    checks_work(checks);
}

uint32_t pam_checks_forget(struct pam_checks *checks, const char *who)
{
    uint32_t forgotten = admission_forget(checks->admission, who, loop_now(checks->loop));

    checks_work(checks);
    return forgotten;
}

uint32_t pam_checks_processes(const struct pam_checks *checks)
{
    return checks->processes;
}

void pam_checks_basic(struct pam_checks *checks, const struct net_peer *peer,
                      const struct message_auth_basic *request, const char *fault,
                      const struct cache_digest *digest)
{
    struct pam_check *check = pam_check_new(checks, request->user, request->address);

    check->net = peer->number;
    check->tls = mem_text(request->tls);
    check->peer = peer;
    check->exchange = request->exchange;
    check->fault = fault;
    if (digest != NULL) {
        check->cacheable = true;
        check->digest = *digest;
    }
    if (fault == NULL) {
        check->credential =
            credential_seal(false, request->user, request->password, check->address);
        if (check->credential < 0)
            check->fault = "the password cannot be handed to PAM";
    }
    check_queue(check);
}

uint64_t account_check(struct pam_checks *checks, const char *name, const char *address,
                       void (*done)(void *context, const struct account_answer *answer),
                       void *context)
{
    const struct account_answer none = {.fault = "PAM is not configured"};
    const struct account_answer unasked = {.fault = "the account cannot be handed to PAM"};
    struct pam_check *check;
    uint64_t call;
    int credential;

    if (checks->processes == 0) {
        done(context, &none);
        return 0;
    }
    credential = credential_seal(true, name, "", address != NULL ? address : "");
    if (credential < 0) {
        done(context, &unasked);
        return 0;
    }
    check = pam_check_new(checks, name, address);
    check->credential = credential;
    check->done = done;
    check->context = context;
    check->job.unlimited = true;
    call = check->call;
    check_queue(check);
    return map_get_u64(&checks->calls, call) != NULL ? call : 0;
}

/* Nobody wants to know any more. What has been asked of PAM is still answered, and audited. */
static void check_abandon(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;

    check->peer = NULL;
    if (check->asked && !check->refused)
        return;
    if (check->job.turn.waiting) {
        admission_drop(checks->admission, &check->job);
        pam_check_tell_crowded(check);
    }
    pam_check_free(check);
}

static void account_forgotten(void *context, const struct account_answer *answer)
{
    (void)context;
    (void)answer;
}

void account_check_cancel(struct pam_checks *checks, uint64_t number)
{
    struct pam_check *check = number != 0 ? map_get_u64(&checks->calls, number) : NULL;

    if (check == NULL)
        return;
    check->done = account_forgotten;
    check_abandon(check);
}

void pam_checks_abandon(struct pam_checks *checks, const struct net_peer *peer, uint64_t exchange)
{
    list_each(link, &checks->checks) {
        struct pam_check *check = container_of(link, struct pam_check, link);

        if (check->done == NULL && check->peer == peer && check->exchange == exchange) {
            check_abandon(check);
            return;
        }
    }
}

void pam_checks_abandon_all(struct pam_checks *checks, const struct net_peer *peer)
{
    list_each(link, &checks->checks) {
        struct pam_check *check = container_of(link, struct pam_check, link);

        if (check->done == NULL && check->peer == peer)
            check_abandon(check);
    }
}

void pam_checks_answer(struct pam_checks *checks, const struct message_pam_answer *answer)
{
    struct pam_check *check = map_get_u64(&checks->calls, answer->call);
    bool accepted = answer->result == PAM_RESULT_accepted;

    if (check == NULL || !check->asked || check->refused)
        return;
    checks->asked--;
    admission_end(checks->admission, &check->job, accepted, loop_now(checks->loop));
    pam_check_tell_crowded(check);
    if (accepted)
        pam_check_accept(check, answer);
    else
        pam_check_refuse(check, pam_check_reason(answer->result), answer->delay);
    checks_work(checks);
}
