/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "input_limits.h"
#include "soap/reader.h"
#include "soap/writer.h"

static struct soap_reader *reader;
static struct arena arena;
static struct soap_document document;

static int setup(void **state)
{
    (void)state;
    reader = soap_reader_new();
    arena_init(&arena, 16u * 1024 * 1024);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    soap_reader_free(reader);
    return 0;
}

static enum soap_error read_bytes(const void *bytes, size_t length, const char *charset)
{
    arena_reset(&arena);
    return soap_read(reader, bytes, length, charset, &arena, &document);
}

static enum soap_error read_text(const char *text)
{
    return read_bytes(text, strlen(text), "UTF-8");
}

/* `count` times `part`, between `before` and `after`; free with free(). */
static char *repeated(const char *before, const char *part, size_t count, const char *after)
{
    struct buffer buffer;

    buffer_init(&buffer, 64u * 1024 * 1024);
    buffer_text(&buffer, before);
    for (size_t i = 0; i < count; i++)
        buffer_text(&buffer, part);
    buffer_append(&buffer, after, strlen(after) + 1);
    return (char *)buffer.data;
}

static void reads_names_by_namespace(void **state)
{
    struct soap_element *child;

    (void)state;
    assert_int_equal(
        read_text("<x:Envelope xmlns:x='http://www.w3.org/2003/05/soap-envelope'"
                  " xmlns='http://schemas.xmlsoap.org/ws/2004/08/addressing' xmlns:o='urn:o'>"
                  "<Action x:mustUnderstand='1' o:mustUnderstand='2' mustUnderstand='3'"
                  " xml:lang='de'>text</Action><o:Body/><None xmlns=''/></x:Envelope>"),
        SOAP_OK);
    assert_true(soap_is(document.root, NS_soap, "Envelope"));
    assert_false(soap_is(document.root, NS_soap, "Body"));
    child = soap_child(document.root, NS_addressing, "Action");
    assert_string_equal(child->text, "text");
    assert_string_equal(soap_attribute(child, NS_soap, "mustUnderstand"), "1");
    assert_string_equal(soap_attribute(child, NS_none, "mustUnderstand"), "3");
    assert_string_equal(soap_attribute(child, NS_xml, "lang"), "de");
    assert_null(soap_attribute(child, NS_none, "lang"));
    child = soap_child(document.root, NS_other, "Body");
    assert_string_equal(child->uri, "urn:o");
    assert_non_null(soap_child(document.root, NS_none, "None"));
    assert_null(soap_child(document.root, NS_soap, "Body"));
}

static void joins_text(void **state)
{
    char *many = repeated("<a>", "x\n&amp;", 5000, "</a>");

    (void)state;
    assert_int_equal(read_text("<a> one &lt;<![CDATA[<two>]]><b>inside</b>&#x41;<!-- no --> "
                               "three\r\nfour</a>"),
                     SOAP_OK);
    assert_string_equal(document.root->text, " one <<two>A three\nfour");
    assert_int_equal(document.root->text_length, strlen(document.root->text));
    assert_string_equal(document.root->first->text, "inside");
    assert_int_equal(read_text(many), SOAP_OK);
    assert_int_equal(document.root->text_length, 15000);
    assert_int_equal(read_text("<a/>"), SOAP_OK);
    assert_string_equal(document.root->text, "");
    free(many);
}

