/* SPDX-License-Identifier: ISC */

#include "auth/pam_checks.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auth/admission.h"
#include "auth/credential.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/memory.h"
#include "methods.h"
#include "pam_results.h"

struct pam_checks {
    struct loop *loop;
    struct channel *broker;
    struct cache *cache;
    uint32_t processes;
    uint32_t asked; /* calls that have no answer yet */
    uint64_t last_call;
    struct list checks;
    struct map calls; /* number -> struct pam_check */
    struct admission *admission;
    struct loop_timer later; /* when somebody who has to wait may be asked */
};

struct pam_check {
    struct admission_job job;
    struct list link; /* checks->checks */
    struct pam_checks *checks;
    uint64_t call;
    struct loop_timer timer; /* the end of its patience; then, of its delay */
    int credential;          /* -1: none, or it has been asked */
    const char *fault;
    char *name;
    char *address;
    char *tls; /* of a login, for the audit; NULL: none */
    bool asked;
    bool refused; /* audited; the client is told when its delay is over */
    /* A login: */
    uint32_t net;
    const struct net_peer *peer; /* NULL: it or the client has gone */
    uint64_t exchange;
    bool cacheable;
    struct cache_digest digest;
    /* An account: */
    void (*done)(void *context, const struct account_answer *answer);
    void *context;
};

static const char *reason_of(uint32_t result)
{
    static const char *const reasons[PAM_RESULTS] = {
#define R(name, reason) [PAM_RESULT_##name] = (reason),
        PAM_RESULT_TABLE(R)
#undef R
    };

    return result < PAM_RESULTS && reasons[result] != NULL ? reasons[result]
                                                           : reasons[PAM_RESULT_module_failed];
}

static void check_free(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;

    map_remove_u64(&checks->calls, check->call);
    loop_timer_stop(checks->loop, &check->timer);
    list_remove(&check->link);
    if (check->credential >= 0)
        close(check->credential);
    explicit_bzero(&check->digest, sizeof(check->digest));
    free(check->name);
    free(check->address);
    free(check->tls);
    free(check);
}

/* ---- answers ---- */

static void tell_failure(const struct pam_check *check, const char *reason, uint32_t times,
                         uint64_t delay)
{
    channel_send(check->checks->broker, auth_failure, .net = check->net, .address = check->address,
                 .tls = check->tls, .mechanism = MECHANISM_BASIC,
                 .name = times == 1 ? check->name : NULL, .reason = reason, .times = times,
                 .delay = delay);
}

/* One line for all refusals of an address that found its queue full since the last such line. */
static void tell_crowded(const struct pam_check *check)
{
    if (check->job.turn.crowded > 0 && check->done == NULL)
        tell_failure(check, "too many passwords of this address wait for PAM",
                     check->job.turn.crowded, 0);
}

static void check_tell_refused(struct pam_check *check)
{
    const struct account_answer answer = {.fault = check->fault};

    if (check->done != NULL)
        check->done(check->context, &answer);
    else if (check->peer != NULL)
        channel_send(check->peer->channel, auth_refused, .exchange = check->exchange);
    check_free(check);
}

static void delay_over(struct loop_timer *timer)
{
    check_tell_refused(container_of(timer, struct pam_check, timer));
}

/* A failure is audited although the client has left: leaving must not hide guesses. */
static void check_refuse(struct pam_check *check, const char *reason, uint64_t delay)
{
    uint64_t held = delay > PAM_DELAY ? PAM_DELAY : delay;

    check->fault = reason;
    check->refused = true;
    if (check->done == NULL)
        tell_failure(check, reason, 1, held);
    if (check->name != NULL)
        cache_drop(check->checks->cache, check->name);
    if (held == 0 || check->done != NULL || check->peer == NULL) {
        check_tell_refused(check);
        return;
    }
    check->timer.expired = delay_over;
    loop_timer_start(check->checks->loop, &check->timer, held);
}

static void check_accept(struct pam_check *check, const struct message_pam_answer *answer)
{
    const struct account_answer said = {
        .account = answer->account, .uid = answer->uid, .groups = answer->groups};
    const struct cache_identity identity = {
        .account = answer->account, .uid = answer->uid, .groups = answer->groups};
    struct pam_checks *checks = check->checks;

    if (check->cacheable)
        cache_put(checks->cache, check->name, &check->digest, clock_elapsed(), &identity);
    if (check->done != NULL)
        check->done(check->context, &said);
    check_free(check);
}

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
    tell_crowded(check);
    check_refuse(check, check->fault, 0);
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
        return reason_of(PAM_RESULT_crowded);
    }
}

static void patience_over(struct loop_timer *timer)
{
    struct pam_check *check = container_of(timer, struct pam_check, timer);
    const char *reason = wait_reason(check);

    admission_drop(check->checks->admission, &check->job);
    tell_crowded(check);
    check_refuse(check, reason, 0);
}

/* One that is refused for another, or as one too many. */
static void check_crowd(struct pam_check *check)
{
    check->fault = reason_of(PAM_RESULT_crowded);
    tell_crowded(check);
    check_tell_refused(check);
}

static void check_queue(struct pam_check *check)
{
    struct pam_checks *checks = check->checks;
    struct admission_job *crowded;

    check->timer.expired = patience_over;
    loop_timer_start(checks->loop, &check->timer, PAM_WAIT);
    crowded = admission_add(checks->admission, &check->job, check->address, loop_now(checks->loop));
    if (crowded != NULL)
        check_crowd(container_of(crowded, struct pam_check, job));
    checks_work(checks);
}

static struct pam_check *check_new(struct pam_checks *checks, const char *name, const char *address)
{
    struct pam_check *check = mem_alloc(sizeof(*check));

    check->checks = checks;
    check->call = ++checks->last_call;
    check->credential = -1;
    check->name = mem_text(name);
    check->job.name = check->name;
    check->address = mem_text(address != NULL ? address : "");
    list_append(&checks->checks, &check->link);
    map_put_u64(&checks->calls, check->call, check);
    return check;
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
        check_free(container_of(link, struct pam_check, link));
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
    struct pam_check *check = check_new(checks, request->user, request->address);

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
    check = check_new(checks, name, address);
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
        tell_crowded(check);
    }
    check_free(check);
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
    tell_crowded(check);
    if (accepted)
        check_accept(check, answer);
    else
        check_refuse(check, reason_of(answer->result), answer->delay);
    checks_work(checks);
}
