/* SPDX-License-Identifier: ISC */

/* The rule language: what is refused and with which words. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/rules.h"

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
    {"user x allow run-as=root", 1, "\"run-as=root\" has no meaning here"},
    {"user x run-as root", 1, "\"run-as\" is no verdict"},
    {"user x allow run-as", 1, "write the account to run as next"},
    {"user x allow run-as \"\"", 1, "the account behind run-as is empty"},
    {"user x allow run-as a run-as b", 1, "\"run-as\" has no meaning here"},
    {"user x deny run-as a", 1, "put the reason in quotes"},
    {"user x mechanism", 1, "write the names of mechanisms, like kerberos next"},
    {"user x mechanism digest allow", 1, "\"digest\" is no mechanism: write some of basic"},
    {"user x mechanism basic, allow", 1, "\"\" is no mechanism"},
    {"user x mechanism basic mechanism ntlm allow", 1, "mechanism stands twice"},
    {"user x mechanism basic", 1, "write allow, deny or redirect next"},
    {"user x allow mechanism basic", 1, "mechanism stands behind the verdict"},
    {"user x from 10.0.0.0/8 allow", 1, "from can not stand in a user rule: a user is judged once"},
    {"user x allow from 10.0.0.0/8", 1, "from can not stand in a user rule: a user is judged once"},
    {"user x mechanism basic from ::/0 allow", 1, "from can not stand in a user rule"},
    {"user x allow\noperation x get * allow from 10.0.0.0/8", 2, "from stands behind the verdict"},
    {"user x allow\noperation x get from 10.0.0.0/8 allow", 2, "before \"from\""},
    {"user x allow\noperation x get * from allow", 2, "\"allow\" is no network: write one like"},
    {"user x allow\noperation x get * from", 2, "write networks, like 10.0.0.0/8 next"},
    {"user x allow\noperation x get * from 10.0.0.0/8 from ::/0 allow", 2, "from stands twice"},
    {"user x allow\noperation x get * from 10.0.0.0/8, allow", 2, "\"\" is no network"},
    {"user x allow\noperation x get * from 10.0.0.0/ allow", 2, "a number of bits behind the /"},
    {"user x allow\noperation x get * from 10.0.0.0/33 allow", 2, "a number of bits behind the /"},
    {"user x allow\noperation x get * from 10.0.0.0/08 allow", 2, "a number of bits behind the /"},
    {"user x allow\noperation x get * from ::/129 allow", 2, "a number of bits behind the /"},
    {"user x allow\noperation x get * from 10.0.0.1/8 allow", 2, "bits beyond its prefix"},
    {"user x allow\noperation x get * from 2001:db8::1/32 allow", 2, "bits beyond its prefix"},
    {"user x allow\noperation x get * from ::ffff:10.0.0.0/104 allow", 2,
     "write it like 10.0.0.0/8"},
    {"user x allow\noperation x get * from 10.0.0 allow", 2, "is no network"},
    {"user x allow\noperation x get * from host.example allow", 2, "is no network"},
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documented_errors_are_the_real_ones),
        cmocka_unit_test(errors_name_line_cause_and_cure),
        cmocka_unit_test(limits_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
