/* SPDX-License-Identifier: ISC */

/*
 * Limits of a plug-in, of a shell and of the service (docs/configuration.md, L-1 to L-9): in
 * words, and histories against the plainest way to count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "broker/quota.h"
#include "faults.h"

enum { ACCOUNTS = 3, PLUGINS = 2, HELD = 24, STEPS = 20000 };

static struct plugin plugins[PLUGINS];
static struct application_settings settings;
static struct configuration configuration;
static struct broker broker;
static struct application application;
static struct quota_account *accounts[ACCOUNTS];
static const struct quota_limits many = {.shells = QUOTA_UNLIMITED, .operations = QUOTA_UNLIMITED};
static struct quota_refusal refusal;

static struct plugin_quotas unlimited(void)
{
    struct plugin_quotas quotas;

    memset(&quotas, 0xff, sizeof(quotas));
    return quotas;
}

static int open_world(void **state)
{
    static char cmd[] = "cmd", other[] = "other", *const names[ACCOUNTS] = {"bob", "dave", "erin"};

    (void)state;
    plugins[0] = (struct plugin){.name = cmd, .quotas = unlimited()};
    plugins[1] = (struct plugin){.name = other, .quotas = unlimited()};
    settings = (struct application_settings){.plugins = plugins, .plugin_count = PLUGINS};
    configuration = (struct configuration){.requests = 2, .shell_users = QUOTA_UNLIMITED};
    broker = (struct broker){.configuration = &configuration};
    application = (struct application){.broker = &broker, .settings = &settings};
    for (size_t i = 0; i < ACCOUNTS; i++)
        accounts[i] = quota_account_get(&application, names[i]);
    memset(&refusal, 0, sizeof(refusal));
    return 0;
}

static int close_world(void **state)
{
    (void)state;
    for (size_t i = 0; i < ACCOUNTS; i++)
        quota_account_unref(accounts[i]);
    assert_int_equal(application.quotas.count, 0);
    assert_int_equal(application.quota_plugins.count, 0);
    assert_int_equal(quota_shell_users(&broker), 0);
    map_free(&application.quotas);
    map_free(&application.quota_plugins);
    map_free(&broker.quota.users);
    return 0;
}

static const struct quota_want a_shell = {.shell = true, .plugin = "cmd"};
static const struct quota_want an_operation = {.plugin = "cmd"};

static struct quota_slots take(size_t account, const struct quota_want *want)
{
    struct quota_slots slots = {0};

    assert_true(quota_reserve(accounts[account], &many, want, &slots, &refusal));
    return slots;
}

static void refused(size_t account, const struct quota_want *want, uint32_t code, const char *text)
{
    struct quota_slots slots = {0};

    assert_false(quota_reserve(accounts[account], &many, want, &slots, &refusal));
    assert_null(slots.account);
    assert_int_equal(refusal.code, code);
    assert_string_equal(refusal.text, text);
}

static void shells_of_a_plug_in(void **state)
{
    struct quota_slots first = take(0, &a_shell), second = take(1, &a_shell);
    const struct quota_want elsewhere = {.shell = true, .plugin = "other"};

    (void)state;
    plugins[0].quotas.max_shells_per_user = 1;
    plugins[0].quotas.max_shells = 2;
    refused(0, &a_shell, FAULT_quota_plugin_user_shells,
            "This user may have 1 concurrent shells of the plug-in \"cmd\" (MaxShellsPerUser) and "
            "has 1. One frees when one of the user's own ends.");
    refused(2, &a_shell, FAULT_quota_plugin_shells,
            "The service may have 2 concurrent shells of the plug-in \"cmd\" (MaxShells) and has "
            "2. One frees when any of them ends.");
    quota_return(&second);
    second = take(2, &a_shell);
    quota_return(&second);
    second = take(0, &elsewhere);
    quota_return(&second);
    quota_return(&first);
}

static void operations_of_a_plug_in(void **state)
{
    const struct quota_want an_end = {.plugin = "cmd", .ending = true};
    struct quota_slots first = take(0, &a_shell), second = take(1, &an_operation);

    (void)state;
    plugins[0].quotas.max_operations_per_user = 1;
    plugins[0].quotas.max_operations = 2;
    refused(0, &an_operation, FAULT_quota_plugin_user_operations,
            "This user may have 1 concurrent operations of the plug-in \"cmd\" "
            "(MaxConcurrentOperationsPerUser) and has 1. One frees when one of the user's own "
            "ends.");
    refused(2, &an_operation, FAULT_quota_plugin_operations,
            "The service may have 2 concurrent operations of the plug-in \"cmd\" "
            "(MaxConcurrentOperations) and has 2. One frees when any of them ends.");
    /* What lives counts no more where requests alone do; a shell stays one. */
    quota_return_operation(&first);
    quota_return_operation(&first);
    assert_int_equal(quota_plugin_use(&application, "cmd").operations, 1);
    assert_int_equal(quota_plugin_use(&application, "cmd").shells, 1);
    quota_return(&second);
    second = take(0, &an_operation);
    quota_return(&first);
    first = take(0, &an_end);
    assert_int_equal(quota_plugin_use(&application, "cmd").operations, 2);
    quota_return(&first);
    quota_return(&second);
}

