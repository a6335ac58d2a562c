/* SPDX-License-Identifier: ISC */

/*
 * The policy plug-in from its entry points: this program is the host, with service functions that
 * write down what they are told.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

#include "common/utf16.h"
#include "policy/parameter.h"

#define CMD_SHELL WSMAN_CMDSHELL_URI

static const char rule_text[] = "user alice allow quota shells=2 rate=100/10s\n"
                                "user group:admins allow administrator\n"
                                "user carol redirect https://other.example:5986/wsman\n"
                                "user * deny \"not on the list\"\n"
                                "operation alice shell,command * allow\n"
                                "operation alice * * deny\n";

/* What the last completion said. */
static struct {
    unsigned calls;
    PVOID context;
    HANDLE token;
    BOOL administrator;
    DWORD error;
    char *text;
    WSMAN_AUTHZ_QUOTA quota;
    DWORD answer; /* what the completion returns */
} last;

static atomic_bool judging; /* by several threads: nothing is written down then */

/* A token is the address of one of these. */
struct token {
    const char *account;
    const char *groups;
};

static DWORD give_text(const char *text, PWSTR buffer, DWORD *length)
{
    PWSTR wide = text ? utf16_from_utf8(text) : NULL;
    DWORD needed = wide ? (DWORD)utf16_length(wide) + 1 : 0;
    DWORD error = NO_ERROR;

    if (!wide)
        return ERROR_INVALID_HANDLE;
    if (*length < needed)
        error = ERROR_INSUFFICIENT_BUFFER;
    else
        memcpy(buffer, wide, needed * sizeof(WCHAR));
    *length = needed;
    free(wide);
    return error;
}

DWORD WINAPI WSManLinuxGetTokenAccount(HANDLE token, PWSTR buffer, DWORD *length)
{
    return give_text(((struct token *)token)->account, buffer, length);
}

DWORD WINAPI WSManLinuxGetTokenGroups(HANDLE token, PWSTR buffer, DWORD *length)
{
    return give_text(((struct token *)token)->groups, buffer, length);
}

/* The account that may be mapped to; the token made for it last, and how many are open. */
static struct token made = {.account = "svc", .groups = ""};
static unsigned made_open;
static const char *address = "192.0.2.7"; /* NULL: it is not told */

DWORD WINAPI WSManLinuxCreateToken(WSMAN_SENDER_DETAILS *senderDetails, PCWSTR accountName,
                                   HANDLE *token)
{
    char *account = utf16_to_utf8(accountName);
    bool permitted = strcmp(account, made.account) == 0;

    assert_non_null(senderDetails);
    free(account);
    *token = NULL;
    if (!permitted)
        return ERROR_ACCESS_DENIED;
    made_open++;
    *token = &made;
    return NO_ERROR;
}

DWORD WINAPI WSManLinuxCloseToken(HANDLE token)
{
    assert_ptr_equal(token, &made);
    made_open--;
    return NO_ERROR;
}

DWORD WINAPI WSManLinuxGetClientAddress(WSMAN_SENDER_DETAILS *senderDetails, PWSTR buffer,
                                        DWORD *length)
{
    assert_non_null(senderDetails);
    return give_text(address, buffer, length);
}

static DWORD record(PVOID context, DWORD error, PCWSTR text)
{
    last.calls++;
    last.context = last.answer == NO_ERROR ? context : NULL;
    last.error = error;
    free(last.text);
    last.text = text ? utf16_to_utf8(text) : NULL;
    return last.answer;
}

DWORD WINAPI WSManPluginAuthzUserComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                          PVOID userAuthorizationContext, HANDLE impersonationToken,
                                          BOOL userIsAdministrator, DWORD errorCode,
                                          PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    last.token = impersonationToken;
    last.administrator = userIsAdministrator;
    return record(userAuthorizationContext, errorCode, extendedErrorInformation);
}

DWORD WINAPI WSManPluginAuthzOperationComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                               PVOID userAuthorizationContext, DWORD errorCode,
                                               PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    return record(userAuthorizationContext, errorCode, extendedErrorInformation);
}

DWORD WINAPI WSManPluginAuthzQueryQuotaComplete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                                WSMAN_AUTHZ_QUOTA *quota, DWORD errorCode,
                                                PCWSTR extendedErrorInformation)
{
    assert_non_null(senderDetails);
    assert_int_equal(flags, 0);
    if (atomic_load(&judging))
        return NO_ERROR;
    last.quota = *quota;
    return record(NULL, errorCode, extendedErrorInformation);
}

static char path[64]; /* of the rule file */

