/* SPDX-License-Identifier: ISC */

/* Enumerate, Pull and Release and their answers; docs/protocol.md, P-4.4, P-4.12.3 to P-4.12.6. */

#include "wsman/test_support.h"

#include "wsman/items.h"

#define SELECTOR_FILTER "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"
#define BY(selectors)                                                                      \
    "<w:Filter Dialect='" SELECTOR_FILTER "'><w:SelectorSet>" selectors "</w:SelectorSet>" \
    "</w:Filter>"
#define BY_SHELL BY("<w:Selector Name='ShellId'> " SHELL_ID " </w:Selector>")
#define CONTEXT  "uuid:3B2C8B55-35F5-4B3C-9D4A-1C9B4A3F2E11"
#define PULLED   "<n:EnumerationContext> " CONTEXT "\n</n:EnumerationContext>"

static struct buffer out;

static int setup(void **state)
{
    buffer_init(&out, 65536);
    return test_setup(state);
}

static int empty(void **state)
{
    (void)state;
    buffer_reset(&out);
    out.limit = 65536;
    return 0;
}

static int teardown(void **state)
{
    buffer_free(&out);
    return test_teardown(state);
}

static enum wsman_result read_enumeration(const char *action, const char *resource,
                                          const char *body)
{
    char headers[4096];

    snprintf(headers, sizeof(headers),
             "<a:To>http://server/wsman</a:To><a:MessageID>uuid:1</a:MessageID>"
             "<w:ResourceURI>%s</w:ResourceURI><a:Action>" ENUMERATION "%s</a:Action>" SELECTORS,
             resource, action);
    return read_parts(headers, body);
}

static enum wsman_result read_enumerate(const char *inside)
{
    char body[4096];

    snprintf(body, sizeof(body), "<n:Enumerate>%s</n:Enumerate>", inside);
    return read_enumeration("Enumerate", SHELL, body);
}

static enum wsman_result read_pull(const char *inside)
{
    char body[4096];

    snprintf(body, sizeof(body), "<n:Pull>%s</n:Pull>", inside);
    return read_enumeration("Pull", SHELL, body);
}

/* ---- what is asked for ---- */

/* P-4.4.2 and P-4.4.7 */
static void reads_how_many(void **state)
{
    static const struct {
        const char *inside;
        uint32_t number;
    } rows[] = {
        {"", 0},
        {"<w:MaxElements>7</w:MaxElements>", 0},
        {"<w:OptimizeEnumeration/>", 1},
        {"<n:OptimizeEnumeration/><n:MaxElements>x</n:MaxElements>", 0},
        {"<w:MaxElements> 32000\n</w:MaxElements><w:OptimizeEnumeration>x</w:OptimizeEnumeration>",
         32000},
        {"<w:OptimizeEnumeration/><w:MaxElements>4294967295</w:MaxElements>", UINT32_MAX},
        {"<w:OptimizeEnumeration/><w:MaxElements>4294967296</w:MaxElements>", UINT32_MAX},
        {"<w:OptimizeEnumeration/><w:MaxElements>99999999999999999999999</w:MaxElements>",
         UINT32_MAX},
        {"<w:OptimizeEnumeration/><n:EndTo><a:Address>x</a:Address></n:EndTo><n:Expires/>"
         "<x xmlns='urn:x'/>",
         1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_enumerate(rows[i].inside), WSMAN_request);
        assert_int_equal(request.operation.max_elements, rows[i].number);
        assert_int_equal(request.operation.room, limits.max_envelope);
        assert_int_equal(request.operation.item_form, ITEM_FORM_object);
        assert_null(request.operation.shell_id);
    }
}

