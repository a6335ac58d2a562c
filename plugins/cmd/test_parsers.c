/* SPDX-License-Identifier: ISC */

/* Code pages and command lines: the parsers of the cmd plug-in by themselves. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/code_page.h"
#include "cmd/command_line.h"

/* C-2.4 */
static void unfinished_characters_are_seen(void **state)
{
    static const struct {
        const char *text;
        size_t unfinished;
    } cases[] = {
        {"", 0},
        {"abc", 0},
        {"a\xe2\x82\xac", 0},
        {"a\xe2\x82", 2},
        {"a\xe2", 1},
        {"a\xf0\x9f\x98", 3},
        {"\xf0\x9f\x98\x80", 0},
        {"\xc3\xa4\xc3", 1},
        /* What can not become a character waits for nothing. */
        {"\x80\x80\x80\x80", 0},
        {"ab\xff", 0},
        {"ab\xc0", 0},
        {"ab\xf5\x80", 0},
        {"ab\xe0\x80", 0},
        {"ab\xed\xa0", 0},
        {"ab\xf4\x90", 0},
        {"ab\xe2(", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            utf8_unfinished((const unsigned char *)cases[i].text, strlen(cases[i].text)),
            cases[i].unfinished);
}

static void check_page(const struct code_page *page, const char *utf8, const char *bytes)
{
    unsigned char text[64];
    size_t used = strlen(utf8);
    size_t done;

    memcpy(text, utf8, used);
    done = code_page_from_utf8(page, text, &used, true);
    assert_int_equal(done, used);
    assert_int_equal(done, strlen(bytes));
    assert_memory_equal(text, bytes, done);
}

/* C-2.1, C-2.2 */
static void pages_convert(void **state)
{
    struct code_page *page = NULL;
    unsigned char text[64];

    (void)state;
    assert_int_equal(code_page_new(437, false, &page), 0);
    check_page(page, "plain\r\n", "plain\r\n");
    check_page(page, "\xc3\xa4\xc3\x9f", "\x84\xe1");
    check_page(page, "\xe2\x94\x80", "\xc4");
    check_page(page, "\xe2\x82\xac \xf0\x9f\x98\x80!", "? ?!");
    check_page(page, "\x84\xc3(\xff\xe2\x82", "\x84\xc3(\xff\xe2\x82");
    assert_int_equal(code_page_to_utf8(page, (const unsigned char *)"a\x84\xc4", 3, text), 6);
    assert_memory_equal(text, "a\xc3\xa4\xe2\x94\x80", 6);
    code_page_free(page);
    assert_int_equal(code_page_new(1252, false, &page), 0);
    check_page(page, "\xe2\x82\xac\xc3\xa4", "\x80\xe4");
    /* What the page leaves open. */
    check_page(page, "\xc2\x81", "\x81");
    code_page_free(page);
    assert_int_equal(code_page_new(850, false, &page), EINVAL);
    assert_int_equal(code_page_new(65001, false, &page), EINVAL);
    code_page_free(NULL);
}

/* C-2.2 */
static void no_byte_of_a_page_is_lost(void **state)
{
    static const unsigned numbers[] = {437, 1252};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct code_page *page = NULL;

        assert_int_equal(code_page_new(numbers[i], false, &page), 0);
        for (unsigned byte = 0; byte < 256; byte++) {
            unsigned char one = (unsigned char)byte;
            unsigned char text[CODE_PAGE_GROWTH];
            size_t used = code_page_to_utf8(page, &one, 1, text);

            assert_int_equal(code_page_from_utf8(page, text, &used, false), 1);
            assert_int_equal(used, 1);
            assert_int_equal(text[0], byte);
        }
        code_page_free(page);
    }
}

/* C-2.1: where iconv has the page it says the same. */
static void the_page_that_is_here_is_the_one_of_iconv(void **state)
{
    struct code_page *asked = NULL;
    struct code_page *here = NULL;
    struct code_page *none = NULL;

    (void)state;
    assert_int_equal(code_page_new(437, false, &asked), 0);
    assert_int_equal(code_page_new(437, true, &here), 0);
    assert_int_equal(code_page_new(1252, true, &none), EINVAL);
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned char one = (unsigned char)byte;
        unsigned char texts[2][CODE_PAGE_GROWTH];
        size_t length = code_page_to_utf8(asked, &one, 1, texts[0]);

        assert_int_equal(code_page_to_utf8(here, &one, 1, texts[1]), length);
        assert_memory_equal(texts[0], texts[1], length);
    }
    code_page_free(here);
    code_page_free(asked);
}

/* C-2.4 */
static void pieces_are_the_whole(void **state)
{
    static const char whole[] = "a\xc3\xa4\xe2\x94\x80\xf0\x9f\x98\x80\xe2\x82\xac\xff.";
    struct code_page *page = NULL;

    (void)state;
    assert_int_equal(code_page_new(437, false, &page), 0);
    for (size_t cut = 0; cut < sizeof(whole); cut++) {
        unsigned char text[sizeof(whole)];
        size_t used = cut;
        size_t ready;
        size_t rest;

        memcpy(text, whole, cut);
        ready = code_page_from_utf8(page, text, &used, false);
        assert_in_range(used - ready, 0, 3);
        memcpy(text + used, whole + cut, sizeof(whole) - cut);
        rest = used - ready + sizeof(whole) - cut;
        ready += code_page_from_utf8(page, text + ready, &rest, true);
        assert_int_equal(ready, 7 + 1);
        assert_memory_equal(text, "a\x84\xc4??\xff.", 8);
    }
    code_page_free(page);
}