/* Puts another file into its place. */
static void write_rules(const char *rules)
{
    char beside[] = "/tmp/winrmd-policy-XXXXXX";
    int fd = mkstemp(beside);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, rules, strlen(rules)), (ssize_t)strlen(rules));
    close(fd);
    assert_int_equal(rename(beside, path), 0);
}

static DWORD start_with(const char *rules, PVOID *plugin)
{
    char parameters[200];
    PWSTR wide;
    DWORD error;

    snprintf(path, sizeof(path), "/tmp/winrmd-policy-%d", (int)getpid());
    write_rules(rules);
    snprintf(parameters, sizeof(parameters),
             "<InitializationParameters><Param Name=\"Other\" Value=\"x\"/>"
             "<Param Name=\"Rules\" Value=\"%s\"/></InitializationParameters>",
             path);
    wide = utf16_from_utf8(parameters);
    error = WSManPluginStartup(0, u"wsman", wide, plugin);
    free(wide);
    if (error != NO_ERROR)
        unlink(path);
    return error;
}

static int start(void **state)
{
    last.answer = NO_ERROR;
    return start_with(rule_text, state) == NO_ERROR ? 0 : -1;
}

static int stop(void **state)
{
    unlink(path);
    free(last.text);
    memset(&last, 0, sizeof(last));
    return WSManPluginShutdown(*state, 0, WSMAN_PLUGIN_SHUTDOWN_SERVICE) == NO_ERROR ? 0 : -1;
}

static WSMAN_SENDER_DETAILS sender_of(struct token *token)
{
    return (WSMAN_SENDER_DETAILS){
        .senderName = u"as-sent",
        .authenticationMechanism = u"Basic",
        .clientToken = token,
        .httpURL = u"http://h/wsman",
    };
}

static void ask_user(PVOID plugin, const char *account, const char *groups)
{
    struct token token = {.account = account, .groups = groups};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzUser(plugin, &sender, 0);
    assert_int_equal(last.calls, 1);
    if (last.error == NO_ERROR && last.token != &made)
        assert_ptr_equal(last.token, &token);
}

static void ask_operation(PVOID plugin, const char *account, DWORD operation)
{
    struct token token = {.account = account, .groups = ""};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzOperation(plugin, &sender, 0, operation, u"action", CMD_SHELL);
    assert_int_equal(last.calls, 1);
}

static void ask_quota(PVOID plugin, const char *account)
{
    struct token token = {.account = account, .groups = ""};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    last.calls = 0;
    WSManPluginAuthzQueryQuota(plugin, &sender, 0);
    assert_int_equal(last.calls, 1);
}

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

/* What the plug-in says to the operator meanwhile. */
static char *said_while(void (*act)(PVOID plugin), PVOID plugin)
{
    static char text[4096];
    FILE *file = tmpfile();
    int standard = dup(STDERR_FILENO);
    size_t length;

    assert_non_null(file);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    act(plugin);
    fflush(stderr);
    dup2(standard, STDERR_FILENO);
    close(standard);
    rewind(file);
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static void ask_thrice(PVOID plugin)
{
    for (int i = 0; i < 3; i++)
        ask_operation(plugin, "alice", WSManOperationGet);
}

static void changed_rules_hold_at_once_and_wrong_ones_never(void **state)
{
    char expected[512];

    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, ERROR_ACCESS_DENIED);
    write_rules("user * allow\noperation alice get,put * deny \"second edition\"\n");
    snprintf(expected, sizeof(expected),
             "policy: %s has changed: 1 user and 1 operation rules hold from now on\n", path);
    assert_string_equal(said_while(ask_thrice, *state), expected);
    assert_string_equal(last.text, "the operation rule in line 2 denies: second edition");

    write_rules("user * allow\noperation alice read * allow\n");
    snprintf(expected, sizeof(expected),
             "policy: %s:2: \"read\" is no operation: write some of get, put, create, delete, "
             "enumerate, subscribe, shell, command, invoke joined by commas, or *\n"
             "policy: %s is not taken: the rules that were read before hold until it is mended\n",
             path, path);
    assert_string_equal(said_while(ask_thrice, *state), expected);
    assert_string_equal(last.text, "the operation rule in line 2 denies: second edition");

    unlink(path);
    assert_non_null(strstr(said_while(ask_thrice, *state), "No such file or directory\n"));
    assert_string_equal(said_while(ask_thrice, *state), "");
    assert_string_equal(last.text, "the operation rule in line 2 denies: second edition");

    write_rules("user * allow\noperation alice get * allow\n");
    chmod(path, 0646);
    assert_non_null(strstr(said_while(ask_thrice, *state), "can be written by everybody"));
    assert_string_equal(last.text, "the operation rule in line 2 denies: second edition");
    chmod(path, 0644);
    ask_operation(*state, "alice", WSManOperationGet);
    assert_int_equal(last.error, NO_ERROR);
    WSManPluginAuthzReleaseContext(last.context);
}