/* P-4.4.2, P-4.4.3, P-4.4.6, P-4.2.2 */
static void refuses_what_is_no_enumerate(void **state)
{
    static const struct {
        const char *inside;
        uint32_t code;
    } rows[] = {
        {"<w:MaxElements>0</w:MaxElements>", FAULT_schema},
        {"<w:MaxElements/>", FAULT_schema},
        {"<w:MaxElements>+1</w:MaxElements>", FAULT_schema},
        {"<w:MaxElements>1 2</w:MaxElements>", FAULT_schema},
        {"<w:EnumerationMode/>", FAULT_enumeration_mode},
        {"<w:EnumerationMode>enumerateepr</w:EnumerationMode>", FAULT_enumeration_mode},
        {"<w:Filter/>", FAULT_filter_dialect},
        {"<w:Filter Dialect=''/>", FAULT_filter_dialect},
        {"<w:Filter Dialect='" SELECTOR_FILTER "x'/>", FAULT_filter_dialect},
        {"<n:Filter Dialect='" SELECTOR_FILTER "'/>", FAULT_filter},
        {BY(""), FAULT_filter},
        {BY("<w:Selector>x</w:Selector>"), FAULT_filter},
        {BY("<w:Selector Name='ShellId'/>"), FAULT_filter},
        {BY("<w:Selector Name='ShellId'><a:EndpointReference/></w:Selector>"), FAULT_filter},
        {BY("<w:Selector Name='Owner'>x</w:Selector>"), FAULT_filter},
        {BY("<w:Selector Name='ShellId'>x</w:Selector><w:Selector Name='ShellId'>x</w:Selector>"),
         FAULT_filter},
        {BY_SHELL "<n:Filter/>", FAULT_filter},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_enumerate(rows[i].inside), WSMAN_fault);
        assert_int_equal(fault.code, rows[i].code);
    }
    assert_int_equal(read_enumeration("Enumerate", SHELL, "<n:Pull/>"), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_schema);
    assert_int_equal(read_enumeration("Enumerate", SHELL, ""), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_schema);
}

/* P-4.4.3 and P-4.4.6 */
static void reads_modes_and_filters(void **state)
{
    (void)state;
    assert_int_equal(
        read_enumerate("<w:EnumerationMode> EnumerateEPR </w:EnumerationMode>" BY_SHELL),
        WSMAN_request);
    assert_int_equal(request.operation.item_form, ITEM_FORM_reference);
    assert_string_equal(request.operation.shell_id, SHELL_ID);
    assert_int_equal(read_enumerate("<w:EnumerationMode>EnumerateObjectAndEPR</w:EnumerationMode>"
                                    "<n:Filter Dialect='" SELECTOR_FILTER
                                    "'><w:SelectorSet><w:Selector "
                                    "Name='SHELLID'>x</w:Selector></w:SelectorSet></n:Filter>"),
                     WSMAN_request);
    assert_int_equal(request.operation.item_form, ITEM_FORM_both);
    assert_string_equal(request.operation.shell_id, "x");
}

/* P-4.12.5 */
static void commands_need_their_shell(void **state)
{
    (void)state;
    assert_int_equal(read_enumeration("Enumerate", SHELL "/Command", "<n:Enumerate/>"),
                     WSMAN_fault);
    assert_int_equal(fault.code, FAULT_commands_filter);
    assert_int_equal(read_enumeration("Enumerate", SHELL "/command",
                                      "<n:Enumerate><w:EnumerationMode>EnumerateEPR"
                                      "</w:EnumerationMode>" BY_SHELL "</n:Enumerate>"),
                     WSMAN_fault);
    assert_int_equal(fault.code, FAULT_commands_references);
    assert_int_equal(
        read_enumeration("Enumerate", SHELL "/Command", "<n:Enumerate>" BY_SHELL "</n:Enumerate>"),
        WSMAN_request);
    assert_string_equal(request.operation.shell_id, SHELL_ID);
}

/* P-4.4.5 and P-4.4.7 */
static void reads_a_pull(void **state)
{
    (void)state;
    assert_int_equal(read_pull(PULLED), WSMAN_request);
    assert_string_equal(request.operation.enumeration, CONTEXT);
    assert_int_equal(request.operation.max_elements, 1);
    assert_int_equal(request.max_characters, 0);
    assert_null(request.operation.shell_id);
    assert_int_equal(
        read_pull("<p:SessionId>uuid:1</p:SessionId><w:OptimizeEnumeration/><w:MaxElements>3"
                  "</w:MaxElements><n:MaxCharacters>5000000000</n:MaxCharacters>"
                  "<n:MaxElements>20</n:MaxElements><n:MaxTime>PT60.000S</n:MaxTime>" PULLED),
        WSMAN_request);
    assert_int_equal(request.operation.max_elements, 20);
    assert_int_equal(request.max_characters, UINT32_MAX);
}

