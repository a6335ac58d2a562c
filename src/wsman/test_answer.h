/* SPDX-License-Identifier: ISC */

/* What the tests of written answers share: the answer, read back. */
#ifndef WSMAN_TEST_ANSWER_H
#define WSMAN_TEST_ANSWER_H

#include "wsman/test_support.h"

static struct buffer out;
static struct soap_document answer;
static struct arena answer_arena;

static inline int answer_setup(void **state)
{
    buffer_init(&out, 65536);
    arena_init(&answer_arena, 1024 * 1024);
    return test_setup(state);
}

static inline int answer_teardown(void **state)
{
    buffer_free(&out);
    arena_free(&answer_arena);
    return test_teardown(state);
}

/* The finished answer as a text and as a tree; nothing stands between its elements. */
static inline const char *finish(void)
{
    char *text;

    assert_false(out.failed);
    arena_reset(&answer_arena);
    text = arena_text_n(&answer_arena, (char *)buffer_bytes(&out), buffer_length(&out));
    assert_int_equal(soap_read(reader, text, strlen(text), "utf-8", &answer_arena, &answer),
                     SOAP_OK);
    assert_null(strstr(text, "> <"));
    assert_null(strstr(text, ">\n<"));
    assert_null(strstr(text, "mustUnderstand=\"true\""));
    buffer_reset(&out);
    return text;
}

static inline const struct soap_element *header_of(void)
{
    return soap_child(answer.root, NS_soap, "Header");
}

static inline const char *header_text(enum namespace_id space, const char *name)
{
    const struct soap_element *element = soap_child(header_of(), space, name);

    return element == NULL ? NULL : element->text;
}

/* A function of its own: inlined, gcc's sanitizer takes the texts for NULL behind its check of them. */
__attribute__((noinline, unused)) static void check_text(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        print_message("missing: %s\nin: %s\n", part, text);
    assert_non_null(strstr(text, part));
}

#endif