static void users_of_a_plug_in(void **state)
{
    struct quota_slots shell = take(0, &a_shell), more;

    (void)state;
    plugins[0].quotas.max_users = 1;
    refused(1, &an_operation, FAULT_quota_plugin_users,
            "The service may have 1 concurrent users of the plug-in \"cmd\" (MaxConcurrentUsers) "
            "and has 1. There is room when the last shell and operation of one of them ends.");
    more = take(0, &an_operation);
    quota_return(&shell);
    refused(1, &a_shell, FAULT_quota_plugin_users, refusal.text);
    quota_return(&more);
    more = take(1, &a_shell);
    quota_return(&more);
}

static void commands_of_a_shell(void **state)
{
    struct quota_slots shell = take(0, &a_shell), other = take(0, &a_shell);
    const struct quota_want here = {.within = &shell, .plugin = "cmd"};
    const struct quota_want there = {.within = &other, .plugin = "cmd"};
    struct quota_slots first, second;

    (void)state;
    plugins[0].quotas.max_commands = 1;
    first = take(0, &here);
    refused(0, &here, FAULT_quota_plugin_commands,
            "This shell may have 1 concurrent commands of the plug-in \"cmd\" "
            "(MaxConcurrentCommandsPerShell) and has 1. One frees when one of the shell's own "
            "ends.");
    second = take(0, &there);
    quota_return_operation(&first); /* where requests alone count, a command is one all the same */
    refused(0, &here, FAULT_quota_plugin_commands, refusal.text);
    quota_return(&first);
    first = take(0, &here);
    /* The shell is gone before its command: what it held is still there for that. */
    quota_return(&shell);
    quota_return(&first);
    quota_return(&second);
    quota_return(&other);
}

static void accounts_with_shells(void **state)
{
    struct application second = {.broker = &broker, .settings = &settings};
    struct quota_account *elsewhere = quota_account_get(&second, "bob");
    struct quota_slots shell = take(0, &a_shell), more;

    (void)state;
    configuration.shell_users = 1;
    refused(1, &a_shell, FAULT_quota_shell_users,
            "The service may have 1 users with shells (shell-users) and has 1. There is room when "
            "the last shell of one of them ends.");
    more = take(1, &an_operation);
    quota_return(&more);
    assert_true(quota_reserve(elsewhere, &many, &a_shell, &more, &refusal));
    assert_int_equal(quota_shell_users(&broker), 1);
    quota_return(&shell);
    refused(1, &a_shell, FAULT_quota_shell_users, refusal.text);
    quota_return(&more);
    assert_int_equal(quota_shell_users(&broker), 0);
    quota_account_unref(elsewhere);
    map_free(&second.quotas);
    map_free(&second.quota_plugins);
}