/* P-4.4.5 and P-4.4.10 */
static void refuses_what_is_no_pull(void **state)
{
    static const struct {
        const char *inside;
        uint32_t code;
    } rows[] = {
        {"", FAULT_schema},
        {"<w:EnumerationContext>x</w:EnumerationContext>", FAULT_schema},
        {"<n:EnumerationContext/>", FAULT_enumeration_context},
        {PULLED "<n:MaxElements>0</n:MaxElements>", FAULT_schema},
        {PULLED "<n:MaxCharacters>1e3</n:MaxCharacters>", FAULT_schema},
        {PULLED "<n:MaxTime>60</n:MaxTime>", FAULT_schema},
    };
    char context[LIMIT_ID + 100];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_pull(rows[i].inside), WSMAN_fault);
        assert_int_equal(fault.code, rows[i].code);
    }
    for (int more = 0; more <= 1; more++) {
        snprintf(context, sizeof(context), "<n:EnumerationContext>%0*d</n:EnumerationContext>",
                 LIMIT_ID + more, 0);
        assert_int_equal(read_pull(context), more == 0 ? WSMAN_request : WSMAN_fault);
    }
    assert_int_equal(fault.code, FAULT_enumeration_context);
}

/* P-4.4.13 */
static void reads_and_answers_a_release(void **state)
{
    const char *text;

    (void)state;
    assert_int_equal(read_enumeration("Release", SHELL, "<n:Release>" PULLED "</n:Release>"),
                     WSMAN_request);
    assert_string_equal(request.operation.enumeration, CONTEXT);
    wsman_write_done(&out, &request);
    buffer_append(&out, "", 1);
    text = (const char *)buffer_bytes(&out);
    assert_non_null(strstr(text, "<a:Action>" ENUMERATION "ReleaseResponse</a:Action>"));
    assert_non_null(strstr(text, "<s:Body></s:Body>"));
    buffer_reset(&out);
    assert_int_equal(read_enumeration("Release", SHELL, "<n:Pull>" PULLED "</n:Pull>"),
                     WSMAN_fault);
    assert_int_equal(fault.code, FAULT_schema);
}

/* ---- answers ---- */

static const struct message_command_item commands[] = {
    {.command_id = "A", .command_line = "echo <a> & \xc3\xbc"},
    {.command_id = "B", .command_line = ""},
    {.command_id = "C"},
};
static const struct message_shell_item shell = {
    .shell_id = SHELL_ID, .resource_uri = CMD_URI, .idle_timeout = 60000, .owner = "alice"};

#define COMMAND(id, line)                                                             \
    "<rsp:Command xmlns:rsp=\"" SHELL "\"><rsp:CommandId>" id "</rsp:CommandId>" line \
    "<rsp:CommandState>Running</rsp:CommandState></rsp:Command>"
#define COMMAND_A COMMAND("A", "<rsp:CommandLine>echo &lt;a&gt; &amp; \xc3\xbc</rsp:CommandLine>")
#define COMMAND_B COMMAND("B", "<rsp:CommandLine></rsp:CommandLine>")
#define COMMAND_C COMMAND("C", "")

/* The body of the answer with the first `count` of the commands; what is expected besides. */
static const char *write_commands(uint32_t count, bool all, uint32_t taken, bool ends)
{
    static char text[65536];
    struct wsman_item items[3] = {{0}};
    struct wsman_page page = {.items = count > 0 ? items : NULL,
                              .context = CONTEXT,
                              .form = ITEM_FORM_object,
                              .last = all};
    bool last = !ends;
    char *body;

    for (uint32_t i = 0; i < count; i++)
        items[i] = (struct wsman_item){.next = i + 1 < count ? &items[i + 1] : NULL,
                                       .type = MESSAGE_command_item,
                                       .message = &commands[i]};
    buffer_reset(&out);
    assert_int_equal(wsman_write_items(&out, &request, &page, &last), taken);
    assert_int_equal(last, ends);
    assert_false(out.failed);
    assert_in_range(buffer_length(&out), 1, out.limit);
    memcpy(text, buffer_bytes(&out), buffer_length(&out));
    text[buffer_length(&out)] = '\0';
    body = strstr(text, "<s:Body>");
    assert_non_null(body);
    return body;
}

