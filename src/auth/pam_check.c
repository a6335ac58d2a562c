/* SPDX-License-Identifier: ISC */

#include "auth/pam_check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "methods.h"
#include "pam_results.h"

const char *pam_check_reason(uint32_t result)
{
    static const char *const reasons[PAM_RESULTS] = {
#define R(name, reason) [PAM_RESULT_##name] = (reason),
        PAM_RESULT_TABLE(R)
#undef R
    };

    return result < PAM_RESULTS && reasons[result] != NULL ? reasons[result]
                                                           : reasons[PAM_RESULT_module_failed];
}

struct pam_check *pam_check_new(struct pam_checks *checks, const char *name, const char *address)
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

void pam_check_free(struct pam_check *check)
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

static void tell_failure(const struct pam_check *check, const char *reason, uint32_t times,
                         uint64_t delay)
{
    channel_send(check->checks->broker, auth_failure, .net = check->net, .address = check->address,
                 .tls = check->tls, .mechanism = MECHANISM_BASIC,
                 .name = times == 1 ? check->name : NULL, .reason = reason, .times = times,
                 .delay = delay);
}

void pam_check_tell_crowded(const struct pam_check *check)
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
    pam_check_free(check);
}

static void delay_over(struct loop_timer *timer)
{
    check_tell_refused(container_of(timer, struct pam_check, timer));
}

void pam_check_refuse(struct pam_check *check, const char *reason, uint64_t delay)
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

void pam_check_accept(struct pam_check *check, const struct message_pam_answer *answer)
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
    pam_check_free(check);
}

void pam_check_crowd(struct pam_check *check)
{
    check->fault = pam_check_reason(PAM_RESULT_crowded);
    pam_check_tell_crowded(check);
    check_tell_refused(check);
}
