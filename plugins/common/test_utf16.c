/* SPDX-License-Identifier: ISC */

/* The text conversion of the plug-ins: every form of every length, and everything ill-formed. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WSMAN_API_VERSION_1_1
#include "common/utf16.h"

static const struct {
    PCWSTR wide;
    const char *narrow;
} same[] = {
    {u"", ""},
    {u"A\x7f", "A\x7f"},
    {u"\u00a0\u07ff", "\xc2\xa0\xdf\xbf"},
    {u"\u0800\ue000\uffff", "\xe0\xa0\x80\xee\x80\x80\xef\xbf\xbf"},
    {u"\U00010000\U0010ffff", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
};

static void texts_survive_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        char *narrow = utf16_to_utf8(same[i].wide);
        PWSTR wide = utf16_from_utf8(same[i].narrow);

        assert_non_null(narrow);
        assert_string_equal(narrow, same[i].narrow);
        assert_non_null(wide);
        assert_int_equal(utf16_length(wide), utf16_length(same[i].wide));
        assert_memory_equal(wide, same[i].wide, utf16_length(wide) * sizeof(*wide));
        free(narrow);
        free(wide);
    }
}

static void every_code_point_survives(void **state)
{
    (void)state;
    for (uint32_t point = 1; point <= 0x10ffff; point++) {
        WCHAR wide[3] = {(WCHAR)point};
        char *narrow;
        PWSTR again;

        if (point >= 0xd800 && point <= 0xdfff)
            continue;
        if (point >= 0x10000) {
            wide[0] = (WCHAR)(0xd800 + ((point - 0x10000) >> 10));
            wide[1] = (WCHAR)(0xdc00 + ((point - 0x10000) & 0x3ff));
        }
        narrow = utf16_to_utf8(wide);
        again = narrow ? utf16_from_utf8(narrow) : NULL;
        if (!again || memcmp(again, wide, (utf16_length(wide) + 1) * sizeof(*wide)) != 0)
            fail_msg("U+%04X", point);
        free(narrow);
        free(again);
    }
}

static void ill_formed_text_is_refused(void **state)
{
    static const WCHAR surrogates[][3] = {
        {0xd800}, {0xdbff, 'x'}, {0xdc00}, {0xdfff, 0xd800}, {0xd800, 0xd800}, {'x', 0xdbff},
    };
    static const char *const bytes[] = {
        "\x80",         "\xbf",         "\xc0\x80",         "\xc1\xbf",         "\xc2",
        "\xc2x",        "\xe0\x9f\xbf", "\xe2\x82",         "\xe2\x82x",        "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf0\x9f\x98", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
        "\xff",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(surrogates) / sizeof(surrogates[0]); i++)
        assert_null(utf16_to_utf8(surrogates[i]));
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        assert_null(utf16_from_utf8(bytes[i]));
        assert_false(utf8_valid(bytes[i], strlen(bytes[i])));
    }
}

static void case_is_ignored_in_ascii_only(void **state)
{
    (void)state;
    assert_true(utf16_equal_ascii_case(u"Signal/Terminate", u"signal/TERMINATE"));
    assert_true(utf16_equal_ascii_case(u"", u""));
    assert_false(utf16_equal_ascii_case(u"a", u"ab"));
    assert_false(utf16_equal_ascii_case(u"ab", u"a"));
    assert_false(utf16_equal_ascii_case(u"\u00e4", u"\u00c4"));
    assert_false(utf16_equal_ascii_case(u"[", u"{"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_survive_both_ways),
        cmocka_unit_test(every_code_point_survives),
        cmocka_unit_test(ill_formed_text_is_refused),
        cmocka_unit_test(case_is_ignored_in_ascii_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