static void refuses_what_is_not_well_formed(void **state)
{
    static const char *bad[] = {
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "<a b=c/>",
        "<a b='1' b='2'/>",
        "<p:a/>",
        "<a>&x;</a>",
        "<a>\x01</a>",
        "<a>\xff</a>",
        "<a>\xc0\x80</a>",
        "<a>\xed\xa0\x80</a>",
        "<a>&#0;</a>",
        "<a>&#xD800;</a>",
        "<a xmlns:b=''/>",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(read_text(bad[i]), SOAP_MALFORMED);
    assert_int_equal(read_bytes("<a/>\0", 5, "UTF-8"), SOAP_MALFORMED);
    assert_int_equal(read_text("<a/>"), SOAP_OK);
}

static void stops_at_a_doctype(void **state)
{
    (void)state;
    assert_int_equal(read_text("<!DOCTYPE a><a/>"), SOAP_DOCTYPE);
    assert_int_equal(read_text("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"), SOAP_DOCTYPE);
    assert_int_equal(read_text("<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>"), SOAP_DOCTYPE);
    assert_null(document.root);
    assert_int_equal(read_text("<a/>"), SOAP_OK);
}

static void stops_at_a_processing_instruction(void **state)
{
    (void)state;
    assert_int_equal(read_text("<?pi?><a/>"), SOAP_INSTRUCTION);
    assert_int_equal(read_text("<a><b/><?pi x?></a>"), SOAP_INSTRUCTION);
    assert_non_null(document.root->first);
    assert_int_equal(read_text("<a/><?pi x?>"), SOAP_INSTRUCTION);
    assert_int_equal(read_text("<?xml version='1.0' standalone='yes'?><a/>"), SOAP_OK);
    assert_int_equal(read_text("<a/><?xml version='1.0'?>"), SOAP_MALFORMED);
}

static void check_limit(const char *before, const char *part, size_t allowed, const char *after,
                        enum soap_error beyond)
{
    char *text = repeated(before, part, allowed, after);

    assert_int_equal(read_text(text), SOAP_OK);
    free(text);
    text = repeated(before, part, allowed + 1, after);
    assert_int_equal(read_text(text), beyond);
    free(text);
}

static void holds_to_its_limits(void **state)
{
    char *deep = repeated("", "<a>", SOAP_DEPTH, "");
    char *end = repeated("", "</a>", SOAP_DEPTH, "");
    char *both = repeated(deep, end, 1, "");
    char *deeper = repeated("<a>", both, 1, "</a>");
    char *many;

    (void)state;
    assert_int_equal(read_text(both), SOAP_OK);
    assert_int_equal(read_text(deeper), SOAP_LIMIT);
    assert_non_null(document.limit);
    check_limit("<a>", "<b/>", SOAP_ELEMENTS - 1, "</a>", SOAP_LIMIT);
    check_limit("<a>", "t", SOAP_TEXT_BYTES, "</a>", SOAP_LIMIT);
    check_limit("<a b='", "t", SOAP_VALUE_BYTES, "'/>", SOAP_LIMIT);
    check_limit("<", "t", SOAP_NAME_BYTES, "/>", SOAP_LIMIT);
    check_limit("<a xmlns='", "u", SOAP_NAME_BYTES, "'/>", SOAP_LIMIT);
    check_limit("<a>", "<b xmlns:c='urn:c'/>", SOAP_DECLARATIONS, "</a>", SOAP_LIMIT);
    many = repeated("<a xmlns='u'", "", 0, "");
    for (int i = 0; i < SOAP_ATTRIBUTES; i++) {
        char attribute[32];
        char *more;

        snprintf(attribute, sizeof(attribute), " a%d=''", i);
        more = repeated(many, attribute, 1, "");
        free(many);
        many = more;
    }
    free(deep);
    deep = repeated(many, "/>", 1, "");
    assert_int_equal(read_text(deep), SOAP_LIMIT);
    free(many);
    free(deeper);
    free(both);
    free(end);
    free(deep);
}

static void ends_with_the_arena(void **state)
{
    char *text = repeated("<a>", "<b/>", 1000, "</a>");

    (void)state;
    arena_free(&arena);
    arena_init(&arena, 8192);
    assert_int_equal(soap_read(reader, text, strlen(text), NULL, &arena, &document), SOAP_MEMORY);
    arena_free(&arena);
    arena_init(&arena, 16u * 1024 * 1024);
    assert_int_equal(read_text(text), SOAP_OK);
    free(text);
}

static void keeps_what_was_read_before_an_error(void **state)
{
    (void)state;
    assert_int_equal(read_text("<a><b>c</b><d"), SOAP_MALFORMED);
    assert_string_equal(soap_child(document.root, NS_none, "b")->text, "c");
}

static void finds_the_encoding(void **state)
{
    static const char little[] = "\xff\xfe<\0a\0>\0\xe4\0\x3d\xd8\0\xde<\0/\0a\0>\0";
    static const char big[] = "\xfe\xff\0<\0a\0>\0\xe4\0<\0/\0a\0>";
    static const char lone[] = "\xff\xfe<\0a\0>\0\0\xd8<\0/\0a\0>\0";

    (void)state;
    assert_int_equal(read_bytes(little, sizeof(little) - 1, "UTF-16"), SOAP_OK);
    assert_int_equal(document.encoding, SOAP_UTF16);
    assert_string_equal(document.root->text, "\xc3\xa4\xf0\x9f\x98\x80");
    assert_int_equal(read_bytes(little + 2, sizeof(little) - 3, "utf-16"), SOAP_OK);
    assert_int_equal(read_bytes(little + 2, sizeof(little) - 3, NULL), SOAP_OK);
    assert_int_equal(read_bytes(big, sizeof(big) - 1, "UTF-16"), SOAP_OK);
    assert_string_equal(document.root->text, "\xc3\xa4");
    assert_int_equal(read_bytes(big, sizeof(big) - 1, NULL), SOAP_OK);
    assert_int_equal(read_bytes(big + 2, sizeof(big) - 3, NULL), SOAP_OK);
    assert_int_equal(read_bytes(lone, sizeof(lone) - 1, NULL), SOAP_MALFORMED);
    assert_int_equal(read_bytes(little, sizeof(little) - 2, NULL), SOAP_MALFORMED);
    assert_int_equal(read_bytes("\xef\xbb\xbf<a/>", 7, NULL), SOAP_OK);
    assert_int_equal(document.encoding, SOAP_UTF8);
    assert_int_equal(read_bytes("<a/>", 4, "iso-8859-1"), SOAP_CHARSET);
    assert_int_equal(read_bytes("\0 \0<\0a\0/\0>", 10, "utf-8"), SOAP_MALFORMED);
    assert_int_equal(read_bytes(" \0<\0a\0/\0>\0", 10, NULL), SOAP_MALFORMED);
    assert_int_equal(read_bytes("\xef\xbb\xbf\xfe\xff\0<\0a\0/\0>", 13, NULL), SOAP_MALFORMED);
}

static void heeds_the_declaration_only_without_a_charset(void **state)
{
    static const char latin[] = "<?xml version='1.0' encoding='iso-8859-1'?><a>\xe4</a>";
    static const char utf8[] = "<?xml version=\"1.0\" encoding=\"utf-8\"?><a/>";

    (void)state;
    assert_int_equal(read_bytes(latin, sizeof(latin) - 1, NULL), SOAP_CHARSET);
    assert_int_equal(read_bytes(latin, sizeof(latin) - 1, "utf-8"), SOAP_MALFORMED);
    assert_int_equal(read_bytes(utf8, sizeof(utf8) - 1, NULL), SOAP_OK);
    assert_int_equal(read_bytes("<?xml version='1.0'?><a/>", 25, NULL), SOAP_OK);
    assert_int_equal(read_bytes("<?xml encoding", 14, NULL), SOAP_MALFORMED);
}

static void trims_and_splits(void **state)
{
    bool value;

    (void)state;
    assert_int_equal(read_text("<a> \n b c\t</a>"), SOAP_OK);
    assert_string_equal(soap_trimmed(document.root), "b c");
    assert_int_equal(document.root->text_length, 3);
    assert_string_equal(soap_words(&arena, "\n stdout\t\r\n  stderr "), "stdout stderr");
    assert_string_equal(soap_words(&arena, " \n"), "");
    for (const char *const *word =
             (const char *const[]){"true", "TRUE", "True", "1", " true ", NULL};
         *word != NULL; word++)
        assert_true(soap_boolean(*word, &value) && value);
    assert_true(soap_boolean("False", &value) && !value);
    assert_true(soap_boolean("0", &value) && !value);
    assert_false(soap_boolean("yes", &value));
    assert_false(soap_boolean("", &value));
}

static void gives_an_element_as_a_document(void **state)
{
    const char *xml;

    (void)state;
    assert_int_equal(read_text("<p:a xmlns:p='urn:p' xmlns:unused='urn:u' xmlns='urn:\"&lt;d'>"
                               "<p:b c = 'p:x'><!-- kept --><d/>&amp;</p:b ></p:a>"),
                     SOAP_OK);
    xml = soap_outer_xml(&arena, document.root->first);
    assert_non_null(strstr(xml, " xmlns:p=\"urn:p\""));
    assert_non_null(strstr(xml, " xmlns=\"urn:&quot;&lt;d\""));
    assert_null(strstr(xml, "unused"));
    assert_non_null(strstr(xml, " c = 'p:x'><!-- kept --><d/>&amp;</p:b >"));
    assert_int_equal(read_text(xml), SOAP_OK);
    assert_int_equal(read_text("<a xmlns='urn:a'><b xmlns='urn:b'/>tail</a>"), SOAP_OK);
    assert_string_equal(soap_outer_xml(&arena, document.root->first), "<b xmlns='urn:b'/>");
    assert_int_equal(read_text("<a xmlns='urn:a'><b xmlns=''><c/></b></a>"), SOAP_OK);
    assert_string_equal(soap_outer_xml(&arena, document.root->first->first), "<c/>");
}

/* Which declarations an element takes along: the nearest of each prefix, and no others. */
static void takes_the_declarations_that_it_needs(void **state)
{
    const char *xml;

    (void)state;
    assert_int_equal(read_text("<a xmlns:p='urn:far' xmlns:pp='urn:pp' xmlns:ppp='urn:ppp'>"
                               "<b xmlns:p='urn:near' xmlns:q='urn:q'>"
                               "<c xmlns:q='urn:own' p:x='' type='ppp:t'>q:</c></b></a>"),
                     SOAP_OK);
    xml = soap_outer_xml(&arena, document.root->first->first);
    assert_string_equal(xml, "<c xmlns:p=\"urn:near\" xmlns:ppp=\"urn:ppp\""
                             " xmlns:q='urn:own' p:x='' type='ppp:t'>q:</c>");
    assert_int_equal(read_text(xml), SOAP_OK);
    assert_int_equal(read_text("<a xmlns:p='urn:far'><b xmlns:p=''/></a>"), SOAP_MALFORMED);
}

static void tells_xml_from_text(void **state)
{
    const char *start;
    size_t length;

    (void)state;
    assert_true(
        soap_is_document(reader, "<?xml version='1.0'?>\n<a b='c'>d</a>\n", &start, &length));
    assert_int_equal(length, strlen("<a b='c'>d</a>"));
    assert_memory_equal(start, "<a b='c'>d</a>", length);
    assert_false(soap_is_document(reader, "", &start, &length));
    assert_false(soap_is_document(reader, "text", &start, &length));
    assert_false(soap_is_document(reader, "<a/><b/>", &start, &length));
    assert_false(soap_is_document(reader, "<a/>text", &start, &length));
    assert_false(soap_is_document(reader, "<p:a/>", &start, &length));
    assert_false(soap_is_document(reader, "<!DOCTYPE a><a/>", &start, &length));
}

static void writes_what_can_be_read(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 4096);
    soap_put(&out, "<a");
    soap_put_attribute(&out, "b", "<\"&'>\t\n");
    soap_put(&out, ">");
    soap_put_text(&out, "1 < 2 & 3\r\n\xc3\xa4");
    soap_put_element(&out, "c", "d");
    soap_put_element(&out, "absent", NULL);
    soap_put_number(&out, "n", 4294967295u);
    soap_put(&out, "</a>");
    assert_int_equal(read_bytes(buffer_bytes(&out), buffer_length(&out), NULL), SOAP_OK);
    assert_string_equal(soap_attribute(document.root, NS_none, "b"), "<\"&'>\t\n");
    assert_string_equal(document.root->text, "1 < 2 & 3\r\n\xc3\xa4");
    assert_string_equal(soap_child(document.root, NS_none, "n")->text, "4294967295");
    buffer_reset(&out);
    soap_put(&out, "<a>");
    soap_put_text(&out, "\x01 \xef\xbf\xbe \xef\xbf\xbf \xff \xef\xbf\xbd \xef\xbb\xbf");
    soap_put(&out, "</a>");
    assert_int_equal(read_bytes(buffer_bytes(&out), buffer_length(&out), NULL), SOAP_OK);
    buffer_reset(&out);
    soap_put_text(&out, "\x1b[0m \xef\xbf\xbf \xef\xbb\xbf");
    buffer_append(&out, "", 1);
    assert_string_equal((char *)buffer_bytes(&out), "\xef\xbf\xbd[0m \xef\xbf\xbd \xef\xbb\xbf");
    buffer_free(&out);
}