static void *judge_without_end(void *plugin)
{
    struct token token = {.account = "zoe", .groups = ""};
    WSMAN_SENDER_DETAILS sender = sender_of(&token);

    while (atomic_load(&judging))
        WSManPluginAuthzQueryQuota(plugin, &sender, 0);
    return NULL;
}

/* Rules change while other threads judge by them; a sanitizer would see them used after free. */
static void rules_change_under_their_users(void **state)
{
    pthread_t threads[3];

    atomic_store(&judging, true);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, judge_without_end, *state), 0);
    for (int i = 0; i < 200; i++) {
        write_rules(i % 2 ? "user zoe allow\n" : "user * deny \"a much longer rule\"\n");
    }
    atomic_store(&judging, false);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

static void context_of_a_late_completion_is_dropped(void **state)
{
    last.answer = ERROR_INVALID_PARAMETER;
    ask_user(*state, "alice", "");
    ask_operation(*state, "alice", WSManOperationShell);
    /* stop() finds a count that is not zero if one of them was kept. */
}

static void startup_fails_without_good_rules(void **state)
{
    PVOID plugin = NULL;

    (void)state;
    assert_int_not_equal(start_with("user x", &plugin), NO_ERROR);
    assert_int_not_equal(start_with("", &plugin), NO_ERROR);
    assert_int_not_equal(WSManPluginStartup(0, u"wsman", NULL, &plugin), NO_ERROR);
    assert_int_not_equal(WSManPluginStartup(0, u"wsman",
                                            u"<InitializationParameters><Param Name='Rules' "
                                            u"Value='/nonexistent'/></InitializationParameters>",
                                            &plugin),
                         NO_ERROR);
    assert_int_not_equal(WSManPluginStartup(0, u"wsman",
                                            u"<InitializationParameters><Param Name='Rules' "
                                            u"Value='/tmp'/></InitializationParameters>",
                                            &plugin),
                         NO_ERROR);
    assert_null(plugin);
}

static void shutdown_tells_of_lost_contexts(void **state)
{
    PVOID context;

    ask_user(*state, "alice", "");
    context = last.context;
    assert_int_not_equal(WSManPluginShutdown(*state, 0, WSMAN_PLUGIN_SHUTDOWN_SERVICE), NO_ERROR);
    WSManPluginAuthzReleaseContext(context);
}

static void parameters_are_found(void **state)
{
    static const struct {
        const char *xml;
        const char *value;
    } cases[] = {
        {"<P><Param Name=\"Rules\" Value=\"a b\"/></P>", "a b"},
        {"<P><Param Name='rules' Value='a\"b'/></P>", "a\"b"},
        {"<P><Param Value='/x>y' Name='Rules'></Param></P>", "/x>y"},
        {"<P><Param Name=\"Rules\" Value=\"&lt;&amp;&gt;&quot;&apos;&#65;&#x2f;\"/></P>",
         "<&>\"'A/"},
        {"<P><Param Name='Other' Value='Rules'/><Param Name='Rules' Value=''/></P>", ""},
        {"<P><Param Name='x' Value=\" Name='Rules' Value='evil'\"/></P>", NULL},
        {"<P><Param Value=\" Name='Rules' Value='evil'\" Name='x'/></P>", NULL},
        {"<P><Param Name='Rules'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&unknown;'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&#0;'/></P>", NULL},
        {"<P><Param Name='Rules' Value='&#", NULL},
        {"<P/>", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *value = parameter_find(cases[i].xml, "Rules");

        if (!cases[i].value != !value || (value && strcmp(value, cases[i].value) != 0))
            fail_msg("%s: %s", cases[i].xml, value ? value : "none");
        free(value);
    }
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
        cmocka_unit_test_setup_teardown(changed_rules_hold_at_once_and_wrong_ones_never, start,
                                        stop),
        cmocka_unit_test_setup_teardown(rules_change_under_their_users, start, stop),
        cmocka_unit_test_setup_teardown(context_of_a_late_completion_is_dropped, start, stop),
        cmocka_unit_test_setup_teardown(shutdown_tells_of_lost_contexts, start, stop),
        cmocka_unit_test(startup_fails_without_good_rules),
        cmocka_unit_test(parameters_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