static bool is_program(const void *about, const char *name)
{
    (void)about;
    return strcmp(name, "/opt/my prog") == 0 || strcmp(name, "ipconfig") == 0;
}

/* C-3.3 */
static void quotation_marks_around_a_command(void **state)
{
    static const char *const cases[][2] = {
        /* Ruby's client puts them around whatever its user wrote. */
        {"\"ipconfig\"", "\"ipconfig\""},
        {"\"echo a b\"", "echo a b"},
        {"\"echo \"a b\"\"", "echo \"a b\""},
        {"\"\"/opt/my prog\" x\"", "\"/opt/my prog\" x"},
        {"\"FOO=\"x y\" env\"", "FOO=\"x y\" env"},
        {"\"printf \"%s\" \"a\"\"", "printf \"%s\" \"a\""},
        {"\"echo \"\" x\"", "echo \"\" x"},
        {"\"echo \\\"a\\\"\"", "echo \\\"a\\\""},
        {"\"echo a\\\\\"", "echo a\\\\"},
        {"\"one\ntwo three\"", "one\ntwo three"},
        {"\"ls | wc -l\"", "ls | wc -l"},
        {" \"cd x\" ", "cd x"},
        {"\"A=1\"", "A=1"},
        {"\"\"", ""},
        /* A user put them around words. */
        {"\"/opt/my prog\"", "\"/opt/my prog\""},
        {"\"/opt/my prog\" \"a b\"", "\"/opt/my prog\" \"a b\""},
        {"\"$HOME/my prog\" \"a b\"", "\"$HOME/my prog\" \"a b\""},
        {"\"$HOME\"/bin/x \"a b\"", "\"$HOME\"/bin/x \"a b\""},
        {"\"cd\" \"my folder\"", "\"cd\" \"my folder\""},
        {"\"a b\" c", "\"a b\" c"},
        {"echo \"a b\"", "echo \"a b\""},
        {"\"", "\""},
        {"\" ", "\" "},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = strdup(cases[i][0]);

        command_line_unwrap(text, is_program, NULL);
        assert_string_equal(text, cases[i][1]);
        free(text);
    }
}

static void check_split(const char *line, const char *const *wanted)
{
    char **arguments = command_line_split(line);
    size_t i = 0;

    assert_non_null(arguments);
    for (; wanted[i]; i++) {
        assert_non_null(arguments[i]);
        assert_string_equal(arguments[i], wanted[i]);
    }
    assert_null(arguments[i]);
    free(arguments);
}

/* C-4.2: the table of the page "Parsing C command-line arguments", and what else it says. */
static void lines_are_split_as_on_windows(void **state)
{
    (void)state;
    check_split("p \"abc\" d e", (const char *[]){"p", "abc", "d", "e", NULL});
    check_split("p \"a b c\" d e", (const char *[]){"p", "a b c", "d", "e", NULL});
    check_split("p a\\\\\\b d\"e f\"g h", (const char *[]){"p", "a\\\\\\b", "de fg", "h", NULL});
    check_split("p a\\\\\\\"b c d", (const char *[]){"p", "a\\\"b", "c", "d", NULL});
    check_split("p a\\\\\\\\\"b c\" d e", (const char *[]){"p", "a\\\\b c", "d", "e", NULL});
    check_split("p a\"b\"\" c d", (const char *[]){"p", "ab\" c d", NULL});
    check_split("p \"ab\\\"c\" \"\\\\\" d", (const char *[]){"p", "ab\"c", "\\", "d", NULL});
    /* No backslash means anything in the name of the program. */
    check_split("\"C:\\a b\\\"c d", (const char *[]){"C:\\a b\\c", "d", NULL});
    check_split("a\" \"b c", (const char *[]){"a b", "c", NULL});
    check_split("  p\t \"\"  x  ", (const char *[]){"p", "", "x", NULL});
    check_split("p a\nb", (const char *[]){"p", "a\nb", NULL});
    check_split("p \"open end", (const char *[]){"p", "open end", NULL});
    check_split("p a\\", (const char *[]){"p", "a\\", NULL});
    check_split("\"\" x", (const char *[]){"", "x", NULL});
    check_split("", (const char *[]){NULL});
    check_split(" \t", (const char *[]){NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unfinished_characters_are_seen),
        cmocka_unit_test(pages_convert),
        cmocka_unit_test(no_byte_of_a_page_is_lost),
        cmocka_unit_test(the_page_that_is_here_is_the_one_of_iconv),
        cmocka_unit_test(pieces_are_the_whole),
        cmocka_unit_test(quotation_marks_around_a_command),
        cmocka_unit_test(lines_are_split_as_on_windows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
