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
#include "auth/source.h"
#include "base/memory.h"

enum { JOBS = 300, MANY = 1300 };

struct test_job {
    struct hash_job job;
    unsigned order; /* in which it was finished, from 1; 0: not yet */
};

static struct loop *loop;
static unsigned finished;
static unsigned awaited;
static struct test_job jobs[MANY];
static char cheap[USER_HASH_LIMIT + 1]; /* of "secret" */

/* While this is set, a job that ends and is none of the first ten brings one of somebody new. */
static struct hasher *newcomers_for;
static unsigned next_newcomer;

static void bring_newcomer(void)
{
    char address[32];

    snprintf(address, sizeof(address), "10.1.%u.%u", next_newcomer / 256, next_newcomer % 256);
    hasher_add(newcomers_for, &jobs[next_newcomer++].job, address);
}

static void on_finished(struct hash_job *job)
{
    if (newcomers_for != NULL && container_of(job, struct test_job, job) >= &jobs[10] &&
        next_newcomer < awaited)
        bring_newcomer();
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

/* One that keeps its worker for a second, so that whatever is added meanwhile has to wait. */
static void job_prepare_long(struct test_job *job)
{
    job_prepare(job, "x");
    strcpy(job->job.setting, "$6$rounds=900000$salt$");
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

/*
 * One source has all workers and a hundred jobs waiting when another one comes: that one waits for
 * a hash that occupied a worker, and for no other.
 */
static void a_newcomer_waits_for_one_hash(void **state)
{
    (void)state;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct hasher *hasher = start(threads, 4);

        for (int i = 0; i < 101; i++)
            job_prepare(&jobs[i], "x");
        for (int i = 0; i < 100; i++)
            hasher_add(hasher, &jobs[i].job, "10.0.0.1");
        loop_run(loop);
        awaited = 101;
        hasher_add(hasher, &jobs[100].job, "10.0.0.2");
        loop_run(loop);
        assert_int_equal(finished, 101);
        assert_true(jobs[100].job.waited <= 1);
        end(hasher);
    }
}

/* Newcomers come without end, two at a time; those who wait have their turns all the same. */
static void newcomers_do_not_starve_the_others(void **state)
{
    struct hasher *hasher = start(1, 210);

    (void)state;
    for (int i = 0; i < 210; i++)
        job_prepare(&jobs[i], "x");
    newcomers_for = hasher;
    next_newcomer = 10;
    for (int i = 0; i < 10; i++)
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
    bring_newcomer();
    bring_newcomer();
    loop_run(loop);
    newcomers_for = NULL;
    assert_true(jobs[9].order < 100);
    end(hasher);
}

/* A source has so many jobs waiting and no more; another one is not refused for its sake. */
static void a_full_queue_refuses_its_own_source(void **state)
{
    struct hasher *hasher = start(1, JOBS);
    unsigned crowded = 0;
    unsigned told = 0;

    (void)state;
    for (int i = 0; i < JOBS; i++)
        job_prepare(&jobs[i], "x");
    job_prepare_long(&jobs[0]);
    for (int i = 0; i < JOBS - 1; i++) {
        hasher_add(hasher, &jobs[i].job, "10.0.0.1");
        /* At once, within the call, and without its password. */
        if (jobs[i].job.result == HASH_crowded) {
            assert_int_equal(jobs[i].order, finished);
            assert_int_equal(jobs[i].job.password[0], 0);
        }
    }
    assert_int_equal(hasher_waiting(hasher), HASHER_SOURCE_WAITING);
    hasher_add(hasher, &jobs[JOBS - 1].job, "10.0.0.2");
    loop_run(loop);
    for (int i = 0; i < JOBS; i++) {
        crowded += jobs[i].job.result == HASH_crowded;
        told += jobs[i].job.crowded;
    }
    assert_int_equal(finished, JOBS);
    assert_true(crowded >= JOBS - 2 - HASHER_SOURCE_WAITING - 1);
    assert_int_equal(jobs[JOBS - 1].job.result, HASH_different);
    assert_int_equal(jobs[0].job.result, HASH_different);
    /* Every refusal is told of once, and all of them by few. */
    assert_int_equal(told, crowded);
    told = 0;
    for (int i = 0; i < JOBS; i++)
        told += jobs[i].job.crowded > 0;
    assert_true(told >= 2 && told <= 8);
    end(hasher);
}

/* When all is full, the longest queue gives up its newest job; a newcomer is not refused. */
static void the_longest_queue_is_cut(void **state)
{
    struct hasher *hasher = start(1, MANY);
    char address[32];
    unsigned crowded = 0;

    (void)state;
    for (int i = 0; i < MANY; i++)
        job_prepare(&jobs[i], "x");
    job_prepare_long(&jobs[0]);
    for (int i = 0; i < MANY - 1; i++) {
        /* One of six has every other job. */
        snprintf(address, sizeof(address), "10.0.0.%d", i % 2 ? 0 : i % 5 + 1);
        hasher_add(hasher, &jobs[i].job, address);
    }
    hasher_add(hasher, &jobs[MANY - 1].job, "10.0.0.200");
    assert_true(hasher_waiting(hasher) <= HASHER_WAITING);
    for (int i = 0; i < MANY; i++)
        crowded += jobs[i].job.result == HASH_crowded;
    assert_true(crowded > 0);
    assert_int_not_equal(jobs[MANY - 1].job.result, HASH_crowded);
    end(hasher);
}

static void addresses_become_sources(void **state)
{
    static const struct {
        const char *address;
        const char *source;
    } cases[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::9", "2001:db8:1:2::/64"},
        {"2001:db8:1:3::9", "2001:db8:1:3::/64"},
        {"::1", "::/64"},
        {"fe80::1%eth0", "fe80::/64"},
        {"::ffff:192.0.2.1", "192.0.2.1"},
        {"", ""},
        {"no address", "no address"},
    };
    char endless[1000];
    char source[SOURCE_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        source_of(cases[i].address, source);
        assert_string_equal(source, cases[i].source);
    }
    memset(endless, '1', sizeof(endless));
    endless[sizeof(endless) - 1] = '\0';
    source_of(endless, source);
    assert_int_equal(strlen(source), SOURCE_SIZE - 1);
}

static void waiting_jobs_can_be_dropped(void **state)
{
    struct hasher *hasher = start(1, 200);
    unsigned dropped = 0;

    (void)state;
    for (int i = 0; i < 200; i++) {
        job_prepare(&jobs[i], "x");
        if (i == 0)
            job_prepare_long(&jobs[i]);
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
        cmocka_unit_test(results_are_right),
        cmocka_unit_test(a_newcomer_waits_for_one_hash),
        cmocka_unit_test(newcomers_do_not_starve_the_others),
        cmocka_unit_test(a_full_queue_refuses_its_own_source),
        cmocka_unit_test(the_longest_queue_is_cut),
        cmocka_unit_test(addresses_become_sources),
        cmocka_unit_test(waiting_jobs_can_be_dropped),
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
