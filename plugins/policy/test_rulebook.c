/* SPDX-License-Identifier: ISC */

/* The rule file: it changes while the plug-in judges by it, and may be wrong. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/test_policy_host.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changed_rules_hold_at_once_and_wrong_ones_never, start,
                                        stop),
        cmocka_unit_test_setup_teardown(rules_change_under_their_users, start, stop),
        cmocka_unit_test(startup_fails_without_good_rules),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
