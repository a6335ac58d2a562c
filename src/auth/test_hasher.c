/* SPDX-License-Identifier: ISC */

/* The hasher: right and wrong passwords, turns between sources, the bound, taking jobs back. */
#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "auth/hasher.h"
#include "base/memory.h"

enum { JOBS = 300 };

struct test_job {
    struct hash_job job;
    unsigned order; /* in which it was finished, from 1; 0: not yet */
};

static struct loop *loop;
static unsigned finished;
static unsigned awaited;
static struct test_job jobs[JOBS];
static char cheap[USER_HASH_LIMIT + 1]; /* of "secret" */

static void on_finished(struct hash_job *job)
{
    container_of(job, struct test_job, job)->order = ++finished;
    if (finished >= awaited)
        loop_stop(loop);
}

static void job_prepare(struct test_job *job, const char *password)
{
    memset(job, 0, sizeof(*job));
    strcpy(job->job.setting, cheap);
    strcpy(job->job.password, password);
}

static struct hasher *start(unsigned threads, unsigned expected)
{
    struct hasher *hasher;

    loop = loop_new();
    finished = 0;
    awaited = expected;
    hasher = hasher_new(loop, threads, on_finished);
    assert_non_null(hasher);
    return hasher;
}

static void end(struct hasher *hasher)
{
    hasher_free(hasher);
    loop_free(loop);
}

static void results_are_right(void **state)
{
    struct hasher *hasher = start(2, 3);

    (void)state;
    job_prepare(&jobs[0], "secret");
    job_prepare(&jobs[1], "Secret");
    job_prepare(&jobs[2], "secret");
    strcpy(jobs[2].job.setting, "*nonsense");
    for (int i = 0; i < 3; i++)
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
    loop_run(loop);
    assert_int_equal(jobs[0].job.result, HASH_equal);
    assert_int_equal(jobs[1].job.result, HASH_different);
    assert_int_equal(jobs[2].job.result, HASH_failed);
    for (int i = 0; i < 3; i++)
        for (size_t at = 0; at < sizeof(jobs[i].job.password); at++)
            assert_int_equal(jobs[i].job.password[at], 0);
    end(hasher);
}

/* One source brought a hundred jobs before another brought one: that one is soon served. */
static void sources_take_turns(void **state)
{
    struct hasher *hasher = start(1, 101);

    (void)state;
    for (int i = 0; i < 101; i++)
        job_prepare(&jobs[i], "x");
    for (int i = 0; i < 100; i++)
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
    hasher_add(hasher, &jobs[100].job, "10.0.0.2");
    loop_run(loop);
    assert_int_equal(finished, 101);
    assert_true(jobs[100].order < 50);
    end(hasher);
}

/* When all is full, the longest queue gives up its newest job; a newcomer is not refused. */
static void the_longest_queue_is_cut(void **state)
{
    struct hasher *hasher = start(1, JOBS);
    unsigned crowded = 0;

    (void)state;
    for (int i = 0; i < JOBS; i++)
        job_prepare(&jobs[i], "x");
    for (int i = 0; i < JOBS - 1; i++)
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
    assert_true(hasher_waiting(hasher) <= HASHER_WAITING);
    hasher_add(hasher, &jobs[JOBS - 1].job, "10.0.0.2");
    loop_run(loop);
    for (int i = 0; i < JOBS; i++)
        if (jobs[i].job.result == HASH_crowded)
            crowded++;
    assert_int_equal(finished, JOBS);
    assert_true(crowded > 0);
    assert_int_equal(jobs[JOBS - 1].job.result, HASH_different);
    assert_int_equal(jobs[0].job.result, HASH_different);
    end(hasher);
}

static void waiting_jobs_can_be_dropped(void **state)
{
    struct hasher *hasher = start(1, 200);
    unsigned dropped = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        job_prepare(&jobs[i], "x");
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
    }
    for (int i = 199; i >= 100; i--)
        if (hasher_drop(hasher, &jobs[i].job)) {
            dropped++;
            assert_int_equal(jobs[i].job.password[0], 0);
            assert_false(hasher_drop(hasher, &jobs[i].job));
        }
    assert_true(dropped > 0);
    awaited = 200 - dropped;
    if (finished < awaited)
        loop_run(loop);
    assert_int_equal(finished, 200 - dropped);
    end(hasher);
}

/* Ending does not wait for what has not begun. */
static void the_end_forgets_the_rest(void **state)
{
    struct hasher *hasher = start(4, 200);

    (void)state;
    for (int i = 0; i < 200; i++) {
        job_prepare(&jobs[i], "x");
        hasher_add(hasher, &jobs[i].job, i % 2 == 0 ? "10.0.0.1" : "10.0.0.2");
    }
    end(hasher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_right),        cmocka_unit_test(sources_take_turns),
        cmocka_unit_test(the_longest_queue_is_cut), cmocka_unit_test(waiting_jobs_can_be_dropped),
        cmocka_unit_test(the_end_forgets_the_rest),
    };
    struct crypt_data *data = mem_alloc(sizeof(*data));
    int result;

    /* The cheapest setting that still takes a millisecond. */
    strcpy(cheap, crypt_rn("secret", "$6$rounds=1000$salt$", data, (int)sizeof(*data)));
    free(data);
    result = cmocka_run_group_tests(tests, NULL, NULL);
    return result;
}
