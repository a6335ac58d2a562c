/* SPDX-License-Identifier: ISC */

/* The rule language: what each line means, what is refused and with which words. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WSMAN_API_VERSION_1_1
#include <wsman.h>

#include "policy/rules.h"

#define CMD_SHELL "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd"

static const char example[] = "# who may connect\n"
                              "user  alice         allow\n"
                              "\tuser group:admins\tallow administrator   # all of them\r\n"
                              "user bob allow quota shells=2 operations=10 rate=100/10s\n"
                              "user carol redirect https://other.example:5986/wsman\n"
                              "\n"
                              "user \"DOM\\\\Dora \\\"D\\\" D\" deny \"not on the # list\"\n"
                              "user * deny\n"
                              "operation bob command,shell " CMD_SHELL "* allow\n"
                              "operation bob * * deny \"shells only\"\n"
                              "operation * * * allow";

static struct rules parse(const char *text)
{
    struct rules rules;
    struct rules_error error;

    if (!rules_parse(text, strlen(text), &rules, &error))
        fail_msg("line %u: %s", error.line, error.text);
    return rules;
}

static const struct user_rule *user(const struct rules *rules, const char *account,
                                    const char *groups)
{
    struct rules_client client = {.account = account, .groups = groups};

    return rules_judge_user(rules, &client);
}

static const struct operation_rule *operation(const struct rules *rules, const char *account,
                                              uint32_t number, const char *uri)
{
    struct rules_client client = {.account = account, .groups = ""};

    return rules_judge_operation(rules, &client, number, uri);
}

static void first_match_decides_about_users(void **state)
{
    struct rules rules = parse(example);
    const struct user_rule *rule;

    (void)state;
    rule = user(&rules, "alice", "admins");
    assert_int_equal(rule->line, 2);
    assert_int_equal(rule->verdict, RULES_ALLOW);
    assert_false(rule->administrator);
    assert_int_equal(rule->quota.shells, RULES_DEFAULT_SHELLS);
    assert_int_equal(rule->quota.operations, RULES_DEFAULT_OPERATIONS);
    assert_int_equal(rule->quota.slot_seconds, 0);
    rule = user(&rules, "zoe", "staff,admins");
    assert_int_equal(rule->line, 3);
    assert_true(rule->administrator);
    rule = user(&rules, "bob", "");
    assert_int_equal(rule->quota.shells, 2);
    assert_int_equal(rule->quota.operations, 10);
    assert_int_equal(rule->quota.slot_seconds, 10);
    assert_int_equal(rule->quota.slot_operations, 100);
    rule = user(&rules, "carol", "");
    assert_int_equal(rule->verdict, RULES_REDIRECT);
    assert_string_equal(rule->text, "https://other.example:5986/wsman");
    rule = user(&rules, "DOM\\Dora \"D\" D", "");
    assert_int_equal(rule->verdict, RULES_DENY);
    assert_string_equal(rule->text, "not on the # list");
    rule = user(&rules, "Alice", "administrators,adm,ins");
    assert_int_equal(rule->line, 8);
    assert_null(rule->text);
    rules_free(&rules);
}

/* The text between the next two backticks at *at, which moves behind them; NULL without. */
static char *next_code(char **at)
{
    char *begin = strchr(*at, '`');
    char *end = begin ? strchr(begin + 1, '`') : NULL;

    if (!end)
        return NULL;
    *end = '\0';
    *at = end + 1;
    return begin + 1;
}

/* The rows "| `line` | `error` |" of docs/policy.md say what is really said. */
static void documented_errors_are_the_real_ones(void **state)
{
    FILE *file = fopen(POLICY_DOCUMENT, "r");
    char row[1024];
    unsigned count = 0;

    (void)state;
    assert_non_null(file);
    while (fgets(row, sizeof(row), file)) {
        struct rules rules;
        struct rules_error error;
        char *at = row;
        char *line = strncmp(row, "| `", 3) == 0 ? next_code(&at) : NULL;
        char *text = line ? next_code(&at) : NULL;

        if (!text || (strncmp(line, "u", 1) != 0 && strncmp(line, "operation ", 10) != 0))
            continue;
        assert_false(rules_parse(line, strlen(line), &rules, &error));
        assert_string_equal(error.text, text);
        count++;
    }
    fclose(file);
    assert_true(count >= 14);
}

static void a_byte_order_mark_is_no_word(void **state)
{
    struct rules rules = parse("\xef\xbb\xbfuser alice allow\n");

    (void)state;
    assert_non_null(user(&rules, "alice", ""));
    rules_free(&rules);
}

