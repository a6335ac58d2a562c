/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "gss/message.h"
#include "gss/multipart.h"

#define SPNEGO      "application/HTTP-SPNEGO-session-encrypted"
#define KERBEROS    "application/HTTP-Kerberos-session-encrypted"
#define BOUNDARY    "--Encrypted Boundary\r\n"
#define CLOSING     "--Encrypted Boundary--\r\n"
#define ORIGINAL    "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=5\r\n"
#define DESCRIPTION "\tContent-Type: " SPNEGO "\r\n" ORIGINAL
#define OCTETS      "\tContent-Type: application/octet-stream\r\n"
#define DATA        "\x04\0\0\0HEADfive!"

/* Reads a copy of exactly that size, so that a sanitizer sees what is read beyond it. */
static bool read_first(const void *body, size_t length, struct multipart *multipart,
                       struct multipart_part *part)
{
    static uint8_t *copy;

    free(copy);
    copy = length > 0 ? malloc(length) : NULL;
    if (length > 0)
        memcpy(copy, body, length);
    multipart_begin(multipart, SEALED_spnego, copy, length);
    return multipart_next(multipart, part);
}

#define READ(text) read_first(text, sizeof(text) - 1, &multipart, &part)

/* ---- the header of HTTP ---- */

/* E-2.1 */
static void content_types(void **state)
{
    static const struct {
        const char *value;
        bool announced;
        enum sealed_protocol protocol;
    } cases[] = {
        {"multipart/encrypted;protocol=\"" SPNEGO "\";boundary=\"Encrypted Boundary\"", true,
         SEALED_spnego},
        {"multipart/encrypted;protocol=\"" KERBEROS "\";boundary=\"Encrypted Boundary\"", true,
         SEALED_kerberos},
        {" Multipart/ENCRYPTED ; BOUNDARY = \"Encrypted Boundary\" ;\tProtocol= " SPNEGO " ; ",
         true, SEALED_spnego},
        {"multipart/encrypted;protocol=\"application/http-spnego-SESSION-encrypted\"", true,
         SEALED_spnego},
        {"multipart/x-multi-encrypted;protocol=\"" SPNEGO "\";boundary=\"Encrypted Boundary\"",
         true, SEALED_spnego},
        {"multipart/encrypted;protocol=\"" SPNEGO "\";more=\"a;b=c\"", true, SEALED_spnego},
        {"multipart/encrypted;protocol=\"application/HTTP-CredSSP-session-encrypted\"", true,
         SEALED_none},
        {"multipart/encrypted;protocol=\"" SPNEGO "\";boundary=\"another\"", true, SEALED_none},
        {"multipart/encrypted;protocol=\"" SPNEGO "\";protocol=\"" KERBEROS "\"", true,
         SEALED_none},
        {"multipart/encrypted;protocol=\"" SPNEGO, true, SEALED_none},
        {"multipart/encrypted;protocol=\"", true, SEALED_none},
        {"multipart/encrypted;protocol", true, SEALED_none},
        {"multipart/encrypted", true, SEALED_none},
        {"multipart/encrypted2;protocol=" SPNEGO, false, SEALED_none},
        {"application/soap+xml;charset=UTF-8", false, SEALED_none},
        {"application/soap+xml;protocol=" SPNEGO, false, SEALED_none},
        {"", false, SEALED_none},
        {NULL, false, SEALED_none},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(sealed_announced(cases[i].value), cases[i].announced);
        assert_int_equal(multipart_protocol(cases[i].value), cases[i].protocol);
    }
}

/* E-3.1: clients compare it with texts of their own. */
static void content_types_of_answers(void **state)
{
    (void)state;
    assert_string_equal(
        sealed_content_type(SEALED_spnego),
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
        "boundary=\"Encrypted Boundary\"");
    assert_string_equal(
        sealed_content_type(SEALED_kerberos),
        "multipart/encrypted;protocol=\"application/HTTP-Kerberos-session-encrypted\";"
        "boundary=\"Encrypted Boundary\"");
    for (int i = SEALED_spnego; i <= SEALED_kerberos; i++)
        assert_int_equal(multipart_protocol(sealed_content_type((enum sealed_protocol)i)), i);
}

/* ---- what is read ---- */

/* E-2.2 */
static void the_usual_body(void **state)
{
    struct multipart multipart;
    struct multipart_part part;

    (void)state;
    assert_true(READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA CLOSING));
    assert_string_equal(multipart.content_type, "application/soap+xml;charset=UTF-8");
    assert_int_equal(part.original, 5);
    assert_int_equal(part.header, 4);
    assert_int_equal(part.length, 9);
    assert_memory_equal(part.token, "HEADfive!", 9);
    assert_false(multipart_next(&multipart, &part));
    assert_null(multipart.why);
}

