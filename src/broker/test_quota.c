/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "broker/quota.h"
#include "faults.h"

static struct application_settings settings;
static struct configuration configuration;
static struct broker broker;
static struct application application;
static struct quota_account *account;
static struct quota_refusal refusal;
static const struct quota_want a_shell = {.shell = true}, an_end = {.ending = true};

static int open_account(void **state)
{
    (void)state;
    memset(&settings, 0, sizeof(settings));
    configuration = (struct configuration){.requests = 2, .shell_users = 100};
    broker = (struct broker){.configuration = &configuration};
    application = (struct application){.broker = &broker, .settings = &settings};
    memset(&refusal, 0, sizeof(refusal));
    buffer_init(&application.throttle_times, 1 << 20);
    account = quota_account_get(&application, "bob");
    return 0;
}

static int close_account(void **state)
{
    (void)state;
    quota_account_unref(account);
    quota_forget(&application);
    assert_int_equal(application.quotas.count, 0);
    assert_int_equal(application.quota_plugins.count, 0);
    assert_int_equal(quota_shell_users(&broker), 0);
    map_free(&application.quota_plugins);
    map_free(&broker.quota.users);
    map_free(&application.quotas);
    buffer_free(&application.throttle_times);
    return 0;
}

static void one_account_has_one_count_however_often_it_is_looked_up(void **state)
{
    struct quota_limits limits = {.shells = 1, .operations = 9};
    struct quota_account *again = quota_account_get(&application, "bob");
    struct quota_slots slots, more;

    (void)state;
    assert_ptr_equal(account, again);
    assert_true(quota_reserve(account, &limits, &a_shell, &slots, &refusal));
    assert_false(quota_reserve(again, &limits, &a_shell, &more, &refusal));
    assert_int_equal(refusal.code, FAULT_quota_shells);
    assert_string_equal(refusal.text, "This user may have 1 concurrent shells and has 1. One frees "
                                      "when one of the user's own ends.");
    quota_return(&slots);
    quota_return(&slots);
    assert_int_equal(quota_shells(account), 0);
    assert_int_equal(quota_operations(account), 0);
    quota_account_unref(again);
}

/* A shell whose operation slot is refused must not keep its shell slot. */
static void slots_are_taken_together_or_not_at_all(void **state)
{
    struct quota_limits limits = {.shells = 5, .operations = 0};
    struct quota_slots slots;

    (void)state;
    assert_false(quota_reserve(account, &limits, &a_shell, &slots, &refusal));
    assert_int_equal(refusal.code, FAULT_quota_operations);
    assert_int_equal(quota_shells(account), 0);
}

static void what_ends_something_is_counted_and_never_refused(void **state)
{
    struct quota_limits limits = {.shells = 0, .operations = 0};
    struct quota_slots slots;

    (void)state;
    assert_true(quota_reserve(account, &limits, &an_end, &slots, &refusal));
    assert_int_equal(quota_operations(account), 1);
    quota_return(&slots);
}

static void zero_allows_nothing_and_all_ones_everything(void **state)
{
    struct quota_limits none = {.shells = 0, .operations = 5};
    struct quota_limits all = {.shells = QUOTA_UNLIMITED, .operations = QUOTA_UNLIMITED};
    struct quota_slots slots[100];

    (void)state;
    assert_false(quota_reserve(account, &none, &a_shell, &slots[0], &refusal));
    for (size_t i = 0; i < 100; i++)
        assert_true(quota_reserve(account, &all, &a_shell, &slots[i], &refusal));
    for (size_t i = 0; i < 100; i++)
        quota_return(&slots[i]);
}

static void a_rate_slot_starts_with_its_first_message(void **state)
{
    struct quota_limits limits = {.slot_seconds = 2, .slot_operations = 2};

    (void)state;
    assert_true(quota_rate_check(account, &limits, 1000, &refusal));
    quota_rate_count(account, &limits, 1000);
    assert_true(quota_rate_check(account, &limits, 2900, &refusal));
    quota_rate_count(account, &limits, 2900);
    assert_false(quota_rate_check(account, &limits, 2950, &refusal));
    assert_int_equal(refusal.code, FAULT_quota_rate);
    assert_string_equal(refusal.text,
                        "This user may send 2 messages in 2 s and has sent 2. Nothing "
                        "more is taken for at least 50 milliseconds.");
    assert_true(quota_rate_check(account, &limits, 3000, &refusal));
    quota_rate_count(account, &limits, 3000);
    assert_int_equal(quota_slot_messages(account), 1);
}

/* Whoever held the account has gone, with its host or its settings; the slot has not. */
static void a_slot_outlives_whoever_counts_in_it(void **state)
{
    struct quota_limits limits = {.shells = 1, .slot_seconds = 10, .slot_operations = 2};
    struct quota_account *other = quota_account_get(&application, "frank");

    (void)state;
    quota_rate_count(other, &limits, 1000);
    quota_rate_count(other, &limits, 2000);
    quota_account_unref(other);
    other = quota_account_get(&application, "frank");
    assert_int_equal(quota_slot_messages(other), 2);
    assert_false(quota_rate_check(other, &limits, 10999, &refusal));
    assert_true(quota_rate_check(other, &limits, 11000, &refusal));
    quota_account_unref(other);
    /* It goes some time after its slot. */
    quota_rate_count(account, &limits, 30000);
    assert_int_equal(application.quotas.count, 1);
}

static void a_slot_without_length_is_no_limit(void **state)
{
    struct quota_limits limits = {.slot_seconds = 0, .slot_operations = 0};
    struct quota_limits closed = {.slot_seconds = 1, .slot_operations = 0};

    (void)state;
    assert_true(quota_rate_check(account, &limits, 1, &refusal));
    assert_false(quota_rate_check(account, &closed, 1, &refusal));
}

static void the_system_window_slides(void **state)
{
    (void)state;
    settings.system_operations = 2;
    settings.system_window = 100;
    assert_true(quota_throttle(&application, false, 1000, &refusal));
    assert_true(quota_throttle(&application, false, 1060, &refusal));
    assert_false(quota_throttle(&application, false, 1099, &refusal));
    assert_int_equal(refusal.code, FAULT_quota_system);
    assert_true(quota_throttle(&application, true, 1099, &refusal));
    assert_false(quota_throttle(&application, false, 1100, &refusal));
    assert_true(quota_throttle(&application, false, 1160, &refusal));
    settings.system_operations = 0;
    for (int i = 0; i < 1000; i++)
        assert_true(quota_throttle(&application, false, 1160, &refusal));
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_account, close_account)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(one_account_has_one_count_however_often_it_is_looked_up),
        CASE(slots_are_taken_together_or_not_at_all),
        CASE(what_ends_something_is_counted_and_never_refused),
        CASE(zero_allows_nothing_and_all_ones_everything),
        CASE(a_rate_slot_starts_with_its_first_message),
        CASE(a_slot_outlives_whoever_counts_in_it),
        CASE(a_slot_without_length_is_no_limit),
        CASE(the_system_window_slides),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
