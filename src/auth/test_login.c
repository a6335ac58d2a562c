/* SPDX-License-Identifier: ISC */

/* Whose turn it is, how often somebody may fail, and what is kept of a login. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "auth/admission.h"
#include "auth/cache.h"
#include "auth/limits.h"
#include "auth/turns.h"
#include "pam_results.h"

/* ---- limits ---- */

/* U-2.7 */
static void a_burst_and_then_once_in_a_while(void **state)
{
    struct limits *limits = limits_new(3, 1000);
    uint64_t now = 50000;

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(limits_wait(limits, "anna", now), 0);
        limits_take(limits, "anna", now);
    }
    assert_int_equal(limits_wait(limits, "anna", now), 1000);
    assert_int_equal(limits_wait(limits, "bert", now), 0);
    assert_int_equal(limits_wait(limits, "anna", now + 999), 1);
    assert_int_equal(limits_wait(limits, "anna", now + 1000), 0);
    limits_take(limits, "anna", now + 1000);
    assert_int_equal(limits_wait(limits, "anna", now + 1000), 1000);
    /* Long afterwards it is as if nothing had been, and not more than that. */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(limits_wait(limits, "anna", now + 100000), 0);
        limits_take(limits, "anna", now + 100000);
    }
    assert_int_equal(limits_wait(limits, "anna", now + 100000), 1000);
    limits_free(limits);
}

static void what_went_well_does_not_count(void **state)
{
    struct limits *limits = limits_new(2, 1000);

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(limits_wait(limits, "anna", 7), 0);
        limits_take(limits, "anna", 7);
        limits_give(limits, "anna", 7);
    }
    limits_take(limits, "anna", 7);
    limits_take(limits, "anna", 7);
    limits_give(limits, "anna", 7);
    assert_int_equal(limits_wait(limits, "anna", 7), 0);
    /* What was forgotten meanwhile is not given back twice. */
    limits_give(limits, "anna", 5000);
    limits_give(limits, "anna", 5000);
    limits_give(limits, "bert", 5000);
    limits_take(limits, "anna", 5000);
    limits_take(limits, "anna", 5000);
    assert_int_equal(limits_wait(limits, "anna", 5000), 1000);
    limits_free(limits);
}

/* O-7 */
static void what_failed_is_forgotten(void **state)
{
    struct limits *limits = limits_new(2, 1000);
    struct admission *admission = admission_new();
    struct admission_job jobs[PAM_USER_BURST + 1] = {0};
    uint64_t wait = 0;

    (void)state;
    assert_false(limits_forget(limits, "anna", 7));
    limits_take(limits, "anna", 7);
    limits_take(limits, "anna", 7);
    assert_true(limits_forget(limits, "anna", 7));
    assert_int_equal(limits_wait(limits, "anna", 7), 0);
    limits_give(limits, "anna", 7);
    limits_take(limits, "anna", 7);
    assert_false(limits_forget(limits, "anna", 2000));
    limits_free(limits);

    /* One who waits because of what she has failed begins at once. */
    for (size_t i = 0; i <= PAM_USER_BURST; i++) {
        jobs[i].name = "anna";
        assert_null(admission_add(admission, &jobs[i], "192.0.2.1", 7));
    }
    for (size_t i = 0; i < PAM_USER_BURST; i++) {
        struct admission_job *job = admission_next(admission, 1, 7, &wait);

        assert_non_null(job);
        admission_end(admission, job, false, 7);
    }
    assert_null(admission_next(admission, 1, 7, &wait));
    assert_true(wait > 0);
    assert_int_equal(admission_forget(admission, "bert", 7), 0);
    assert_int_equal(admission_forget(admission, "anna", 7), 1);
    assert_int_equal(admission_forget(admission, "192.0.2.1", 7), 1);
    assert_int_equal(admission_forget(admission, "192.0.2.1", 7), 0);
    assert_non_null(admission_next(admission, 1, 7, &wait));
    admission_end(admission, &jobs[PAM_USER_BURST], true, 7);
    admission_free(admission);
}

