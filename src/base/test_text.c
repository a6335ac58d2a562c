/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

static void utf8_accepts_what_is_well_formed(void **state)
{
    static const char *good[] = {
        "",
        "plain",
        "a long run of plain text, more than eight bytes",
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbf",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "eight byt\xc3\xa9s and more of them",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(utf8_valid(good[i], strlen(good[i])));
    assert_true(utf8_valid("a\0b", 3));
}

static const char *const ill_formed_utf8[] = {
    "\x80",
    "\xbf",
    "\xc0\x80",
    "\xc1\xbf",
    "\xe0\x9f\xbf",
    "\xed\xa0\x80",
    "\xed\xbf\xbf",
    "\xf0\x8f\xbf\xbf",
    "\xf4\x90\x80\x80",
    "\xf5\x80\x80\x80",
    "\xff",
    "\xfe",
    "\xc3",
    "\xe2\x82",
    "\xf0\x9f\x98",
    "\xc3(",
    "\xe2(\xa1",
    "\xe2\x82(",
    "eight bytes then \xc3",
    "\xf0\x9f\x98 ",
};

static void utf8_refuses_what_is_not(void **state)
{
    char16_t units[64];

    (void)state;
    for (size_t i = 0; i < sizeof(ill_formed_utf8) / sizeof(ill_formed_utf8[0]); i++) {
        const char *bad = ill_formed_utf8[i];

        assert_false(utf8_valid(bad, strlen(bad)));
        assert_int_equal(utf16_from_utf8(units, bad, strlen(bad)), -1);
        assert_null(utf16_new(bad));
    }
}

static void utf_converts_there_and_back(void **state)
{
    static const char text[] = "shell \xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80 end";
    char16_t units[64];
    char back[192];
    ptrdiff_t count = utf16_from_utf8(units, text, strlen(text));

    (void)state;
    assert_int_equal(count, 6 + 1 + 1 + 2 + 4);
    assert_int_equal(units[6], 0xe4);
    assert_int_equal(units[7], 0x20ac);
    assert_int_equal(units[8], 0xd83d);
    assert_int_equal(units[9], 0xde00);
    assert_int_equal(utf8_from_utf16(back, units, (size_t)count), strlen(text));
    assert_memory_equal(back, text, strlen(text));
}

static void utf16_refuses_lone_surrogates(void **state)
{
    static const char16_t bad[][3] = {
        {0xd800, 0}, {0xdc00, 0}, {0xd800, 'a', 0}, {'a', 0xdbff, 0}, {0xdc00, 0xd800, 0}};
    char out[16];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(utf8_from_utf16(out, bad[i], utf16_length(bad[i])), -1);
        assert_null(utf8_new(bad[i]));
    }
}

static void utf_copies_belong_to_whom_they_say(void **state)
{
    struct arena arena;
    char16_t *units = utf16_new("\xc3\xa9");
    char *text = utf8_new(units);

    (void)state;
    arena_init(&arena, 4096);
    assert_string_equal(text, "\xc3\xa9");
    assert_string_equal(utf8_arena(&arena, utf16_arena(&arena, text)), text);
    assert_null(utf8_arena(&arena, NULL));
    assert_null(utf16_arena(&arena, "\xff"));
    assert_null(utf16_new(NULL));
    assert_null(utf8_new(NULL));
    arena_free(&arena);
    free(units);
    free(text);
}

static void utf8_tail_is_found(void **state)
{
    (void)state;
    assert_int_equal(utf8_incomplete_tail("", 0), 0);
    assert_int_equal(utf8_incomplete_tail("abc", 3), 0);
    assert_int_equal(utf8_incomplete_tail("a\xc3", 2), 1);
    assert_int_equal(utf8_incomplete_tail("a\xc3\xa9", 3), 0);
    assert_int_equal(utf8_incomplete_tail("\xe2\x82", 2), 2);
    assert_int_equal(utf8_incomplete_tail("\xf0\x9f\x98", 3), 3);
    assert_int_equal(utf8_incomplete_tail("\xf0\x9f\x98\x80", 4), 0);
    assert_int_equal(utf8_incomplete_tail("\x80\x80\x80\x80", 4), 0);
}

