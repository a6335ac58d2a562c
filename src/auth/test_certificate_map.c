/* SPDX-License-Identifier: ISC */

/* The map of certificates: its lines, which of them decides, and whom a change of it concerns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "auth/certificate_map.h"

#define ROOT   "00112233445566778899AABBCCDDEEFF01234567"
#define SPACED "00 11 22:33 44 55 66 77 88 99 aa bb cc dd ee ff 01 23 45 67"
#define OTHER  "FF112233445566778899AABBCCDDEEFF01234567"

static const uint8_t root[SHA1_SIZE] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
                                        0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0x01, 0x23, 0x45, 0x67};
static const uint8_t nobody[SHA1_SIZE] = {1};

static const struct {
    const char *label;
    const char *text;
    const char *fault; /* NULL: none */
    size_t count;
} cases[] = {
    {"empty", "", NULL, 0},
    {"comments", "# x\n\n  \n", NULL, 0},
    {"one", ROOT " alice@example.org -> alice\n", NULL, 1},
    {"as Windows shows it", SPACED "\t* -> alice:a,b\n", NULL, 1},
    {"blanks", ROOT "   Alice Smith  ->  alice b : a ", NULL, 1},
    {"no thumbprint", "alice -> alice\n", "1: it does not begin with the thumbprint", 0},
    {"too short", "0011 g -> alice\n", "1: it does not begin with the thumbprint", 0},
    {"too long", ROOT "00 * -> alice\n", "1: it does not begin with the thumbprint", 0},
    {"no arrow", "#\n" ROOT " alice\n", "2: it maps to nothing", 0},
    {"no pattern", ROOT " -> alice\n", "1: the pattern is empty", 0},
    {"no account", ROOT " * ->\n", "1: the account is empty", 0},
    {"carriage return", ROOT " * -> alice\r\n", "1: the account is empty", 0},
    {"no UTF-8", ROOT " \xe4 -> alice\n", "1: the pattern is empty", 0},
    {"empty group", ROOT " * -> alice:a,,b\n", "1: a group is empty", 0},
    {"colons", ROOT " * -> alice:a:b\n", "1: a group is empty", 0},
    {"twice", ROOT " *.A -> alice\n" OTHER " *.a -> bob\n" SPACED " *.a -> bob\n",
     "3: the same thumbprint and pattern stand in the file already", 0},
};

static struct certificate_map *map_of(const char *text)
{
    struct file_fault fault;
    struct certificate_map *map = certificate_map_parse(text, strlen(text), &fault);

    assert_non_null(map);
    return map;
}

static void every_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file_fault fault;
        struct certificate_map *map =
            certificate_map_parse(cases[i].text, strlen(cases[i].text), &fault);
        char said[sizeof(fault.text) + 16] = "";

        if (fault.line > 0)
            snprintf(said, sizeof(said), "%u: %s", fault.line, fault.text);
        if ((map == NULL) != (cases[i].fault != NULL) ||
            strncmp(said, cases[i].fault != NULL ? cases[i].fault : "",
                    cases[i].fault != NULL ? strlen(cases[i].fault) : 1) != 0)
            fail_msg("%s: \"%s\"", cases[i].label, said);
        if (map != NULL)
            assert_int_equal(certificate_map_count(map), cases[i].count);
        certificate_map_free(map);
    }
}

static void the_first_that_fits_decides(void **state)
{
    struct certificate_map *map = map_of(
        SPACED " alice@example.org -> alice:admins,staff\n" OTHER " *@example.org -> other\n" ROOT
               " *@Example.ORG -> guest\n" ROOT " Alice Smith -> smith\n");
    const struct certificate_rule *rule = certificate_map_find(map, root, "ALICE@example.org");

    (void)state;
    assert_string_equal(rule->account, "alice");
    assert_int_equal(rule->group_count, 2);
    assert_string_equal(rule->groups[1], "staff");
    assert_string_equal(certificate_map_find(map, root, "bob@example.org")->account, "guest");
    assert_string_equal(certificate_map_find(map, root, "Alice Smith")->account, "smith");
    assert_null(certificate_map_find(map, nobody, "alice@example.org"));
    assert_null(certificate_map_find(map, root, "alice@example.org.evil"));
    assert_null(certificate_map_find(map, root, ""));
    certificate_map_free(map);
}