static void the_smaller_limit_wins(void **state)
{
    struct quota_limits granted = {.shells = 2, .operations = 3};
    struct quota_slots slots[3];

    (void)state;
    plugins[0].quotas.max_shells_per_user = 3;
    plugins[0].quotas.max_operations_per_user = 2;
    for (size_t i = 0; i < 2; i++)
        assert_true(quota_reserve(accounts[0], &granted, &a_shell, &slots[i], &refusal));
    assert_false(quota_reserve(accounts[0], &granted, &a_shell, &slots[2], &refusal));
    assert_int_equal(refusal.code, FAULT_quota_shells);
    assert_false(quota_reserve(accounts[0], &granted, &an_operation, &slots[2], &refusal));
    assert_int_equal(refusal.code, FAULT_quota_plugin_user_operations);
    for (size_t i = 0; i < 2; i++)
        quota_return(&slots[i]);
}

/* A reload has renamed it, or taken it away: what there is of it only counts. */
static void a_plug_in_that_is_gone_limits_nothing(void **state)
{
    struct quota_slots shell = take(0, &a_shell), more;

    (void)state;
    plugins[0].quotas.max_shells = 1;
    settings.plugin_count = 0;
    more = take(0, &a_shell);
    assert_int_equal(quota_plugin_use(&application, "cmd").shells, 2);
    quota_return(&shell);
    quota_return(&more);
}

static void requests(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        quota_request_enter(&broker);
        assert_true(quota_request_check(&broker, false, &refusal));
    }
    quota_request_enter(&broker);
    assert_false(quota_request_check(&broker, false, &refusal));
    assert_string_equal(refusal.text, "The service may have 2 requests in progress (requests) and "
                                      "has 2. There is room when one of them has been answered.");
    assert_true(quota_request_check(&broker, true, &refusal));
    configuration.requests = 3;
    assert_true(quota_request_check(&broker, false, &refusal));
    for (int i = 0; i < 3; i++)
        quota_request_leave(&broker);
    assert_int_equal(broker.quota.requests, 0);
}

/* ---- histories ---- */

/* What was taken, in the words of the model. */
struct held {
    struct quota_slots slots;
    size_t account;
    size_t plugin;
    size_t within; /* its shell's place, of a command; HELD: none */
    bool taken;
    bool shell;
    bool operation; /* still counts as one */
};

static struct held held[HELD];

/* How many things that are held are like this; HELD and QUOTA_UNLIMITED stand for any. */
static uint32_t count(bool shells, size_t account, size_t plugin)
{
    uint32_t found = 0;

    for (size_t i = 0; i < HELD; i++)
        if (held[i].taken && (shells ? held[i].shell : held[i].operation) &&
            (account == HELD || held[i].account == account) &&
            (plugin == HELD || held[i].plugin == plugin))
            found++;
    return found;
}

static bool uses(size_t account, size_t plugin)
{
    for (size_t i = 0; i < HELD; i++)
        if (held[i].taken && held[i].account == account && held[i].plugin == plugin)
            return true;
    return false;
}

static uint32_t users(size_t plugin)
{
    uint32_t found = 0;

    for (size_t i = 0; i < ACCOUNTS; i++)
        found += uses(i, plugin) ? 1 : 0;
    return found;
}

static uint32_t owners(void)
{
    uint32_t found = 0;

    for (size_t i = 0; i < ACCOUNTS; i++)
        found += count(true, i, HELD) > 0 ? 1 : 0;
    return found;
}

static uint32_t commands(size_t shell)
{
    uint32_t found = 0;

    for (size_t i = 0; i < HELD; i++)
        found += held[i].taken && held[i].within == shell ? 1 : 0;
    return found;
}

/* What the model says of it: the code of one of the limits that refuse it, or 0. */
static bool may_have(const struct held *wanted, const struct quota_limits *limits)
{
    const struct plugin_quotas *quotas = &plugins[wanted->plugin].quotas;
    size_t account = wanted->account, plugin = wanted->plugin;

    return count(false, account, HELD) < limits->operations &&
           count(false, account, plugin) < quotas->max_operations_per_user &&
           count(false, HELD, plugin) < quotas->max_operations &&
           (uses(account, plugin) || users(plugin) < quotas->max_users) &&
           (wanted->within == HELD || commands(wanted->within) < quotas->max_commands) &&
           (!wanted->shell ||
            (count(true, account, HELD) < limits->shells &&
             count(true, account, plugin) < quotas->max_shells_per_user &&
             count(true, HELD, plugin) < quotas->max_shells &&
             (count(true, account, HELD) > 0 || owners() < configuration.shell_users)));
}