/* RFC 4648, section 10, and each length around a group. */
static void base64_knows_the_test_vectors(void **state)
{
    static const struct {
        const char *plain;
        const char *encoded;
    } vectors[] = {{"", ""},
                   {"f", "Zg=="},
                   {"fo", "Zm8="},
                   {"foo", "Zm9v"},
                   {"foob", "Zm9vYg=="},
                   {"fooba", "Zm9vYmE="},
                   {"foobar", "Zm9vYmFy"}};
    char encoded[16];
    uint8_t decoded[16];

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        size_t length = strlen(vectors[i].plain);
        size_t size = base64_encoded_size(length);

        base64_encode(encoded, vectors[i].plain, length);
        assert_int_equal(size, strlen(vectors[i].encoded));
        assert_memory_equal(encoded, vectors[i].encoded, size);
        assert_int_equal(base64_decode(decoded, vectors[i].encoded, size), length);
        assert_memory_equal(decoded, vectors[i].plain, length);
    }
}

static void base64_round_trips_every_byte(void **state)
{
    uint8_t bytes[256];
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 4096);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    for (size_t length = 0; length <= sizeof(bytes); length++) {
        ptrdiff_t size;

        buffer_reset(&buffer);
        assert_true(base64_append(&buffer, bytes, length));
        size = base64_decode(buffer_bytes(&buffer), (char *)buffer_bytes(&buffer),
                             buffer_length(&buffer));
        assert_int_equal(size, length);
        assert_memory_equal(buffer_bytes(&buffer), bytes, length);
    }
    buffer_free(&buffer);
}

static void base64_skips_white_space_and_nothing_else(void **state)
{
    static const char *good[] = {"Zm9v\nYmFy", " Zm 9vYm\r\n\tFy ", "Z\nm\n9\nv\nYmFy\n",
                                 "\nZm9vYmFy"};
    static const char *bad[] = {"Z",          "Zm9",  "Zm8",    "Zg=",        "Zg===", "=",
                                "====",       "Zh==", "Zm9=",   "Zg==Zg==",   "Zm9v*", "Zm9v-_",
                                "Zm9v\vYg==", "Z=g=", "Zm9vY=", "\xc3\xa9==", "Zm9v="};
    uint8_t out[32];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_int_equal(base64_decode(out, good[i], strlen(good[i])), 6);
        assert_memory_equal(out, "foobar", 6);
    }
    assert_int_equal(base64_decode(out, "Zg = \n=", 7), 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(base64_decode(out, bad[i], strlen(bad[i])), -1);
    assert_int_equal(base64_decode(out, "Zm9v\0Yg", 8), -1);
}

static void guid_is_checked_and_made(void **state)
{
    char first[GUID_SIZE];
    char second[GUID_SIZE];

    (void)state;
    guid_make(first);
    guid_make(second);
    assert_true(guid_valid(first));
    assert_string_not_equal(first, second);
    assert_int_equal(first[14], '4');
    for (size_t i = 0; i < GUID_LENGTH; i++)
        assert_false(first[i] >= 'a' && first[i] <= 'z');
    for (int i = 0; i < 100; i++) {
        guid_make(second);
        assert_true(guid_valid(second) && second[14] == '4' && strcmp(first, second) != 0);
        memcpy(first, second, sizeof(first));
    }
    assert_true(guid_valid("67c27ba4-c6aa-4fa4-9f3d-0bd5a2f1aE43"));
    assert_false(guid_valid(NULL));
    assert_false(guid_valid(""));
    assert_false(guid_valid("{67c27ba4-c6aa-4fa4-9f3d-0bd5a2f1ae43}"));
    assert_false(guid_valid("67c27ba4-c6aa-4fa4-9f3d-0bd5a2f1ae4"));
    assert_false(guid_valid("67c27ba4-c6aa-4fa4-9f3d-0bd5a2f1ae43 "));
    assert_false(guid_valid("67c27ba4xc6aa-4fa4-9f3d-0bd5a2f1ae43"));
    assert_false(guid_valid("67c27ba4-c6aa-4fa4-9f3d-0bd5a2f1ae4g"));
    assert_false(guid_valid("67c27ba4c6aa4fa49f3d0bd5a2f1ae430000"));
}