/* E-2.3: spellings of other clients. */
static void other_spellings(void **state)
{
    static const char *const bodies[] = {
        BOUNDARY "Content-Type: " SPNEGO "\r\n"
                 "OriginalContent: type=application/soap+xml;charset=UTF-8;Length=",
        BOUNDARY "  content-type:" SPNEGO "\r\n"
                 "\t ORIGINALCONTENT:  TYPE=application/soap+xml; Charset=\"UTF-8\" ;LENGTH = ",
        "-- Encrypted Boundary\r\n\tContent-Type: application/http-spnego-session-encrypted\r\n"
        "\tX-Other: any thing\r\n"
        "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=",
    };
    static const char *const behind[] = {
        "5\r\n" BOUNDARY "content-type:application/OCTET-stream \r\n",
        "0005;\r\n-- Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n",
    };
    static const char *const ends[] = {CLOSING, "-- Encrypted Boundary--\r\n"};
    struct multipart multipart;
    struct multipart_part part;
    struct buffer body;

    (void)state;
    buffer_init(&body, 4096);
    for (size_t i = 0; i < 3 * 2 * 2; i++) {
        buffer_reset(&body);
        buffer_text(&body, bodies[i % 3]);
        buffer_text(&body, behind[i / 3 % 2]);
        buffer_append(&body, DATA, sizeof(DATA) - 1);
        buffer_text(&body, ends[i / 6]);
        assert_true(read_first(buffer_bytes(&body), buffer_length(&body), &multipart, &part));
        assert_string_equal(multipart.content_type, "application/soap+xml;charset=UTF-8");
        assert_int_equal(part.original, 5);
        assert_int_equal(part.length, 9);
        assert_false(multipart_next(&multipart, &part));
        assert_null(multipart.why);
    }
    buffer_free(&body);
    assert_true(READ(BOUNDARY
                     "OriginalContent: Length=5;charset=utf-16;type=application/soap+xml\r\n"
                     "Content-Type: " SPNEGO "\r\n" BOUNDARY OCTETS DATA CLOSING));
    assert_string_equal(multipart.content_type, "application/soap+xml;charset=utf-16");
    assert_true(READ(BOUNDARY
                     "OriginalContent: type=application/soap+xml;Length=5\r\nContent-Type: " SPNEGO
                     "\r\n" BOUNDARY OCTETS DATA CLOSING));
    assert_string_equal(multipart.content_type, "application/soap+xml");
}

/* E-2.5: what is sealed may look like anything. */
static void data_that_look_like_a_boundary(void **state)
{
    static const char head[] = BOUNDARY
        "\tContent-Type: " SPNEGO "\r\n"
        "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=72\r\n" BOUNDARY OCTETS
        "\x18\0\0\0" CLOSING;
    static const char data[] = CLOSING CLOSING "\r\n" BOUNDARY;
    struct multipart multipart;
    struct multipart_part part;
    struct buffer body;

    (void)state;
    buffer_init(&body, 4096);
    buffer_append(&body, head, sizeof(head) - 1);
    buffer_append(&body, data, sizeof(data) - 1);
    buffer_text(&body, CLOSING);
    assert_true(read_first(buffer_bytes(&body), buffer_length(&body), &multipart, &part));
    assert_int_equal(part.header, 24);
    assert_int_equal(part.length, 24 + sizeof(data) - 1);
    assert_memory_equal(part.token + 24, data, sizeof(data) - 1);
    assert_false(multipart_next(&multipart, &part));
    assert_null(multipart.why);
    buffer_free(&body);
}

/* E-2.6: padding, which some clients count and others do not. */
static void lengths_with_and_without_padding(void **state)
{
    struct multipart multipart;
    struct multipart_part part;

    (void)state;
    assert_true(READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA "\1" CLOSING));
    assert_int_equal(part.length, 10);
    assert_true(READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA "0123456789abcdef" CLOSING));
    assert_int_equal(part.length, 25);
    assert_false(READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA "0123456789abcdef0" CLOSING));
    assert_true(multipart_length_fits(100, 100));
    assert_true(multipart_length_fits(100, 84));
    assert_false(multipart_length_fits(100, 83));
    assert_false(multipart_length_fits(100, 101));
    assert_true(multipart_length_fits(0, 0));
    assert_false(multipart_length_fits(UINT64_MAX, 0));
}