static void strangers_are_bounded(void **state)
{
    struct limits *limits = limits_new(5, 1000);
    char name[32];

    (void)state;
    for (unsigned i = 0; i < LIMITS_MOST; i++) {
        snprintf(name, sizeof(name), "user%u", i);
        assert_int_equal(limits_wait(limits, name, 1), 0);
        limits_take(limits, name, 1);
    }
    assert_int_equal(limits_wait(limits, "one more", 1), 1000);
    assert_int_equal(limits_wait(limits, "user7", 1), 0);
    /* Those whose buckets are full again make room. */
    assert_int_equal(limits_wait(limits, "one more", 1001), 0);
    limits_free(limits);
}

/* ---- turns ---- */

static bool anybody(struct turn_job *job, void *context)
{
    (void)job;
    (void)context;
    return true;
}

static bool anybody_but(struct turn_job *job, void *context)
{
    return job != context;
}

/* U-2.6 */
static void sources_take_turns(void **state)
{
    struct turn_job many[4] = {0};
    struct turn_job one = {0};
    struct turns turns;

    (void)state;
    turns_init(&turns, 100, 10);
    for (int i = 0; i < 4; i++)
        assert_null(turns_add(&turns, &many[i], "2001:db8::1", 1));
    assert_null(turns_add(&turns, &one, "192.0.2.1", 1));
    assert_string_equal(turns_source(&many[0]), "2001:db8::/64");
    /* Of four who work, a source has three at most; the fourth is for others. */
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &many[0]);
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &one);
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &many[1]);
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &many[2]);
    assert_null(turns_next(&turns, 4, anybody, NULL));
    turns_end(&turns, &many[1]);
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &many[3]);
    turns_end(&turns, &many[0]);
    turns_end(&turns, &many[2]);
    turns_end(&turns, &many[3]);
    turns_end(&turns, &one);
    assert_true(list_empty(&turns.sources));
    assert_int_equal(turns.waiting, 0);
}

static void one_who_may_not_holds_nobody_back(void **state)
{
    struct turn_job jobs[3] = {0};
    struct turns turns;

    (void)state;
    turns_init(&turns, 100, 10);
    for (int i = 0; i < 3; i++)
        turns_add(&turns, &jobs[i], "192.0.2.1", 1);
    assert_ptr_equal(turns_next(&turns, 4, anybody_but, &jobs[0]), &jobs[1]);
    turns_drop(&turns, &jobs[0]);
    assert_ptr_equal(turns_next(&turns, 4, anybody, NULL), &jobs[2]);
    turns_end(&turns, &jobs[1]);
    turns_end(&turns, &jobs[2]);
    assert_true(list_empty(&turns.sources));
}

static void queues_are_bounded(void **state)
{
    struct turn_job jobs[8] = {0};
    struct turn_job other[2] = {0};
    struct turns turns;

    (void)state;
    turns_init(&turns, 6, 4);
    for (int i = 0; i < 4; i++)
        assert_null(turns_add(&turns, &jobs[i], "192.0.2.1", 5000));
    /* A fifth is refused, and says so; more are said once a second. */
    assert_ptr_equal(turns_add(&turns, &jobs[4], "192.0.2.1", 5000), &jobs[4]);
    assert_int_equal(jobs[4].crowded, 1);
    assert_ptr_equal(turns_add(&turns, &jobs[5], "192.0.2.1", 5500), &jobs[5]);
    assert_int_equal(jobs[5].crowded, 0);
    assert_ptr_equal(turns_add(&turns, &jobs[6], "192.0.2.1", 6000), &jobs[6]);
    assert_int_equal(jobs[6].crowded, 2);
    /* When all is full, the longest queue gives one up. */
    assert_null(turns_add(&turns, &other[0], "192.0.2.2", 6000));
    assert_null(turns_add(&turns, &other[1], "192.0.2.2", 6000));
    assert_ptr_equal(turns_add(&turns, &jobs[7], "192.0.2.3", 6000), &jobs[3]);
    assert_int_equal(turns.waiting, 6);
    /* What was not said is, when the source has nothing left. */
    for (int i = 0; i < 3; i++)
        turns_drop(&turns, &jobs[i]);
    assert_int_equal(jobs[0].crowded + jobs[1].crowded + jobs[2].crowded + jobs[3].crowded, 1);
    turns_drop(&turns, &jobs[7]);
    turns_drop(&turns, &other[0]);
    turns_clear(&turns);
}

