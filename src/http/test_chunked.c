/* SPDX-License-Identifier: ISC */

/* The chunked decoder alone, each row in one piece and byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/chunked.h"

enum { LIMIT = 20 };

static const struct row {
    const char *name;
    const char *bytes;
    enum http_chunked_result result;
    const char *body;
    size_t used;
} rows[] = {
    {"empty", "0\r\n\r\n", HTTP_CHUNKED_DONE, "", 5},
    {"one chunk", "5\r\nhello\r\n0\r\n\r\n", HTTP_CHUNKED_DONE, "hello", 15},
    {"two chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", HTTP_CHUNKED_DONE, "hello world", 26},
    {"hexadecimal in both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
     HTTP_CHUNKED_DONE, "01234567890123456789", 35},
    {"leading zeros up to 8 digits", "00000001\r\nx\r\n00000000\r\n\r\n", HTTP_CHUNKED_DONE, "x",
     25},
    {"bytes behind the end", "1\r\nx\r\n0\r\n\r\nPOST", HTTP_CHUNKED_DONE, "x", 11},
    {"line breaks as data", "4\r\n\r\n\r\n\r\n0\r\n\r\n", HTTP_CHUNKED_DONE, "\r\n\r\n", 14},
    {"unfinished size", "1", HTTP_CHUNKED_MORE, "", 1},
    {"unfinished data", "5\r\nhe", HTTP_CHUNKED_MORE, "he", 5},
    {"unfinished end", "0\r\n\r", HTTP_CHUNKED_MORE, "", 4},
    {"9 digits", "000000001\r\nx", HTTP_CHUNKED_REFUSED, "", 9},
    {"no digits", "\r\n", HTTP_CHUNKED_REFUSED, "", 1},
    {"0x", "0x1\r\nx", HTTP_CHUNKED_REFUSED, "", 2},
    {"negative", "-1\r\nx", HTTP_CHUNKED_REFUSED, "", 1},
    {"signed", "+1\r\nx", HTTP_CHUNKED_REFUSED, "", 1},
    {"blank before", " 1\r\nx", HTTP_CHUNKED_REFUSED, "", 1},
    {"blank behind", "1 \r\nx", HTTP_CHUNKED_REFUSED, "", 2},
    {"extension", "1;a=b\r\nx", HTTP_CHUNKED_REFUSED, "", 2},
    {"bare line feed behind the size", "1\nx", HTTP_CHUNKED_REFUSED, "", 2},
    {"bare return behind the size", "1\rx", HTTP_CHUNKED_REFUSED, "", 3},
    {"no line break behind the data", "1\r\nxy", HTTP_CHUNKED_REFUSED, "x", 5},
    {"bare line feed behind the data", "1\r\nx\n", HTTP_CHUNKED_REFUSED, "x", 5},
    {"trailer", "0\r\nA: b\r\n\r\n", HTTP_CHUNKED_REFUSED, "", 4},
    {"bare line feed at the end", "0\r\n\n", HTTP_CHUNKED_REFUSED, "", 4},
    {"above the limit at once", "15\r\n", HTTP_CHUNKED_TOO_LARGE, "", 4},
    {"above the limit in sum", "14\r\n01234567890123456789\r\n1\r\n", HTTP_CHUNKED_TOO_LARGE,
     "01234567890123456789", 29},
};

static void play_row(const struct row *row, size_t piece)
{
    struct http_chunked chunked;
    enum http_chunked_result result = HTTP_CHUNKED_MORE;
    size_t length = strlen(row->bytes);
    size_t used_sum = 0;
    size_t decoded_sum = 0;
    uint8_t bytes[64];

    memcpy(bytes, row->bytes, length);
    http_chunked_init(&chunked, LIMIT);
    while (result == HTTP_CHUNKED_MORE && used_sum < length) {
        size_t used;
        size_t decoded;

        result = http_chunked_step(&chunked, bytes + used_sum,
                                   length - used_sum < piece ? length - used_sum : piece, &used,
                                   bytes + decoded_sum, &decoded);
        used_sum += used;
        decoded_sum += decoded;
    }
    assert_int_equal(result, row->result);
    assert_int_equal(used_sum, row->used);
    assert_int_equal(decoded_sum, strlen(row->body));
    assert_memory_equal(bytes, row->body, decoded_sum);
}

static void test_row(void **state)
{
    play_row(*state, SIZE_MAX);
    play_row(*state, 1);
    play_row(*state, 3);
}

/* The end of a body that is too large can still be found, and nothing of it is kept. */
static void test_goes_on_behind_the_limit(void **state)
{
    static const char bytes[] = "15\r\n012345678901234567890\r\n3\r\nabc\r\n0\r\n\r\n";
    struct http_chunked chunked;
    size_t used;
    size_t more;
    size_t decoded;
    uint8_t out[64];

    (void)state;
    http_chunked_init(&chunked, LIMIT);
    assert_int_equal(http_chunked_step(&chunked, (const uint8_t *)bytes, sizeof(bytes) - 1, &used,
                                       out, &decoded),
                     HTTP_CHUNKED_TOO_LARGE);
    assert_int_equal(http_chunked_step(&chunked, (const uint8_t *)bytes + used,
                                       sizeof(bytes) - 1 - used, &more, out, &decoded),
                     HTTP_CHUNKED_DONE);
    assert_int_equal(used + more, sizeof(bytes) - 1);
    assert_int_equal(decoded, 0);
}

int main(void)
{
    enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
    struct CMUnitTest tests[ROWS + 1] = {cmocka_unit_test(test_goes_on_behind_the_limit)};

    for (size_t i = 0; i < ROWS; i++)
        tests[i + 1] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = test_row, .initial_state = (void *)&rows[i]};
    return cmocka_run_group_tests_name("http/chunked", tests, NULL, NULL);
}