#define BODY(text)    "<s:Body>" text "</s:Body></s:Envelope>"
#define MORE          "<n:EnumerationContext>" CONTEXT "</n:EnumerationContext>"
#define ANSWER(text)  BODY("<n:EnumerateResponse>" text "</n:EnumerateResponse>")
#define FETCHED(text) BODY("<n:PullResponse>" text "</n:PullResponse>")

/* P-4.4.2, P-4.4.4, P-4.12.5 */
static void answers_an_enumerate(void **state)
{
    (void)state;
    assert_int_equal(read_enumerate("<w:OptimizeEnumeration/>"), WSMAN_request);
    assert_string_equal(
        write_commands(3, true, 3, true),
        ANSWER(
            "<n:EnumerationContext></n:EnumerationContext><w:Items>" COMMAND_A COMMAND_B COMMAND_C
            "</w:Items><w:EndOfSequence/>"));
    assert_string_equal(write_commands(2, false, 2, false),
                        ANSWER(MORE "<w:Items>" COMMAND_A COMMAND_B "</w:Items>"));
    assert_string_equal(write_commands(0, true, 0, true),
                        ANSWER("<n:EnumerationContext></n:EnumerationContext><w:Items></w:Items>"
                               "<w:EndOfSequence/>"));
    assert_string_equal(write_commands(0, false, 0, false), ANSWER(MORE));
}

/* P-4.4.5 */
static void answers_a_pull(void **state)
{
    (void)state;
    assert_int_equal(read_pull(PULLED), WSMAN_request);
    assert_string_equal(write_commands(1, true, 1, true),
                        FETCHED("<n:Items>" COMMAND_A "</n:Items><n:EndOfSequence/>"));
    assert_string_equal(write_commands(1, false, 1, false),
                        FETCHED(MORE "<n:Items>" COMMAND_A "</n:Items>"));
    assert_string_equal(write_commands(0, true, 0, true),
                        FETCHED("<n:Items></n:Items><n:EndOfSequence/>"));
}

/* P-4.4.8: whatever the limit is, what is written is whole, within it, and goes on from there. */
static void writes_what_fits(void **state)
{
    static const char *const bodies[] = {"<w:OptimizeEnumeration/>", PULLED};
    size_t least = 0;

    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        uint32_t most = 0;

        assert_int_equal(kind == 0 ? read_enumerate(bodies[0]) : read_pull(bodies[1]),
                         WSMAN_request);
        out.limit = 65536;
        write_commands(0, false, 0, false);
        least = buffer_length(&out) + 100;
        for (size_t limit = least; limit < least + 1000; limit++) {
            struct wsman_item items[3] = {
                {.next = &items[1], .type = MESSAGE_command_item, .message = &commands[0]},
                {.next = &items[2], .type = MESSAGE_command_item, .message = &commands[1]},
                {.type = MESSAGE_command_item, .message = &commands[2]}};
            struct wsman_page page = {
                .items = items, .context = CONTEXT, .form = ITEM_FORM_object, .last = true};
            bool last;
            uint32_t count;

            buffer_reset(&out);
            out.limit = limit;
            count = wsman_write_items(&out, &request, &page, &last);
            assert_false(out.failed);
            assert_in_range(buffer_length(&out), 1, limit);
            assert_int_equal(last, count == 3);
            assert_in_range(count, most, 3);
            most = count;
        }
        assert_int_equal(most, 3);
    }
}