static void encodes_the_response(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 64);
    soap_put(&out, "<a>\xc3\xa4\xf0\x9f\x98\x80</a>");
    assert_true(soap_encode(&out, SOAP_UTF8));
    assert_true(soap_encode(&out, SOAP_UTF16));
    assert_memory_equal(buffer_bytes(&out), "\xff\xfe<\0a\0>\0\xe4\0\x3d\xd8\0\xde<\0/\0a\0>\0",
                        22);
    assert_int_equal(buffer_length(&out), 22);
    buffer_reset(&out);
    for (int i = 0; i < 32; i++)
        soap_put(&out, "x");
    assert_false(soap_encode(&out, SOAP_UTF16));
    assert_string_equal(soap_content_type(SOAP_UTF8), "application/soap+xml;charset=UTF-8");
    assert_string_equal(soap_content_type(SOAP_UTF16), "application/soap+xml;charset=UTF-16");
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_names_by_namespace),
        cmocka_unit_test(joins_text),
        cmocka_unit_test(refuses_what_is_not_well_formed),
        cmocka_unit_test(stops_at_a_doctype),
        cmocka_unit_test(stops_at_a_processing_instruction),
        cmocka_unit_test(holds_to_its_limits),
        cmocka_unit_test(ends_with_the_arena),
        cmocka_unit_test(keeps_what_was_read_before_an_error),
        cmocka_unit_test(finds_the_encoding),
        cmocka_unit_test(heeds_the_declaration_only_without_a_charset),
        cmocka_unit_test(trims_and_splits),
        cmocka_unit_test(gives_an_element_as_a_document),
        cmocka_unit_test(takes_the_declarations_that_it_needs),
        cmocka_unit_test(tells_xml_from_text),
        cmocka_unit_test(writes_what_can_be_read),
        cmocka_unit_test(encodes_the_response),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
