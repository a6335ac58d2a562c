/* SPDX-License-Identifier: ISC */

/* The policy plug-in from its entry points: whom it lets do what, and how it says so. */
#include <string.h>

#include "policy/test_policy_host.h"

static void users_are_judged(void **state)
{
    ask_user(*state, "alice", "");
    assert_int_equal(last.error, NO_ERROR);
    assert_false(last.administrator);
    assert_non_null(last.context);
    WSManPluginAuthzReleaseContext(last.context);
    ask_user(*state, "root", "staff,admins");
    assert_true(last.administrator);
    WSManPluginAuthzReleaseContext(last.context);
    ask_user(*state, "carol", "");
    assert_int_equal(last.error, ERROR_WSMAN_REDIRECT_REQUESTED);
    assert_string_equal(last.text, "https://other.example:5986/wsman");
    assert_null(last.context);
    ask_user(*state, "mallory", "");
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "the user rule in line 4 denies: not on the list");
    assert_null(last.context);
}

static void unreadable_client_is_refused(void **state)
{
    WSMAN_SENDER_DETAILS nameless = {.authenticationMechanism = u"Basic"};

    ask_user(*state, "alice", NULL);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    ask_user(*state, "", "");
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    WSManPluginAuthzUser(*state, &nameless, 0);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    WSManPluginAuthzQueryQuota(*state, &nameless, 0);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    WSManPluginAuthzOperation(*state, &nameless, 0, WSManOperationShell, u"", CMD_SHELL);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
}

static void name_stands_in_for_a_missing_token(void **state)
{
    WSMAN_SENDER_DETAILS sender = {.senderName = u"alice"};

    WSManPluginAuthzUser(*state, &sender, 0);
    assert_int_equal(last.error, NO_ERROR);
    assert_null(last.token);
    WSManPluginAuthzReleaseContext(last.context);
}

static void long_group_lists_are_read(void **state)
{
    char groups[6 * 1000 + 8] = "";

    for (int i = 0; i < 1000; i++)
        strcat(groups, "group,");
    strcat(groups, "admins");
    ask_user(*state, "zoe", groups);
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
}

static void operations_are_judged(void **state)
{
    ask_operation(*state, "alice", WSManOperationShell);
    assert_int_equal(last.error, NO_ERROR);
    assert_non_null(last.context);
    WSManPluginAuthzReleaseContext(last.context);
    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "the operation rule in line 6 denies");
    ask_operation(*state, "zoe", WSManOperationShell);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "no operation rule allows this to zoe");
}

static void quotas_are_answered(void **state)
{
    ask_quota(*state, "alice");
    assert_int_equal(last.error, NO_ERROR);
    assert_int_equal(last.quota.maxAllowedConcurrentShells, 2);
    assert_int_equal(last.quota.maxAllowedConcurrentOperations, 1500);
    assert_int_equal(last.quota.timeslotSize, 10);
    assert_int_equal(last.quota.maxAllowedOperationsPerTimeslot, 100);
    ask_quota(*state, "mallory");
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_int_equal(last.quota.maxAllowedConcurrentShells, 0);
}

static void rules_run_as_other_accounts(void **state)
{
    write_rules("user alice allow run-as svc\nuser bob allow run-as root\nuser * allow\n");
    ask_user(*state, "alice", "");
    assert_int_equal(last.error, NO_ERROR);
    assert_ptr_equal(last.token, &made);
    assert_int_equal(made_open, 1); /* the host's from now on */
    WSManPluginAuthzReleaseContext(last.context);
    ask_user(*state, "bob", "");
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "the user rule in line 2 runs as root, which this application "
                                   "may not map to: write root into may-map-to of the application "
                                   "in winrmd.conf, or take run-as out of the rule");
    assert_null(last.context);
    ask_user(*state, "carol", "");
    assert_ptr_not_equal(last.token, &made);
    WSManPluginAuthzReleaseContext(last.context);
    /* A completion that came too late: the token is still ours. */
    last.answer = ERROR_INVALID_PARAMETER;
    ask_user(*state, "alice", "");
    assert_int_equal(made_open, 1);
    made_open = 0;
}

static void operations_are_judged_by_address(void **state)
{
    write_rules("user * allow\noperation * get * allow\n"
                "operation * shell * from 192.0.2.0/24,2001:db8::/32 allow\n");
    ask_operation(*state, "alice", WSManOperationShell);
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
    address = "198.51.100.1";
    ask_operation(*state, "alice", WSManOperationShell);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    address = "2001:db8::7";
    ask_operation(*state, "alice", WSManOperationShell);
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
    /* With such a rule in the file nobody without an address is let past it by another one. */
    address = NULL;
    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "the address of the client cannot be read");
    address = "no address";
    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    write_rules("user * allow\noperation * get * allow\n");
    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
    address = "192.0.2.7";
}

static void users_are_judged_by_mechanism(void **state)
{
    write_rules(
        "user alice mechanism kerberos,ntlm allow\nuser * mechanism basic deny \"too weak\"\n"
        "user * allow\n");
    ask_user(*state, "alice", "");
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    assert_string_equal(last.text, "the user rule in line 2 denies: too weak");
    write_rules("user alice mechanism Basic allow\n");
    ask_user(*state, "alice", "");
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
}

static void context_of_a_late_completion_is_dropped(void **state)
{
    last.answer = ERROR_INVALID_PARAMETER;
    ask_user(*state, "alice", "");
    ask_operation(*state, "alice", WSManOperationShell);
    /* stop() finds a count that is not zero if one of them was kept. */
}

static void shutdown_tells_of_lost_contexts(void **state)
{
    PVOID context;

    ask_user(*state, "alice", "");
    context = last.context;
    assert_int_not_equal(WSManPluginShutdown(*state, 0, WSMAN_PLUGIN_SHUTDOWN_SERVICE), NO_ERROR);
    WSManPluginAuthzReleaseContext(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(users_are_judged, start, stop),
        cmocka_unit_test_setup_teardown(unreadable_client_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(name_stands_in_for_a_missing_token, start, stop),
        cmocka_unit_test_setup_teardown(long_group_lists_are_read, start, stop),
        cmocka_unit_test_setup_teardown(operations_are_judged, start, stop),
        cmocka_unit_test_setup_teardown(quotas_are_answered, start, stop),
        cmocka_unit_test_setup_teardown(rules_run_as_other_accounts, start, stop),
        cmocka_unit_test_setup_teardown(operations_are_judged_by_address, start, stop),
        cmocka_unit_test_setup_teardown(users_are_judged_by_mechanism, start, stop),
        cmocka_unit_test_setup_teardown(context_of_a_late_completion_is_dropped, start, stop),
        cmocka_unit_test_setup_teardown(shutdown_tells_of_lost_contexts, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