static void patterns(void **state)
{
    static const struct {
        const char *pattern, *name;
        bool fits;
    } rows[] = {
        {"a", "a", true},
        {"a", "A", true},
        {"a", "b", false},
        {"a", "ab", false},
        {"*", "x", true},
        {"*", "", true},
        {"a*", "a", true},
        {"a*c", "abcabc", true},
        {"a*c", "abcab", false},
        {"*b*", "abc", true},
        {"*.x.y", "h.x.y", true},
        {"*.x.y", "x.y", false},
        {"**", "anything", true},
        {"a*b*c", "a-b-b-c", true},
        {"\xc3\xa4*", "\xc3\xa4x", true},
        {"\xc3\xa4", "\xc3\x84", false},
        {"*aab", "aaaaab", true},
        {"*\\", "\\", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (certificate_pattern_fits(rows[i].pattern, rows[i].name) != rows[i].fits)
            fail_msg("%s %s", rows[i].pattern, rows[i].name);
}

/* ---- changes ---- */

static char revoked[256];

static void note(void *context, const char *account)
{
    (void)context;
    strncat(revoked, account, sizeof(revoked) - strlen(revoked) - 2);
    strcat(revoked, " ");
}

static const char *change(const char *before, const char *after)
{
    struct certificate_map *old = map_of(before);
    struct certificate_map *fresh = after != NULL ? map_of(after) : NULL;

    revoked[0] = '\0';
    certificate_map_compare(old, fresh, note, NULL);
    certificate_map_free(old);
    certificate_map_free(fresh);
    return revoked;
}

static void who_is_asked_again(void **state)
{
#define A  ROOT " a -> alice\n"
#define B  ROOT " b -> bob\n"
#define C  ROOT " c* -> carol\n"
#define A2 ROOT " a -> alice:staff\n"
#define A3 ROOT " a -> adam\n"
#define D  OTHER " * -> dora\n"
    (void)state;
    assert_string_equal(change(A B C, A B C), "");
    assert_string_equal(change(A B C, "# new\n" A "\n" B C), "");
    assert_string_equal(change(A B C, NULL), "alice bob carol ");
    assert_string_equal(change(A B C, B C), "alice ");
    assert_string_equal(change(A B C, A B), "carol ");
    assert_string_equal(change(A B C, A2 B C), "alice ");
    assert_string_equal(change(A B, A3 B), "alice ");
    /* Whoever comes is no reason, unless they stand before somebody whose they could be. */
    assert_string_equal(change(A B, A B C D), "");
    assert_string_equal(change(A B, D A B), "");
    assert_string_equal(change(B, A B), "");
    assert_string_equal(change(A B D, ROOT " *l* -> carol\n" ROOT " a* -> carol\n" A B D),
                        "alice ");
    assert_string_equal(change(A B, ROOT " A -> eve\n" B), "alice ");
    assert_string_equal(change(A B C D, B C D ROOT " z -> zoe\n"), "alice ");
    assert_string_equal(change(A B, B A), "");
    assert_string_equal(change(A ROOT " a* -> carol\n", ROOT " a* -> carol\n" A), "alice ");
    assert_string_equal(change(C D, ROOT " cc -> eve\n" C D), "carol ");
    assert_string_equal(change(C D, ROOT " *x -> eve\n" C D), "carol ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line),
        cmocka_unit_test(the_first_that_fits_decides),
        cmocka_unit_test(patterns),
        cmocka_unit_test(who_is_asked_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