/* ---- the cache ---- */

static void put(struct cache *cache, const char *name, const char *password, uint64_t now)
{
    static const struct ipc_item groups[] = {{.name = "staff"}, {.name = "ops"}};
    struct cache_identity identity = {.account = name, .uid = 7, .groups = {groups, 2}};
    struct cache_digest digest;

    assert_true(cache_digest(cache, name, password, &digest));
    cache_put(cache, name, &digest, now, &identity);
}

static bool find(struct cache *cache, const char *name, const char *password, uint64_t now)
{
    struct cache_identity identity = {0};
    struct cache_digest digest;

    assert_true(cache_digest(cache, name, password, &digest));
    if (!cache_find(cache, name, &digest, now, &identity))
        return false;
    assert_string_equal(identity.account, name);
    assert_int_equal(identity.uid, 7);
    assert_int_equal(identity.groups.count, 2);
    assert_string_equal(identity.groups.item[1].name, "ops");
    return true;
}

/* U-1.7, U-1.8 */
static void what_is_kept(void **state)
{
    struct cache *cache = cache_new(1000);

    (void)state;
    put(cache, "anna", "secret", 1);
    assert_true(find(cache, "anna", "secret", 1000));
    assert_false(find(cache, "anna", "Secret", 1000));
    assert_false(find(cache, "anna", "", 1000));
    assert_false(find(cache, "bert", "secret", 1000));
    assert_false(find(cache, "anna", "secret", 1001));
    /* Its name and password are not those of another cut. */
    put(cache, "an", "nasecret", 1);
    assert_false(find(cache, "anna", "secret", 1));
    put(cache, "anna", "secret", 1);
    put(cache, "anna", "newer", 1);
    assert_false(find(cache, "anna", "secret", 2));
    assert_true(find(cache, "anna", "newer", 2));
    cache_drop(cache, "anna");
    cache_drop(cache, "anna");
    assert_false(find(cache, "anna", "newer", 2));
    put(cache, "anna", "secret", 1);
    cache_clear(cache);
    assert_false(find(cache, "anna", "secret", 2));
    cache_free(cache);
}

static void nothing_is_kept_by_default(void **state)
{
    struct cache *cache = cache_new(0);
    struct cache_digest digest;

    (void)state;
    assert_false(cache_digest(cache, "anna", "secret", &digest));
    cache_reset(cache, 1000);
    put(cache, "anna", "secret", 1);
    cache_reset(cache, 1000);
    assert_false(find(cache, "anna", "secret", 1));
    cache_free(cache);
}

static void two_caches_have_nothing_in_common(void **state)
{
    struct cache *one = cache_new(1000);
    struct cache *other = cache_new(1000);
    struct cache_digest first, second;

    (void)state;
    assert_true(cache_digest(one, "anna", "secret", &first));
    assert_true(cache_digest(other, "anna", "secret", &second));
    assert_memory_not_equal(&first, &second, sizeof(first));
    cache_free(one);
    cache_free(other);
}

static void the_oldest_makes_room(void **state)
{
    struct cache *cache = cache_new(1000);
    char name[32];

    (void)state;
    for (unsigned i = 0; i <= CACHE_MOST; i++) {
        snprintf(name, sizeof(name), "user%u", i);
        put(cache, name, "secret", 1);
    }
    assert_false(find(cache, "user0", "secret", 2));
    assert_true(find(cache, "user1", "secret", 2));
    assert_true(find(cache, name, "secret", 2));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_once_in_a_while),
        cmocka_unit_test(what_went_well_does_not_count),
        cmocka_unit_test(what_failed_is_forgotten),
        cmocka_unit_test(strangers_are_bounded),
        cmocka_unit_test(sources_take_turns),
        cmocka_unit_test(one_who_may_not_holds_nobody_back),
        cmocka_unit_test(queues_are_bounded),
        cmocka_unit_test(what_is_kept),
        cmocka_unit_test(nothing_is_kept_by_default),
        cmocka_unit_test(two_caches_have_nothing_in_common),
        cmocka_unit_test(the_oldest_makes_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