/* E-2.7 */
static void several_parts(void **state)
{
    static const char closed_once[] =
        BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA BOUNDARY DESCRIPTION BOUNDARY OCTETS
        "\x04\0\0\0HEAD12345" CLOSING;
    static const char closed_each[] =
        BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA CLOSING BOUNDARY DESCRIPTION BOUNDARY OCTETS
        "\x04\0\0\0HEAD12345" CLOSING;
    static const struct {
        const char *body;
        size_t length;
    } bodies[] = {{closed_once, sizeof(closed_once) - 1}, {closed_each, sizeof(closed_each) - 1}};
    struct multipart multipart;
    struct multipart_part part;

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_true(read_first(bodies[i].body, bodies[i].length, &multipart, &part));
        assert_int_equal(part.length, 9);
        assert_memory_equal(part.token, "HEADfive!", 9);
        assert_true(multipart_next(&multipart, &part));
        assert_memory_equal(part.token, "HEAD12345", 9);
        assert_false(multipart_next(&multipart, &part));
        assert_null(multipart.why);
    }
    /* A second one of another type, and one without a second half. */
    assert_true(
        READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA BOUNDARY
             "Content-Type: " SPNEGO
             "\r\nOriginalContent: type=text/plain;Length=5\r\n" BOUNDARY OCTETS DATA CLOSING));
    assert_false(multipart_next(&multipart, &part));
    assert_non_null(multipart.why);
    assert_true(READ(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA BOUNDARY DESCRIPTION CLOSING));
    assert_false(multipart_next(&multipart, &part));
    assert_non_null(multipart.why);
}

/* E-2.4 */
static void malformed_bodies(void **state)
{
#define BAD(text)              \
    {                          \
        text, sizeof(text) - 1 \
    }
    static const struct {
        const char *body;
        size_t length;
    } bodies[] = {
        BAD(""),
        BAD("AWAITING_ENCRYPTION_KEYS"),
        BAD("<s:Envelope/>"),
        BAD("\r\n" BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA CLOSING),
        BAD("--Encrypted Boundary\n" DESCRIPTION BOUNDARY OCTETS DATA CLOSING),
        BAD("--encrypted boundary\r\n" DESCRIPTION BOUNDARY OCTETS DATA CLOSING),
        BAD("--  Encrypted Boundary\r\n" DESCRIPTION BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY),
        BAD(CLOSING),
        BAD(BOUNDARY CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\x04\0\0"),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\x04\0\0\0" CLOSING),
        /* A header, and nothing that it stands before: clients that have lost their keys. */
        BAD(BOUNDARY "\tContent-Type: " SPNEGO
                     "\r\n\tOriginalContent: type=application/soap+xml;Length=0\r\n" BOUNDARY OCTETS
                     "\x04\0\0\0HEAD" CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA "--Encrypted Boundary--"),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA CLOSING "\r\n"),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA BOUNDARY),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\r\n" DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION "\r\n" BOUNDARY OCTETS DATA CLOSING),
        /* 257, and more than there is. */
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\x01\x01\0\0HEADfive!" CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\x40\0\0\0HEADfive!" CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY OCTETS "\xff\xff\xff\xffHEADfive!" CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY "\tContent-Type: text/plain\r\n" DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY "\tContent-Length: 13\r\n" DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION BOUNDARY DATA CLOSING),
        BAD(BOUNDARY "\tContent-Type: " SPNEGO "\r\n" BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY ORIGINAL BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY "\tContent-Type: " KERBEROS "\r\n" ORIGINAL BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION ORIGINAL BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION "no colon\r\n" BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION "a\1b: c\r\n" BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION ": c\r\n" BOUNDARY OCTETS DATA CLOSING),
        BAD(BOUNDARY DESCRIPTION
            "a:\r\na:\r\na:\r\na:\r\na:\r\na:\r\na:\r\n" BOUNDARY OCTETS DATA CLOSING),
#define WITH(original)                                                        \
    BAD(BOUNDARY "\tContent-Type: " SPNEGO "\r\n\tOriginalContent: " original \
                 "\r\n" BOUNDARY OCTETS DATA CLOSING)
        WITH(""),
        WITH("type=application/soap+xml"),
        WITH("Length=5"),
        WITH("type=;Length=5"),
        WITH("type=application/soap+xml;Length="),
        WITH("type=application/soap+xml;Length=-5"),
        WITH("type=application/soap+xml;Length=+5"),
        WITH("type=application/soap+xml;Length=5x"),
        WITH("type=application/soap+xml;Length=0x5"),
        WITH("type=application/soap+xml;Length=22"),
        WITH("type=application/soap+xml;Length=99999999999"),
        WITH("type=application/soap+xml;Length=5;Length=5"),
        WITH("type=application/soap+xml;charset=\"UTF-8;Length=5"),
        WITH("type=application/soap+xml;charset;Length=5"),
        WITH("type="
             "0123456789012345678901234567890123456789012345678901234567890123456789012345678901"
             "2345678901234567890123456789012345678901234567890123456789;Length=5"),
