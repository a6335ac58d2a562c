/* SPDX-License-Identifier: ISC */

/* Lists of deadlines: order, moving, clearing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/deadline.h"

enum { COUNT = 4 };

static struct loop *loop;
static struct http_deadline deadlines[COUNT];
static int order[COUNT];
static int expired_count;
static int awaited;

static void expired(struct http_deadline *deadline)
{
    assert_true(loop_now(loop) >= deadline->at);
    order[expired_count++] = (int)(deadline - deadlines);
    if (expired_count == awaited)
        loop_stop(loop);
}

static int setup(void **state)
{
    static struct http_deadline_list list;

    loop = loop_new();
    assert_non_null(loop);
    http_deadline_list_init(&list, loop, expired);
    for (int i = 0; i < COUNT; i++)
        http_deadline_init(&deadlines[i]);
    expired_count = 0;
    *state = &list;
    return 0;
}

static int teardown(void **state)
{
    http_deadline_list_stop(*state);
    loop_free(loop);
    return 0;
}

static void test_soonest_first_whatever_the_order(void **state)
{
    uint64_t now = loop_now(loop);

    http_deadline_set(*state, &deadlines[0], now + 20);
    http_deadline_set(*state, &deadlines[1], now + 30);
    http_deadline_set(*state, &deadlines[2], now + 10);
    http_deadline_set(*state, &deadlines[3], now + 25);
    awaited = 4;
    loop_run(loop);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 0);
    assert_int_equal(order[2], 3);
    assert_int_equal(order[3], 1);
}

static void test_moved_and_cleared(void **state)
{
    uint64_t now = loop_now(loop);

    http_deadline_set(*state, &deadlines[0], now + 5);
    http_deadline_set(*state, &deadlines[1], now + 6);
    http_deadline_set(*state, &deadlines[2], now + 20);
    http_deadline_set(*state, &deadlines[0], now + 30);
    http_deadline_set(*state, &deadlines[2], now + 15);
    http_deadline_clear(&deadlines[1]);
    http_deadline_clear(&deadlines[1]);
    awaited = 2;
    loop_run(loop);
    assert_int_equal(order[0], 2);
    assert_int_equal(order[1], 0);
}

static void test_the_past_expires_at_once(void **state)
{
    http_deadline_set(*state, &deadlines[0], 0);
    awaited = 1;
    loop_run(loop);
    assert_int_equal(order[0], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_soonest_first_whatever_the_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_and_cleared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_past_expires_at_once, setup, teardown),
    };

    return cmocka_run_group_tests_name("http/deadline", tests, NULL, NULL);
}