static void first_match_decides_about_operations(void **state)
{
    struct rules rules = parse(example);
    const struct operation_rule *rule;

    (void)state;
    rule = operation(&rules, "bob", WSManOperationCommand, CMD_SHELL);
    assert_int_equal(rule->verdict, RULES_ALLOW);
    assert_ptr_equal(rule, operation(&rules, "bob", WSManOperationShell, CMD_SHELL "/longer"));
    rule = operation(&rules, "bob", WSManOperationGet, CMD_SHELL);
    assert_int_equal(rule->verdict, RULES_DENY);
    assert_string_equal(rule->text, "shells only");
    rule = operation(&rules, "bob", WSManOperationShell, "http://schemas.microsoft.com");
    assert_int_equal(rule->verdict, RULES_DENY);
    rule = operation(&rules, "alice", WSManOperationInvoke, "");
    assert_int_equal(rule->line, 11);
    assert_null(operation(&rules, "alice", 0, CMD_SHELL));
    assert_null(operation(&rules, "alice", 10, CMD_SHELL));
    assert_null(operation(&rules, "alice", UINT32_MAX, CMD_SHELL));
    rules_free(&rules);
}

static void no_match_is_no_rule(void **state)
{
    struct rules rules = parse("user alice allow\noperation alice get http://x/Y allow\n");

    (void)state;
    assert_null(user(&rules, "bob", "alice"));
    assert_null(operation(&rules, "alice", WSManOperationPut, "http://x/Y"));
    assert_null(operation(&rules, "alice", WSManOperationGet, "http://x/Y/z"));
    assert_null(operation(&rules, "alice", WSManOperationGet, "http://x/"));
    assert_non_null(operation(&rules, "alice", WSManOperationGet, "HTTP://X/y"));
    rules_free(&rules);
}

static void limits_in_all_forms(void **state)
{
    struct rules rules = parse("user a allow quota shells=0 operations=unlimited administrator\n"
                               "user b allow quota rate=5/2m\n"
                               "user c allow quota rate=unlimited\n"
                               "user d allow quota rate=0/24h\n");

    (void)state;
    assert_int_equal(rules.users[0].quota.shells, 0);
    assert_int_equal(rules.users[0].quota.operations, RULES_UNLIMITED);
    assert_true(rules.users[0].administrator);
    assert_int_equal(rules.users[1].quota.slot_seconds, 120);
    assert_int_equal(rules.users[2].quota.slot_seconds, 0);
    assert_int_equal(rules.users[3].quota.slot_seconds, 86400);
    assert_int_equal(rules.users[3].quota.slot_operations, 0);
    rules_free(&rules);
}

static void quotes_take_the_meaning_of_signs(void **state)
{
    struct rules rules = parse("user \"*\" allow\nuser \"group:g\" allow\n"
                               "operation * get \"http://x/*\" allow\n");

    (void)state;
    assert_null(user(&rules, "anybody", "g"));
    assert_non_null(user(&rules, "*", ""));
    assert_non_null(user(&rules, "group:g", ""));
    assert_null(operation(&rules, "x", WSManOperationGet, "http://x/y"));
    rules_free(&rules);
}

static void example_file_is_good(void **state)
{
    char text[8192];
    FILE *file = fopen(RULES_EXAMPLE, "r");
    struct rules rules;

    (void)state;
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    rules = parse(text);
    assert_int_equal(rules.user_count, 6);
    assert_int_equal(rules.operation_count, 4);
    rules_free(&rules);
}