#undef WITH
    };
#undef BAD
    struct multipart multipart;
    struct multipart_part part;

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (read_first(bodies[i].body, bodies[i].length, &multipart, &part))
            fail_msg("taken: %s", bodies[i].body);
        assert_non_null(multipart.why);
        assert_false(multipart_next(&multipart, &part));
    }
}

static void every_cut_is_malformed(void **state)
{
    static const char body[] = BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA CLOSING;
    struct multipart multipart;
    struct multipart_part part;

    (void)state;
    for (size_t length = 0; length < sizeof(body) - 1; length++)
        assert_false(read_first(body, length, &multipart, &part));
}

static void lines_and_parts_have_limits(void **state)
{
    static const char part_text[] = BOUNDARY DESCRIPTION BOUNDARY OCTETS DATA;
    struct multipart multipart;
    struct multipart_part part;
    struct buffer body;
    unsigned parts = 0;

    (void)state;
    buffer_init(&body, 1 << 20);
    for (int more = 0; more <= 1; more++) {
        buffer_reset(&body);
        /* With its line break behind it. */
        buffer_printf(&body, BOUNDARY "A:%0*d\r\n" DESCRIPTION BOUNDARY OCTETS,
                      MULTIPART_LINE_MAX - 3 + more, 0);
        buffer_append(&body, DATA, sizeof(DATA) - 1);
        buffer_text(&body, CLOSING);
        assert_int_equal(read_first(buffer_bytes(&body), buffer_length(&body), &multipart, &part),
                         more == 0);
    }
    for (int more = 0; more <= 1; more++) {
        const unsigned header = (unsigned)(GSS_HEADER_MAX + more);
        const uint8_t prefix[] = {(uint8_t)header, (uint8_t)(header >> 8), 0, 0};

        buffer_reset(&body);
        buffer_text(&body, BOUNDARY DESCRIPTION BOUNDARY OCTETS);
        buffer_append(&body, prefix, sizeof(prefix));
        buffer_printf(&body, "%0*d" CLOSING, GSS_HEADER_MAX + more + 5, 0);
        assert_int_equal(read_first(buffer_bytes(&body), buffer_length(&body), &multipart, &part),
                         more == 0);
    }
    buffer_reset(&body);
    for (int i = 0; i < MULTIPART_PARTS_MAX + 1; i++)
        buffer_append(&body, part_text, sizeof(part_text) - 1);
    buffer_text(&body, CLOSING);
    multipart_begin(&multipart, SEALED_spnego, buffer_bytes(&body), buffer_length(&body));
    while (multipart_next(&multipart, &part))
        parts++;
    assert_int_equal(parts, MULTIPART_PARTS_MAX);
    assert_non_null(multipart.why);
    buffer_free(&body);
}

/* ---- what is written ---- */

/* E-3.2 */
static void what_stands_before_the_header(void **state)
{
    static const char expected[] =
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n"
        "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=1234\r\n"
        "--Encrypted Boundary\r\n"
        "\tContent-Type: application/octet-stream\r\n"
        "\x3c\x01\0\0";
    uint8_t prefix[MULTIPART_PREFIX_MAX];
    char type[MULTIPART_PREFIX_MAX];

    (void)state;
    assert_int_equal(multipart_write_prefix(prefix, SEALED_kerberos,
                                            "application/soap+xml;charset=UTF-8", 1234, 0x13c),
                     sizeof(expected) - 1);
    assert_memory_equal(prefix, expected, sizeof(expected) - 1);
    assert_string_equal(multipart_closing, CLOSING);
    assert_int_equal(strlen(multipart_closing), MULTIPART_CLOSING_SIZE);
    memset(type, 'x', sizeof(type) - 1);
    type[sizeof(type) - 1] = '\0';
    assert_int_equal(multipart_write_prefix(prefix, SEALED_spnego, type, 1, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_types),
        cmocka_unit_test(content_types_of_answers),
        cmocka_unit_test(the_usual_body),
        cmocka_unit_test(other_spellings),
        cmocka_unit_test(data_that_look_like_a_boundary),
        cmocka_unit_test(lengths_with_and_without_padding),
        cmocka_unit_test(several_parts),
        cmocka_unit_test(malformed_bodies),
        cmocka_unit_test(every_cut_is_malformed),
        cmocka_unit_test(lines_and_parts_have_limits),
        cmocka_unit_test(what_stands_before_the_header),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