/* Headers that leave no room: nothing is written beyond the limit, be the memory there or not. */
static void writes_nothing_beyond(void **state)
{
    static const char *const bodies[] = {"<w:OptimizeEnumeration/>", PULLED};

    (void)state;
    for (size_t kind = 0; kind < 2; kind++) {
        size_t most;

        assert_int_equal(kind == 0 ? read_enumerate(bodies[0]) : read_pull(bodies[1]),
                         WSMAN_request);
        out.limit = 65536;
        write_commands(0, false, 0, false);
        most = buffer_length(&out) + 200;
        for (size_t limit = 1; limit < most; limit++) {
            const struct wsman_item item = {.type = MESSAGE_command_item, .message = &commands[0]};
            struct wsman_page page = {
                .items = &item, .context = CONTEXT, .form = ITEM_FORM_object, .last = limit % 2};
            struct buffer small;
            bool last;

            buffer_init(&small, limit);
            wsman_write_items(&small, &request, &page, &last);
            assert_in_range(buffer_length(&small), 0, limit);
            assert_false(last && small.failed);
            buffer_free(&small);
        }
    }
}

/* P-4.4.5: characters of the items, not bytes. */
static void counts_characters(void **state)
{
    char body[256];

    (void)state;
    for (size_t less = 0; less <= 1; less++) {
        /* One character of the first command has two bytes. */
        snprintf(body, sizeof(body), PULLED "<n:MaxCharacters>%zu</n:MaxCharacters>",
                 sizeof(COMMAND_A) - 2 + sizeof(COMMAND_B) - 1 - less);
        assert_int_equal(read_pull(body), WSMAN_request);
        write_commands(2, true, less == 0 ? 2 : 1, less == 0);
    }
    assert_int_equal(read_pull(PULLED "<n:MaxCharacters>1</n:MaxCharacters>"), WSMAN_request);
    write_commands(2, true, 0, false);
}

/* P-4.4.3, P-4.12.3 */
static void writes_references(void **state)
{
    static const char reference[] =
        "<a:EndpointReference><a:Address>http://server/wsman</a:Address><a:ReferenceParameters>"
        "<w:ResourceURI>" CMD_URI "</w:ResourceURI>" SELECTORS
        "</a:ReferenceParameters></a:EndpointReference>";
    const struct wsman_item item = {.type = MESSAGE_shell_item, .message = &shell};
    struct wsman_page page = {
        .items = &item, .context = CONTEXT, .form = ITEM_FORM_reference, .last = true};
    char expected[2048];
    bool last;

    (void)state;
    assert_int_equal(read_enumerate("<w:OptimizeEnumeration/>"), WSMAN_request);
    assert_int_equal(wsman_write_items(&out, &request, &page, &last), 1);
    buffer_append(&out, "", 1);
    snprintf(expected, sizeof(expected), "<w:Items>%s</w:Items>", reference);
    assert_non_null(strstr((const char *)buffer_bytes(&out), expected));
    buffer_reset(&out);
    page.form = ITEM_FORM_both;
    assert_int_equal(wsman_write_items(&out, &request, &page, &last), 1);
    buffer_append(&out, "", 1);
    snprintf(expected, sizeof(expected), "</rsp:Shell>%s</w:Item></w:Items>", reference);
    assert_non_null(strstr((const char *)buffer_bytes(&out), expected));
    assert_non_null(strstr((const char *)buffer_bytes(&out),
                           "<w:Items><w:Item><rsp:Shell xmlns:rsp=\"" SHELL
                           "\"><rsp:ShellId>" SHELL_ID "</rsp:ShellId>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_how_many),
        cmocka_unit_test(refuses_what_is_no_enumerate),
        cmocka_unit_test(reads_modes_and_filters),
        cmocka_unit_test(commands_need_their_shell),
        cmocka_unit_test(reads_a_pull),
        cmocka_unit_test(refuses_what_is_no_pull),
        cmocka_unit_test(reads_and_answers_a_release),
        cmocka_unit_test_setup(answers_an_enumerate, empty),
        cmocka_unit_test_setup(answers_a_pull, empty),
        cmocka_unit_test_setup(writes_what_fits, empty),
        cmocka_unit_test_setup(writes_nothing_beyond, empty),
        cmocka_unit_test_setup(counts_characters, empty),
        cmocka_unit_test_setup(writes_references, empty),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