static void duration_reads_all_forms(void **state)
{
    static const struct {
        const char *text;
        uint64_t milliseconds;
    } good[] = {
        {"PT20S", 20000},
        {"PT60.000S", 60000},
        {"PT180.000S", 180000},
        {"PT1M10S", 70000},
        {" PT1H ", 3600000},
        {"P1D", 86400000},
        {"P1W", 604800000},
        {"P1WT5S", 604805000},
        {"P1W2DT3H4M5S", 604800000 + 2 * 86400000 + 3 * 3600000 + 4 * 60000 + 5000},
        {"P1Y2M3DT4H5M6.789S",
         365 * 86400000ull + 60 * 86400000ull + 3 * 86400000ull + 4 * 3600000 + 5 * 60000 + 6789},
        {"PT0S", 0},
        {"PT0.5S", 500},
        {"PT0.0019S", 1},
        {"PT2147483.647S", 2147483647},
        {"P10675199DT2H48M5.4775807S", 922337203685477},
        {"PT99999999999999999999999S", DURATION_MAXIMUM},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t milliseconds = 1;

        assert_true(duration_parse(good[i].text, DURATION_NO_NUMBER, &milliseconds));
        assert_true(milliseconds == good[i].milliseconds);
    }
}

static void duration_refuses_the_rest(void **state)
{
    static const char *bad[] = {"",       "P",     "PT",    "PT-1S", "-PT1S", "PT1",
                                "PT1S1M", "P1S",   "P1H",   "PT1D",  "PT.5S", "PT1.S",
                                "P1DT",   "PT1SX", "pt1s",  "P1.5D", "PTT1S", "PT1ST",
                                "PT1S1S", "20",    "PT 1S", "1P",    "P1M1Y", "+PT1S"};
    uint64_t milliseconds = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(duration_parse(bad[i], DURATION_NO_NUMBER, &milliseconds));
    assert_true(milliseconds == 77);
}

static void duration_takes_seconds_where_told(void **state)
{
    uint64_t milliseconds;

    (void)state;
    assert_true(duration_parse(" 120 ", DURATION_NUMBER_IS_SECONDS, &milliseconds));
    assert_int_equal(milliseconds, 120000);
    assert_true(duration_parse("PT120S", DURATION_NUMBER_IS_SECONDS, &milliseconds));
    assert_false(duration_parse("120s", DURATION_NUMBER_IS_SECONDS, &milliseconds));
    assert_false(duration_parse("-1", DURATION_NUMBER_IS_SECONDS, &milliseconds));
}

static void duration_is_written(void **state)
{
    char out[DURATION_SIZE];

    (void)state;
    assert_string_equal(duration_format_seconds(out, 7200000), "PT7200.000S");
    assert_string_equal(duration_format_seconds(out, 2147483647), "PT2147483.647S");
    assert_string_equal(duration_format_parts(out, 0), "P0DT0H0M0S");
    assert_string_equal(duration_format_parts(out, 90061999), "P1DT1H1M1S");
    duration_format_seconds(out, UINT64_MAX);
    duration_format_parts(out, UINT64_MAX);
}

static void small_helpers(void **state)
{
    size_t length;
    const char *trimmed = text_trim(" \t\r\n a b \n", &length);

    (void)state;
    assert_int_equal(length, 3);
    assert_memory_equal(trimmed, "a b", 3);
    text_trim("  ", &length);
    assert_int_equal(length, 0);
    assert_true(text_equal_case("ShellId", "SHELLID"));
    assert_false(text_equal_case("ShellId", "ShellI"));
    assert_false(text_equal_case("ShellI", "ShellId"));
    assert_false(text_equal_case("\xc3\x84", "\xc3\xa4"));
    assert_true(text_starts("uuid:x", "uuid:"));
    assert_false(text_starts("uui", "uuid:"));
    assert_true(secret_equal("abc", "abc", 3));
    assert_false(secret_equal("abc", "abd", 3));
    assert_true(secret_equal("abc", "abd", 2));
    assert_true(secret_equal(NULL, NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_accepts_what_is_well_formed),
        cmocka_unit_test(utf8_refuses_what_is_not),
        cmocka_unit_test(utf_converts_there_and_back),
        cmocka_unit_test(utf16_refuses_lone_surrogates),
        cmocka_unit_test(utf_copies_belong_to_whom_they_say),
        cmocka_unit_test(utf8_tail_is_found),
        cmocka_unit_test(base64_knows_the_test_vectors),
        cmocka_unit_test(base64_round_trips_every_byte),
        cmocka_unit_test(base64_skips_white_space_and_nothing_else),
        cmocka_unit_test(guid_is_checked_and_made),
        cmocka_unit_test(duration_reads_all_forms),
        cmocka_unit_test(duration_refuses_the_rest),
        cmocka_unit_test(duration_takes_seconds_where_told),
        cmocka_unit_test(duration_is_written),
        cmocka_unit_test(small_helpers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
