/* SPDX-License-Identifier: ISC */

#include "auth/admission.h"

#include <stdlib.h>

#include "auth/limits.h"
#include "auth/source.h"
#include "base/memory.h"
#include "pam_results.h"

struct admission {
    struct turns turns;
    struct limits *sources;
    struct limits *users;
};

/* How long until somebody may begin, found while looking for one who may now. */
struct search {
    struct admission *admission;
    uint64_t now;
    uint64_t wait; /* 0: nobody has to wait for the limits */
};

struct admission *admission_new(void)
{
    struct admission *admission = mem_alloc(sizeof(*admission));

    turns_init(&admission->turns, PAM_WAITING, PAM_SOURCE_WAITING);
    admission->sources = limits_new(PAM_SOURCE_BURST, PAM_SOURCE_REFILL);
    admission->users = limits_new(PAM_USER_BURST, PAM_USER_REFILL);
    return admission;
}

void admission_free(struct admission *admission)
{
    if (admission == NULL)
        return;
    turns_clear(&admission->turns);
    limits_free(admission->sources);
    limits_free(admission->users);
    free(admission);
}

static struct admission_job *job_of(struct turn_job *turn)
{
    return turn != NULL ? container_of(turn, struct admission_job, turn) : NULL;
}

struct admission_job *admission_add(struct admission *admission, struct admission_job *job,
                                    const char *address, uint64_t now)
{
    return job_of(turns_add(&admission->turns, &job->turn, address, now));
}

static uint64_t wait_of_user(struct admission *admission, const struct admission_job *job,
                             uint64_t now)
{
    return job->name == NULL || job->unlimited ? 0 : limits_wait(admission->users, job->name, now);
}

static uint64_t wait_of_source(struct admission *admission, const struct admission_job *job,
                               uint64_t now)
{
    return job->unlimited ? 0 : limits_wait(admission->sources, turns_source(&job->turn), now);
}

static bool may_begin(struct turn_job *turn, void *context)
{
    struct search *search = context;
    const struct admission_job *job = job_of(turn);
    uint64_t wait = wait_of_source(search->admission, job, search->now);
    uint64_t more = wait_of_user(search->admission, job, search->now);

    wait = more > wait ? more : wait;
    if (wait > 0 && (search->wait == 0 || wait < search->wait))
        search->wait = wait;
    return wait == 0;
}

struct admission_job *admission_next(struct admission *admission, unsigned workers, uint64_t now,
                                     uint64_t *wait)
{
    struct search search = {.admission = admission, .now = now};
    struct admission_job *job = job_of(turns_next(&admission->turns, workers, may_begin, &search));

    *wait = search.wait;
    if (job == NULL || job->unlimited)
        return job;
    limits_take(admission->sources, turns_source(&job->turn), now);
    if (job->name != NULL)
        limits_take(admission->users, job->name, now);
    return job;
}

void admission_end(struct admission *admission, struct admission_job *job, bool well, uint64_t now)
{
    if (well && !job->unlimited) {
        limits_give(admission->sources, turns_source(&job->turn), now);
        if (job->name != NULL)
            limits_give(admission->users, job->name, now);
    }
    turns_end(&admission->turns, &job->turn);
}

void admission_drop(struct admission *admission, struct admission_job *job)
{
    turns_drop(&admission->turns, &job->turn);
}

uint32_t admission_forget(struct admission *admission, const char *who, uint64_t now)
{
    char source[SOURCE_SIZE];
    bool address, user;

    source_of(who, source);
    address = limits_forget(admission->sources, source, now);
    user = limits_forget(admission->users, who, now);
    return (address ? 1U : 0U) + (user ? 1U : 0U);
}

enum admission_reason admission_why(struct admission *admission, const struct admission_job *job,
                                    uint64_t now)
{
    if (wait_of_user(admission, job, now) > 0)
        return ADMISSION_user;
    return wait_of_source(admission, job, now) > 0 ? ADMISSION_source : ADMISSION_crowd;
}
