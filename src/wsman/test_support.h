/* SPDX-License-Identifier: ISC */

/* What the tests of src/wsman share: one reader, one arena, and requests made from parts. */
#ifndef WSMAN_TEST_SUPPORT_H
#define WSMAN_TEST_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wsman/request.h"
#include "wsman/response.h"

#define CMD_URI  SHELL "/cmd"
#define SHELL_ID "67C27BA4-C6AA-4FA4-9F3D-0BD5A2F1AE43"
#define OTHER_ID "2D2A6F5B-3F6C-4E2D-8F49-0A6A3A6B7C11"
#define SELECTORS \
    "<w:SelectorSet><w:Selector Name=\"ShellId\">" SHELL_ID "</w:Selector></w:SelectorSet>"
#define ANONYMOUS_TO "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
#define HEADERS                                                         \
    "<a:To>http://server/wsman</a:To><a:MessageID>uuid:1</a:MessageID>" \
    "<w:ResourceURI>" CMD_URI "</w:ResourceURI>"

static struct soap_reader *reader;
static struct arena arena;
static struct wsman_request request;
static struct wsman_fault fault;
static const struct wsman_limits limits = {.max_envelope = 512000, .max_time = 60000};

static inline int test_setup(void **state)
{
    (void)state;
    reader = soap_reader_new();
    arena_init(&arena, 8u * 1024 * 1024);
    return 0;
}

static inline int test_teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    soap_reader_free(reader);
    return 0;
}

static inline enum wsman_result read_bytes(const void *bytes, size_t length, const char *charset)
{
    void *copy;

    arena_reset(&arena);
    copy = arena_alloc(&arena, length);
    memcpy(copy, bytes, length);
    return wsman_read_request(reader, copy, length, charset, &limits, &arena, &request, &fault);
}

/* An envelope with these headers and this body, prefixes as winrmd writes them. */
static inline enum wsman_result read_parts(const char *headers, const char *body)
{
    static char text[65536];
    int length = snprintf(text, sizeof(text),
                          "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'"
                          " xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'"
                          " xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'"
                          " xmlns:n='http://schemas.xmlsoap.org/ws/2004/09/enumeration'"
                          " xmlns:p='http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd'"
                          " xmlns:rsp='http://schemas.microsoft.com/wbem/wsman/1/windows/shell'>"
                          "<s:Header>%s</s:Header><s:Body>%s</s:Body></s:Envelope>",
                          headers, body);

    assert_in_range(length, 1, sizeof(text) - 1);
    return read_bytes(text, (size_t)length, "UTF-8");
}

/* A request with the usual headers, `more` headers, and the action `/action` of the shell. */
static inline enum wsman_result read_shell(const char *action, const char *more, const char *body)
{
    char headers[32768];

    snprintf(headers, sizeof(headers), HEADERS "<a:Action>" SHELL "/%s</a:Action>%s", action, more);
    return read_parts(headers, body);
}

static inline enum wsman_result read_transfer(const char *action, const char *more,
                                              const char *body)
{
    char headers[32768];

    snprintf(headers, sizeof(headers), HEADERS "<a:Action>" TRANSFER "%s</a:Action>%s", action,
             more);
    return read_parts(headers, body);
}

static inline void check_refused(enum wsman_result result, uint32_t code)
{
    assert_int_equal(result, WSMAN_fault);
    assert_int_equal(fault.code, code);
    assert_non_null(fault.text);
}

static inline void check_item(const struct ipc_items *items, uint32_t at, const char *name,
                              const char *value, uint32_t flags)
{
    assert_true(at < items->count);
    if (name == NULL)
        assert_null(items->item[at].name);
    else
        assert_string_equal(items->item[at].name, name);
    assert_int_equal(items->item[at].length, strlen(value));
    assert_string_equal(items->item[at].value, value);
    assert_int_equal(items->item[at].flags, flags);
}

#endif