static size_t below(size_t limit)
{
    return (size_t)rand() % limit;
}

static void step_take(size_t place)
{
    struct quota_limits limits = {.shells = 1 + (uint32_t)below(6),
                                  .operations = 1 + (uint32_t)below(12)};
    struct held wanted = {.account = below(ACCOUNTS),
                          .plugin = below(PLUGINS),
                          .within = below(HELD),
                          .taken = true,
                          .shell = below(3) == 0,
                          .operation = true};
    const struct held *within = &held[wanted.within];
    struct quota_want want = {.shell = wanted.shell};
    bool expected;

    if (wanted.shell || !within->taken || !within->shell)
        wanted.within = HELD;
    if (wanted.within < HELD) {
        want.within = &within->slots;
        wanted.account = within->account;
        wanted.plugin = within->plugin;
    }
    want.plugin = plugins[wanted.plugin].name;
    want.ending = !wanted.shell && wanted.within == HELD && below(10) == 0;
    expected = want.ending || may_have(&wanted, &limits);
    assert_int_equal(
        quota_reserve(accounts[wanted.account], &limits, &want, &wanted.slots, &refusal), expected);
    if (expected)
        held[place] = wanted;
}

/* Commands may outlive their shell by an answer of the plug-in. */
static void step_return(size_t place)
{
    quota_return(&held[place].slots);
    for (size_t i = 0; i < HELD; i++)
        if (held[i].within == place)
            held[i].within = HELD + 1;
    held[place] = (struct held){.within = HELD};
}

static void step_limits(void)
{
    struct plugin_quotas *quotas = &plugins[below(PLUGINS)].quotas;

    *quotas = (struct plugin_quotas){.max_shells = 1 + (uint32_t)below(8),
                                     .max_shells_per_user = 1 + (uint32_t)below(4),
                                     .max_users = 1 + (uint32_t)below(ACCOUNTS),
                                     .max_commands = 1 + (uint32_t)below(3),
                                     .max_operations = 1 + (uint32_t)below(16),
                                     .max_operations_per_user = 1 + (uint32_t)below(8)};
    configuration.shell_users = 1 + (uint32_t)below(ACCOUNTS);
}

static void compare(void)
{
    for (size_t i = 0; i < PLUGINS; i++) {
        struct quota_plugin_use use = quota_plugin_use(&application, plugins[i].name);

        assert_int_equal(use.shells, count(true, HELD, i));
        assert_int_equal(use.operations, count(false, HELD, i));
        assert_int_equal(use.users, users(i));
    }
    for (size_t i = 0; i < ACCOUNTS; i++) {
        assert_int_equal(quota_shells(accounts[i]), count(true, i, HELD));
        assert_int_equal(quota_operations(accounts[i]), count(false, i, HELD));
    }
    assert_int_equal(quota_shell_users(&broker), owners());
}

static void histories(void **state)
{
    (void)state;
    srand(7);
    for (size_t i = 0; i < HELD; i++)
        held[i].within = HELD;
    step_limits();
    for (int i = 0; i < STEPS; i++) {
        size_t place = below(HELD);

        if (below(50) == 0)
            step_limits();
        if (!held[place].taken) {
            step_take(place);
        } else if (below(4) == 0) {
            quota_return_operation(&held[place].slots);
            held[place].operation = false;
        } else {
            step_return(place);
        }
        compare();
    }
    for (size_t i = 0; i < HELD; i++)
        step_return(i);
    compare();
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(shells_of_a_plug_in),
        CASE(operations_of_a_plug_in),
        CASE(users_of_a_plug_in),
        CASE(commands_of_a_shell),
        CASE(accounts_with_shells),
        CASE(the_smaller_limit_wins),
        CASE(a_plug_in_that_is_gone_limits_nothing),
        CASE(requests),
        CASE(histories),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
