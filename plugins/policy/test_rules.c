/* SPDX-License-Identifier: ISC */

/* The rule language: what each line means, and which rule decides. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
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

/* The blocks of docs/policy.md that begin with a user rule are whole files. */
static void documented_rules_are_good(void **state)
{
    FILE *file = fopen(POLICY_DOCUMENT, "r");
    char block[8192] = "";
    char line[1024];
    unsigned count = 0;
    bool inside = false;

    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (strncmp(line, "```", 3) == 0) {
            inside = !inside;
            if (strncmp(block, "user ", 5) == 0) {
                struct rules rules = parse(block);

                count++;
                rules_free(&rules);
            }
            block[0] = '\0';
        } else if (inside) {
            strncat(block, line, sizeof(block) - strlen(block) - 1);
        }
    }
    fclose(file);
    assert_true(count >= 5);
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

static void addresses_are_in_networks(void **state)
{
    static const struct {
        const char *network;
        const char *address;
        bool in;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.0.0.0/8", "::ffff:10.1.2.3", true},
        {"10.0.0.0/8", "a00::", false},
        {"192.0.2.128/25", "192.0.2.127", false},
        {"192.0.2.128/25", "192.0.2.128", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.0", false},
        {"192.0.2.1/32", "192.0.2.1", true},
        {"0.0.0.0/0", "255.255.255.255", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "192.0.2.1", false},
        {"::/0", "::ffff:192.0.2.1", false},
        {"2001:db8::/33", "2001:db8:7fff::1", true},
        {"2001:db8::/33", "2001:db8:8000::1", false},
        {"fe80::/10", "fe80::1%eth0", true},
        {"::1", "::1", true},
        {"::1", "::2", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rules_network network;
        struct rules_address address;

        assert_int_equal(rules_network_read(cases[i].network, &network), NETWORK_GOOD);
        assert_true(rules_address_read(cases[i].address, &address));
        if (rules_network_has(&network, &address) != cases[i].in)
            fail_msg("%s in %s", cases[i].address, cases[i].network);
    }
    for (size_t i = 0; i < 4; i++) {
        static const char *const wrong[] = {"", "192.0.2", "192.0.2.1:80", "%eth0"};
        struct rules_address address;
        struct rules_network all;

        assert_false(rules_address_read(wrong[i], &address));
        assert_int_equal(rules_network_read("0.0.0.0/0", &all), NETWORK_GOOD);
        assert_false(rules_network_has(&all, &address));
    }
}

static void conditions_and_accounts_are_read(void **state)
{
    struct rules rules = parse("user a mechanism Kerberos,basic allow run-as svc administrator\n"
                               "user \"mechanism\" allow quota shells=1 run-as \"two words\"\n"
                               "operation a get * mechanism ntlm from ::1,10.0.0.0/8 allow\n"
                               "operation a get * from 10.0.0.0/8 mechanism ntlm deny\n"
                               "operation a get * allow\n");

    (void)state;
    assert_int_equal(rules.users[0].condition.mechanisms,
                     rules_mechanism("KERBEROS") | rules_mechanism("Basic"));
    assert_string_equal(rules.users[0].run_as, "svc");
    assert_true(rules.users[0].administrator);
    assert_string_equal(rules.users[1].subject.name, "mechanism");
    assert_string_equal(rules.users[1].run_as, "two words");
    assert_int_equal(rules.operations[0].condition.network_count, 2);
    assert_int_equal(rules.operations[0].condition.mechanisms, rules_mechanism("ntlm"));
    assert_int_equal(rules.operations[1].condition.network_count, 1);
    assert_null(rules.operations[2].condition.networks);
    assert_true(rules.networks);
    assert_int_equal(rules_mechanism("Digest"), 0);
    rules_free(&rules);
    rules = parse("user a allow\noperation a get * allow\n");
    assert_false(rules.networks);
    rules_free(&rules);
}

/*
 * Every list of up to three rules out of these, and every client: the verdict is that of the first
 * line which by itself says something about the client. What a line says by itself stands in the
 * table, so that no code of the parser or the judge is asked for what is expected.
 */
static const struct {
    const char *line;
    unsigned matches; /* bits of the clients below */
} operation_lines[] = {
    {"operation alice get * allow", 0x01},
    {"operation * shell,get * deny", 0x3f},
    {"operation group:g get,put http://x/* allow", 0x0c},
    {"operation * get http://x/y deny", 0x07},
    {"operation * * * from 10.0.0.0/8 allow", 0x15},
    {"operation * get * mechanism kerberos deny", 0x2a},
    {"operation bob * http://x/y mechanism kerberos from 192.0.2.0/24 allow", 0x02},
    {"operation * put * deny", 0x00},
};

static const struct {
    const char *account, *groups, *mechanism, *address, *uri;
} operation_clients[] = {
    {"alice", "", "Basic", "10.0.0.1", "http://x/y"},
    {"bob", "h", "Kerberos", "192.0.2.1", "HTTP://X/Y"},
    {"carol", "g,h", "NTLM", "10.255.0.1", "http://x/y"},
    {"carol", "h,g", "kerberos", "2001:db8::1", "http://x/z"},
    {"carol", "", "Basic", "10.0.0.1", "http://w/"},
    {"Alice", "gg", "Kerberos", "192.0.2.1", "http://w/"},
};

enum {
    OPERATION_LINES = sizeof(operation_lines) / sizeof(operation_lines[0]),
    OPERATION_CLIENTS = sizeof(operation_clients) / sizeof(operation_clients[0])
};

static void assert_first_match(const size_t *chosen, size_t count)
{
    char text[1024] = "user * allow\n";
    struct rules rules;

    for (size_t i = 0; i < count; i++) {
        strcat(text, operation_lines[chosen[i]].line);
        strcat(text, "\n");
    }
    rules = parse(text);
    for (size_t i = 0; i < OPERATION_CLIENTS; i++) {
        struct rules_client client = {.account = operation_clients[i].account,
                                      .groups = operation_clients[i].groups,
                                      .mechanism = operation_clients[i].mechanism};
        const struct operation_rule *rule;
        unsigned expected = 0; /* line of the file; 0: none */

        for (size_t at = count; at-- > 0;)
            if (operation_lines[chosen[at]].matches & 1U << i)
                expected = (unsigned)at + 2;
        assert_true(rules_address_read(operation_clients[i].address, &client.address));
        rule = rules_judge_operation(&rules, &client, WSManOperationGet, operation_clients[i].uri);
        if ((rule ? rule->line : 0) != expected)
            fail_msg("client %zu: line %u instead of %u of\n%s", i, rule ? rule->line : 0, expected,
                     text);
    }
    rules_free(&rules);
}

static void first_match_wins_in_every_list(void **state)
{
    size_t chosen[3];
    unsigned lists = 0;

    (void)state;
    for (size_t count = 0; count <= 3; count++) {
        size_t total = 1;

        for (size_t i = 0; i < count; i++)
            total *= OPERATION_LINES;
        for (size_t list = 0; list < total; list++, lists++) {
            for (size_t i = 0, rest = list; i < count; i++, rest /= OPERATION_LINES)
                chosen[i] = rest % OPERATION_LINES;
            assert_first_match(chosen, count);
        }
    }
    assert_int_equal(lists, 1 + 8 + 64 + 512);
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
    assert_int_equal(rules.operation_count, 5);
    rules_free(&rules);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_match_decides_about_users),
        cmocka_unit_test(documented_rules_are_good),
        cmocka_unit_test(a_byte_order_mark_is_no_word),
        cmocka_unit_test(first_match_decides_about_operations),
        cmocka_unit_test(no_match_is_no_rule),
        cmocka_unit_test(limits_in_all_forms),
        cmocka_unit_test(addresses_are_in_networks),
        cmocka_unit_test(conditions_and_accounts_are_read),
        cmocka_unit_test(first_match_wins_in_every_list),
        cmocka_unit_test(quotes_take_the_meaning_of_signs),
        cmocka_unit_test(example_file_is_good),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