static const struct {
    const char *text;
    unsigned line;
    const char *says; /* somewhere in the error */
} refused[] = {
    {"", 0, "write at least one beginning with user"},
    {"operation * * * allow", 0, "no rule lets anybody connect"},
    {"\n\nuser x alow", 3, "\"alow\" is no verdict: write allow, deny or redirect"},
    {"usr x allow", 1, "\"usr\" begins no rule: write user or operation"},
    {"\"user\" x allow", 1, "begins no rule"},
    {"user", 1, "write an account, group:NAME or * next"},
    {"user x", 1, "write allow, deny or redirect next"},
    {"user x allow now", 1, "\"now\" has no meaning here"},
    {"user x allow run-as=root", 1, "\"run-as=root\" is not available in this version"},
    {"user x run-as root", 1, "\"run-as\" is not available in this version"},
    {"user x allow\noperation x get * allow from 10.0.0.0/8", 2, "\"from\" is not available"},
    {"user group: allow", 1, "the name is empty"},
    {"user group:a,b allow", 1, "a rule names one group"},
    {"user \"\" allow", 1, "the name is empty"},
    {"user al* allow", 1, "\"al*\" is no pattern"},
    {"user x deny because", 1, "put the reason in quotes"},
    {"user x deny \"a\" \"b\"", 1, "has no meaning here"},
    {"user x redirect", 1, "write the URI to redirect to next"},
    {"user x redirect ftp://y", 1, "no address to redirect to"},
    {"user x redirect /wsman", 1, "no address to redirect to"},
    {"user x redirect http://", 1, "no address to redirect to"},
    {"user x redirect \"http://a b\"", 1, "no address to redirect to"},
    {"user x redirect http://\xc3\xa4", 1, "no address to redirect to"},
    {"user x allow quota", 1, "quota limits nothing"},
    {"user x allow quota users=3", 1, "quota limits nothing"},
    {"user x allow quota shells=1 shells=2", 1, "\"shells=\" stands twice"},
    {"user x allow quota shells=", 1, "\"shells=\" is no limit: write a number"},
    {"user x allow quota shells=-1", 1, "is no limit"},
    {"user x allow quota shells=4294967295", 1, "is no limit"},
    {"user x allow quota shells=99999999999999999999", 1, "is no limit"},
    {"user x allow quota rate=5", 1, "write rate=NUMBER/TIME"},
    {"user x allow quota rate=5/10", 1, "write rate=NUMBER/TIME"},
    {"user x allow quota rate=5/0s", 1, "write rate=NUMBER/TIME"},
    {"user x allow quota rate=5/25h", 1, "write rate=NUMBER/TIME"},
    {"user x allow quota rate=/", 1, "write rate=NUMBER/TIME"},
    {"user x allow quota rate=5/unlimiteds", 1, "write rate=NUMBER/TIME"},
    {"user x allow administrator administrator", 1, "has no meaning here"},
    {"user x allow\noperation x", 2, "write the operations, or * next"},
    {"user x allow\noperation x read * allow", 2, "\"read\" is no operation"},
    {"user x allow\noperation x get, * allow", 2, "\"\" is no operation"},
    {"user x allow\noperation x get allow", 2, "the resource URI is missing"},
    {"user x allow\noperation x get", 2, "write a resource URI, or * next"},
    {"user x allow\noperation x get h*p allow", 2, "allowed at the end only"},
    {"user x allow\noperation x get \"\" allow", 2, "the URI is empty"},
    {"user x allow\noperation x get * redirect http://y", 2, "write allow or deny"},
    {"user \"x allow", 1, "a quote is left open"},
    {"user \"x\"y allow", 1, "put a blank between them"},
    {"user x\"y\" allow", 1, "a quote begins inside a word"},
    {"user \"x\\n\" allow", 1, "must be followed by"},
    {"user x\x01 allow", 1, "control character (0x01)"},
    {"user \xff allow", 0, "not UTF-8"},
    {"user \xed\xa0\x80 allow", 0, "not UTF-8"},
    {"user \xc0\xaf allow", 0, "not UTF-8"},
    {"user a b c d e f g h i j k l m n o p q", 1, "more than 16 words"},
};

static void errors_name_line_cause_and_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct rules_error error;
        struct rules rules;

        if (rules_parse(refused[i].text, strlen(refused[i].text), &rules, &error))
            fail_msg("accepted: %s", refused[i].text);
        if (error.line != refused[i].line || !strstr(error.text, refused[i].says))
            fail_msg("%s\nsays in line %u: %s", refused[i].text, error.line, error.text);
        assert_null(rules.users);
        assert_null(rules.operations);
    }
}

/* A file of `count` times the same line, and what is said about it; NULL when it is accepted. */
static void assert_repeated(const char *line, size_t count, const char *says)
{
    size_t length = strlen(line);
    char *text = malloc(length * count + 1);
    struct rules_error error;
    struct rules rules;
    bool good;

    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, line, length);
    good = rules_parse(text, length * count, &rules, &error);
    if (says) {
        assert_false(good);
        assert_non_null(strstr(error.text, says));
    } else if (!good) {
        fail_msg("line %u: %s", error.line, error.text);
    }
    rules_free(&rules);
    free(text);
}

static void limits_hold(void **state)
{
    char line[RULES_LINE_LENGTH + 64];

    (void)state;
    assert_repeated("user a allow\n", RULES_COUNT, NULL);
    assert_repeated("user a allow\n", RULES_COUNT + 1, "more than 10000 rules");
    assert_repeated("# 345678901234567890123456789012\n", RULES_FILE_SIZE / 32, "file is larger");
    snprintf(line, sizeof(line), "user %0*d allow\n", RULES_NAME_LENGTH, 7);
    assert_repeated(line, 1, NULL);
    snprintf(line, sizeof(line), "user %0*d allow\n", RULES_NAME_LENGTH + 1, 7);
    assert_repeated(line, 1, "the name is longer than 256 bytes");
    snprintf(line, sizeof(line), "user a redirect http://%0*d\n", RULES_URI_LENGTH, 7);
    assert_repeated(line, 1, "the URI is longer than 2048 bytes");
    snprintf(line, sizeof(line), "user a deny \"%0*d\"\n", RULES_TEXT_LENGTH + 1, 7);
    assert_repeated(line, 1, "the reason is longer than 512 bytes");
    snprintf(line, sizeof(line), "# %0*d\n", RULES_LINE_LENGTH, 7);
    assert_repeated(line, 1, "longer than 8192 bytes");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_match_decides_about_users),
        cmocka_unit_test(documented_errors_are_the_real_ones),
        cmocka_unit_test(a_byte_order_mark_is_no_word),
        cmocka_unit_test(first_match_decides_about_operations),
        cmocka_unit_test(no_match_is_no_rule),
        cmocka_unit_test(limits_in_all_forms),
        cmocka_unit_test(quotes_take_the_meaning_of_signs),
        cmocka_unit_test(example_file_is_good),
        cmocka_unit_test(errors_name_line_cause_and_cure),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
