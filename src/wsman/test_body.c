/* SPDX-License-Identifier: ISC */

/* Bodies of shell operations; the rules are those of docs/protocol.md, P-4.6 to P-4.13. */

#include "wsman/test_support.h"

#define SH SHELL

static enum wsman_result read_create(const char *body)
{
    return read_transfer("Create", "", body);
}

static void check_refused(enum wsman_result result, uint32_t code)
{
    assert_int_equal(result, WSMAN_fault);
    assert_int_equal(fault.code, code);
    assert_non_null(fault.text);
}

static void check_item(const struct ipc_items *items, uint32_t at, const char *name,
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

/* P-4.6 */
static void reads_a_shell(void **state)
{
    const struct message_shell_create *create = &request.payload.shell_create;

    (void)state;
    assert_int_equal(
        read_transfer(
            "Create", "<w:OptionSet><w:Option Name='WINRS_CODEPAGE'>65001</w:Option></w:OptionSet>",
            "<rsp:Shell ShellId='" SHELL_ID "'><rsp:InputStreams> stdin\n pr </rsp:InputStreams>"
            "<rsp:Environment><rsp:Variable Name='A'>b &amp; c</rsp:Variable>"
            "<rsp:Variable Name='E'/></rsp:Environment><rsp:Name> My shell </rsp:Name>"
            "<rsp:WorkingDirectory>/tmp/a b</rsp:WorkingDirectory><rsp:Lifetime>PT1H</rsp:Lifetime>"
            "<rsp:IdleTimeOut>PT120.000S</rsp:IdleTimeOut>"
            "<rsp:OutputStreams>stderr stdout</rsp:OutputStreams>"
            "<creationXml xmlns='http://schemas.microsoft.com/powershell'>AAAA</creationXml>"
            "</rsp:Shell>"),
        WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_shell);
    assert_string_equal(request.operation.shell_id, SHELL_ID);
    assert_string_equal(request.operation.shell_name, "My shell");
    assert_string_equal(request.operation.input_streams, "stdin pr");
    assert_string_equal(request.operation.output_streams, "stderr stdout");
    assert_int_equal(request.operation.idle_timeout, 120000);
    assert_int_equal(request.operation.lifetime, 3600000);
    assert_string_equal(create->working_directory, "/tmp/a b");
    assert_int_equal(create->environment.count, 2);
    check_item(&create->environment, 0, "A", "b & c", 0);
    check_item(&create->environment, 1, "E", "", 0);
    assert_string_equal(
        create->creation_xml,
        "<creationXml xmlns='http://schemas.microsoft.com/powershell'>AAAA</creationXml>");
    check_item(&create->options, 0, "WINRS_CODEPAGE", "65001", 0);
    assert_int_equal(create->timeout, request.operation.timeout);
}

static void reads_a_bare_shell(void **state)
{
    (void)state;
    assert_int_equal(read_create("<rsp:Shell Name='N'><rsp:IdleTimeOut> 120 </rsp:IdleTimeOut>"
                                 "</rsp:Shell>"),
                     WSMAN_request);
    assert_null(request.operation.shell_id);
    assert_string_equal(request.operation.shell_name, "N");
    assert_null(request.operation.input_streams);
    assert_int_equal(request.operation.idle_timeout, 120000);
    assert_null(request.payload.shell_create.creation_xml);
    assert_int_equal(read_create("<rsp:Shell/>"), WSMAN_request);
    assert_int_equal(request.operation.idle_timeout, 0);
    assert_int_equal(read_create("<other/>"), WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_create);
}

/* P-4.6.3 and P-4.6.10: the same forms for both; a code stands for a refusal. */
static void reads_the_times_of_a_shell(void **state)
{
    static const struct {
        const char *text;
        uint64_t milliseconds;
        uint32_t idle_fault;
        uint32_t lifetime_fault;
    } rows[] = {
        {"PT1H", 3600000, 0, 0},
        {"P1D", 86400000, 0, 0},
        {"PT0.5S", 500, 0, 0},
        {"PT120.000S", 120000, 0, 0},
        {"P1DT2H", 93600000, 0, 0},
        {"P1Y2M", (365 + 60) * (uint64_t)86400000, 0, 0},
        {"P1W", 604800000, 0, 0},
        {" \n PT1M10S\t", 70000, 0, 0},
        {"7200", 7200000, 0, 0},
        {" 90 ", 90000, 0, 0},
        {"", 0, 0, 0},
        {" \n ", 0, 0, 0},
        {"P999999999999999999999Y", INT64_MAX, 0, 0},
        {"PT99999999999999999999S", INT64_MAX, 0, 0},
        {"99999999999999999999", INT64_MAX, 0, 0},
        {"PT0S", 0, FAULT_idle_timeout, FAULT_invalid_parameter},
        {"PT0.0001S", 0, FAULT_idle_timeout, FAULT_invalid_parameter},
        {"0", 0, FAULT_idle_timeout, FAULT_invalid_parameter},
        {"-PT1H", 0, FAULT_idle_timeout, FAULT_invalid_parameter},
        {"-5", 0, FAULT_idle_timeout, FAULT_invalid_parameter},
        {"PT-1S", 0, FAULT_schema, FAULT_schema},
        {"- PT1S", 0, FAULT_schema, FAULT_schema},
        {"--PT1S", 0, FAULT_schema, FAULT_schema},
        {"+PT1S", 0, FAULT_schema, FAULT_schema},
        {"P", 0, FAULT_schema, FAULT_schema},
        {"P1DT", 0, FAULT_schema, FAULT_schema},
        {"1H", 0, FAULT_schema, FAULT_schema},
        {"PT1", 0, FAULT_schema, FAULT_schema},
        {"PT1H1H", 0, FAULT_schema, FAULT_schema},
        {"PT.5S", 0, FAULT_schema, FAULT_schema},
        {"PT0.5M", 0, FAULT_schema, FAULT_schema},
        {"pt1h", 0, FAULT_schema, FAULT_schema},
        {"1.5", 0, FAULT_schema, FAULT_schema},
        {"soon", 0, FAULT_schema, FAULT_schema},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char body[256];

        snprintf(body, sizeof(body), "<rsp:Shell><rsp:%s>%s</rsp:%s></rsp:Shell>", "IdleTimeOut",
                 rows[i].text, "IdleTimeOut");
        assert_int_equal(read_create(body), rows[i].idle_fault ? WSMAN_fault : WSMAN_request);
        assert_int_equal(fault.code, rows[i].idle_fault);
        assert_int_equal(request.operation.idle_timeout, rows[i].milliseconds);
        assert_int_equal(request.operation.lifetime, 0);
        snprintf(body, sizeof(body), "<rsp:Shell><rsp:%s>%s</rsp:%s></rsp:Shell>", "Lifetime",
                 rows[i].text, "Lifetime");
        assert_int_equal(read_create(body), rows[i].lifetime_fault ? WSMAN_fault : WSMAN_request);
        assert_int_equal(fault.code, rows[i].lifetime_fault);
        assert_int_equal(request.operation.lifetime, rows[i].milliseconds);
        assert_int_equal(request.operation.idle_timeout, 0);
    }
    check_refused(read_create("<rsp:Shell><rsp:Lifetime>1</rsp:Lifetime><rsp:Lifetime>2"
                              "</rsp:Lifetime></rsp:Shell>"),
                  FAULT_schema);
}

/* P-4.6.1 to P-4.6.6 */
static void refuses_a_wrong_shell(void **state)
{
    static const char name_of_256[] =
        "<rsp:Shell Name='"
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123"
        "0123456789012345678901234567890123456789012345678901234567890123'/>";

    (void)state;
    check_refused(read_create("<rsp:Shell ShellId='1'/>"), FAULT_shell_id);
    check_refused(read_create("<rsp:Shell ShellId=''/>"), FAULT_shell_id);
    check_refused(read_create("<rsp:Shell ShellId='uuid:" SHELL_ID "'/>"), FAULT_shell_id);
    check_refused(read_create(name_of_256), FAULT_shell_name);
    check_refused(read_create("<rsp:Shell><rsp:IdleTimeOut>soon</rsp:IdleTimeOut></rsp:Shell>"),
                  FAULT_schema);
    check_refused(read_create("<rsp:Shell><rsp:IdleTimeOut>PT0S</rsp:IdleTimeOut></rsp:Shell>"),
                  FAULT_idle_timeout);
    check_refused(read_create("<rsp:Shell><a xmlns='u'/><b xmlns='u'/></rsp:Shell>"), FAULT_schema);
    check_refused(read_create("<rsp:Shell><rsp:InputStreams>a</rsp:InputStreams>"
                              "<rsp:InputStreams>b</rsp:InputStreams></rsp:Shell>"),
                  FAULT_schema);
    check_refused(read_create("<rsp:Shell><rsp:Environment><rsp:Variable>x</rsp:Variable>"
                              "</rsp:Environment></rsp:Shell>"),
                  FAULT_schema);
    check_refused(read_create("<rsp:Shell><rsp:Environment><rsp:Variable Name='A=B'/>"
                              "</rsp:Environment></rsp:Shell>"),
                  FAULT_schema);
}

/* P-4.7 */
static void reads_a_command(void **state)
{
    const struct message_command_create *create = &request.payload.command_create;

    (void)state;
    assert_int_equal(
        read_shell("Command", SELECTORS,
                   "<rsp:CommandLine CommandId='" OTHER_ID "'>"
                   "<rsp:Command><![CDATA[echo \"a\" && <b>]]></rsp:Command>"
                   "<rsp:Arguments> one </rsp:Arguments><rsp:Arguments>two</rsp:Arguments>"
                   "</rsp:CommandLine>"),
        WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_command);
    assert_string_equal(request.operation.command_id, OTHER_ID);
    assert_string_equal(create->command_id, OTHER_ID);
    assert_string_equal(create->command_line, "echo \"a\" && <b>");
    assert_int_equal(create->arguments.count, 2);
    check_item(&create->arguments, 0, NULL, " one ", 0);
    check_item(&create->arguments, 1, NULL, "two", 0);
    assert_int_equal(
        read_shell("Command", SELECTORS, "<rsp:CommandLine><rsp:Command/></rsp:CommandLine>"),
        WSMAN_request);
    assert_string_equal(create->command_line, "");
    assert_null(create->command_id);
}

static void refuses_a_wrong_command(void **state)
{
    (void)state;
    check_refused(read_shell("Command", SELECTORS, ""), FAULT_schema);
    check_refused(read_shell("Command", SELECTORS, "<rsp:Command/>"), FAULT_schema);
    check_refused(read_shell("Command", SELECTORS, "<rsp:CommandLine/>"), FAULT_schema);
    check_refused(read_shell("Command", SELECTORS,
                             "<rsp:CommandLine><rsp:Command/><rsp:Command/></rsp:CommandLine>"),
                  FAULT_schema);
    check_refused(read_shell("Command", SELECTORS,
                             "<rsp:CommandLine CommandId='7'><rsp:Command/></rsp:CommandLine>"),
                  FAULT_command_id);
}

/* P-4.8.1 and P-4.8.2 */
static void reads_input(void **state)
{
    const struct message_send_input *send = &request.payload.send_input;

    (void)state;
    assert_int_equal(
        read_shell("Send", SELECTORS,
                   "<rsp:Send><rsp:Stream Name='stdin' CommandId='" OTHER_ID "'>aGVs\nbG8=\n"
                   "</rsp:Stream><rsp:Stream Name='stdin' CommandId='" OTHER_ID "' End='True'/>"
                   "<rsp:Stream Name='pr' CommandId='2d2a6f5b-3f6c-4e2d-8f49-0a6a3a6b7c11' "
                   "End='0'> \n </rsp:Stream></rsp:Send>"),
        WSMAN_request);
    assert_string_equal(send->command_id, OTHER_ID);
    assert_int_equal(send->streams.count, 3);
    check_item(&send->streams, 0, "stdin", "hello", 0);
    check_item(&send->streams, 1, "stdin", "", ITEM_END);
    check_item(&send->streams, 2, "pr", "", 0);
    assert_int_equal(read_shell("Send", SELECTORS,
                                "<rsp:Send><rsp:Stream Name='stdin'>AAEC</rsp:Stream></rsp:Send>"),
                     WSMAN_request);
    assert_null(send->command_id);
    assert_memory_equal(send->streams.item[0].value, "\0\1\2", 4);
    assert_int_equal(send->streams.item[0].length, 3);
}

/* P-3.5 and P-4.8.3 */
static void accepts_each_spelling_of_end(void **state)
{
    static const char *const spellings[] = {"true", "TRUE", "True", "1"};
    char body[256];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        snprintf(body, sizeof(body), "<rsp:Send><rsp:Stream Name='x' End='%s'/></rsp:Send>",
                 spellings[i]);
        assert_int_equal(read_shell("Send", SELECTORS, body), WSMAN_request);
        assert_int_equal(request.payload.send_input.streams.item[0].flags, ITEM_END);
    }
    check_refused(
        read_shell("Send", SELECTORS, "<rsp:Send><rsp:Stream Name='x' End='yes'/></rsp:Send>"),
        FAULT_schema);
}

static void refuses_wrong_input(void **state)
{
    (void)state;
    check_refused(read_shell("Send", SELECTORS, "<rsp:Send/>"), FAULT_schema);
    check_refused(
        read_shell("Send", SELECTORS, "<rsp:Send><rsp:Stream>AAAA</rsp:Stream></rsp:Send>"),
        FAULT_schema);
    check_refused(read_shell("Send", SELECTORS,
                             "<rsp:Send><rsp:Stream Name='stdin'>A</rsp:Stream></rsp:Send>"),
                  FAULT_schema);
    check_refused(
        read_shell("Send", SELECTORS,
                   "<rsp:Send><rsp:Stream Name='stdin'>AAAA<x/>AAAA</rsp:Stream></rsp:Send>"),
        FAULT_schema);
    check_refused(read_shell("Send", SELECTORS,
                             "<rsp:Send><rsp:Stream Name='stdin' CommandId='" OTHER_ID "'/>"
                             "<rsp:Stream Name='stdin'/></rsp:Send>"),
                  FAULT_invalid_parameter);
}

/* P-4.9.1 and P-4.9.6 */
static void reads_a_receive(void **state)
{
    const struct message_receive_output *receive = &request.payload.receive_output;

    (void)state;
    assert_int_equal(read_shell("Receive",
                                SELECTORS "<w:MaxEnvelopeSize>153600</w:MaxEnvelopeSize>",
                                "<rsp:Receive SequenceId='4'><rsp:DesiredStream CommandId='x'>"
                                "stdout\nstderr </rsp:DesiredStream></rsp:Receive>"),
                     WSMAN_request);
    assert_string_equal(receive->streams, "stdout stderr");
    assert_string_equal(receive->command_id, "x");
    assert_string_equal(request.operation.command_id, "x");
    assert_in_range(receive->room, 100000, 153600 * 3 / 4);
    assert_int_equal(read_shell("Receive", SELECTORS "<w:MaxEnvelopeSize>8192</w:MaxEnvelopeSize>",
                                "<rsp:Receive><rsp:DesiredStream/></rsp:Receive>"),
                     WSMAN_request);
    assert_null(receive->command_id);
    assert_string_equal(receive->streams, "");
    assert_int_equal(receive->room, 3072);
    check_refused(read_shell("Receive", SELECTORS, "<rsp:Receive/>"), FAULT_schema);
    check_refused(read_shell("Receive", SELECTORS, ""), FAULT_schema);
}

/* P-4.6.13 */
static void reads_whether_a_profile_is_wanted(void **state)
{
    static const struct {
        const char *option;
        bool no_profile;
    } rows[] = {
        {"", false},
        {"<w:Option Name='WINRS_NOPROFILE'>TRUE</w:Option>", true},
        {"<w:Option Name='winrs_noprofile' mustComply='true'>1</w:Option>", true},
        {"<w:Option Name='WINRS_NOPROFILE'>False</w:Option>", false},
        {"<w:Option Name='WINRS_NOPROFILE'>yes</w:Option>", false},
        {"<w:Option Name='WINRS_NOPROFILE'/>", false},
        {"<w:Option Name='NOPROFILE'>TRUE</w:Option>", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char header[256];

        snprintf(header, sizeof(header), "<w:OptionSet>%s</w:OptionSet>", rows[i].option);
        assert_int_equal(read_transfer("Create", header, "<rsp:Shell/>"), WSMAN_request);
        assert_int_equal(request.operation.no_profile, rows[i].no_profile);
    }
}

/* P-4.8.5 */
static void obeys_options_that_nobody_is_shown(void **state)
{
    static const char body[] = "<rsp:Receive><rsp:DesiredStream/></rsp:Receive>";
    static const char known[] =
        SELECTORS "<w:OptionSet s:mustUnderstand='true'><w:Option MustComply='true' "
                  "Name='wsman_cmdshell_option_KEEPALIVE'>True</w:Option></w:OptionSet>";
    static const char ignored[] =
        SELECTORS "<w:OptionSet><w:Option Name='OTHER'>x</w:Option></w:OptionSet>";
    static const char unknown[] = SELECTORS
        "<w:OptionSet><w:Option Name='OTHER' MustComply='true'>x</w:Option></w:OptionSet>";

    (void)state;
    assert_int_equal(read_shell("Receive", known, body), WSMAN_request);
    assert_int_equal(read_shell("Receive", ignored, body), WSMAN_request);
    check_refused(read_shell("Receive", unknown, body), FAULT_invalid_options);
    check_refused(read_shell("Signal", unknown, ""), FAULT_invalid_options);
    check_refused(read_shell("Send", unknown, ""), FAULT_invalid_options);
    check_refused(read_transfer("Delete", unknown, ""), FAULT_invalid_options);
    assert_int_equal(read_transfer("Delete", ignored, ""), WSMAN_request);
}

/* P-4.10.1 */
static void reads_a_signal(void **state)
{
    const struct message_signal_command *signal = &request.payload.signal_command;

    (void)state;
    assert_int_equal(read_shell("Signal", SELECTORS,
                                "<rsp:Signal CommandId='" OTHER_ID "'><rsp:Code> " SH
                                "/signal/Terminate </rsp:Code></rsp:Signal>"),
                     WSMAN_request);
    assert_string_equal(signal->command_id, OTHER_ID);
    assert_string_equal(signal->code, SH "/signal/Terminate");
    assert_true(request.operation.ending);
    assert_int_equal(read_shell("Signal", SELECTORS,
                                "<rsp:Signal><rsp:Code>powershell/signal/crtl_c</rsp:Code>"
                                "</rsp:Signal>"),
                     WSMAN_request);
    assert_null(signal->command_id);
    assert_false(request.operation.ending);
    check_refused(read_shell("Signal", SELECTORS, "<rsp:Signal/>"), FAULT_schema);
    check_refused(read_shell("Signal", SELECTORS, "<rsp:Signal><rsp:Code/></rsp:Signal>"),
                  FAULT_schema);
}

/* P-4.13.11, P-4.13.7, P-4.13.8 */
static void reads_a_disconnect(void **state)
{
    (void)state;
    assert_int_equal(read_shell("Disconnect", SELECTORS,
                                "<rsp:Disconnect><rsp:BufferMode> drop </rsp:BufferMode>"
                                "<rsp:IdleTimeOut>90</rsp:IdleTimeOut></rsp:Disconnect>"),
                     WSMAN_request);
    assert_int_equal(request.operation.idle_timeout, 90000);
    assert_int_equal(request.operation.buffering, BUFFERING_drop);
    assert_int_equal(read_shell("Disconnect", SELECTORS, "<rsp:Disconnect/>"), WSMAN_request);
    assert_int_equal(request.operation.idle_timeout, 0);
    assert_int_equal(request.operation.buffering, BUFFERING_none);
    check_refused(read_shell("Disconnect", SELECTORS, ""), FAULT_schema);
    check_refused(read_shell("Disconnect", "", "<rsp:Disconnect/>"), FAULT_missing_selector);
    check_refused(read_shell("Disconnect", SELECTORS,
                             "<rsp:Disconnect><rsp:BufferMode>None</rsp:BufferMode>"
                             "</rsp:Disconnect>"),
                  FAULT_schema);
    check_refused(read_shell("Disconnect", SELECTORS,
                             "<rsp:Disconnect><rsp:BufferMode/><rsp:BufferMode/>"
                             "</rsp:Disconnect>"),
                  FAULT_schema);
    check_refused(read_shell("Disconnect", SELECTORS,
                             "<rsp:Disconnect><rsp:IdleTimeOut>0</rsp:IdleTimeOut>"
                             "</rsp:Disconnect>"),
                  FAULT_idle_timeout);
    check_refused(read_shell("Disconnect", SELECTORS,
                             "<rsp:Disconnect><rsp:IdleTimeOut/><rsp:IdleTimeOut/>"
                             "</rsp:Disconnect>"),
                  FAULT_schema);
}

/* P-4.13.11 */
static void reads_a_reconnect(void **state)
{
    const struct message_reconnect_shell *reconnect = &request.payload.reconnect_shell;

    (void)state;
    assert_int_equal(read_shell("Reconnect", SELECTORS, ""), WSMAN_request);
    assert_null(reconnect->command_id);
    assert_int_equal(read_shell("Reconnect", SELECTORS,
                                "<rsp:Reconnect CommandId='C1'><rsp:BufferMode>Block"
                                "</rsp:BufferMode></rsp:Reconnect>"),
                     WSMAN_request);
    assert_string_equal(reconnect->command_id, "C1");
    assert_string_equal(request.operation.command_id, "C1");
    assert_int_equal(request.operation.buffering, BUFFERING_block);
    check_refused(read_shell("Reconnect", SELECTORS, "<rsp:Connect/>"), FAULT_schema);
}

/* P-4.13.11 */
static void reads_a_connect(void **state)
{
    const struct message_connect_shell *connect = &request.payload.connect_shell;

    (void)state;
    assert_int_equal(read_shell("Connect",
                                SELECTORS
                                "<w:OptionSet><w:Option Name='protocolversion'>2.3</w:Option>"
                                "</w:OptionSet><w:OperationTimeout>PT5S</w:OperationTimeout>",
                                "<rsp:Connect><q:connectXml xmlns:q='urn:q'>AA</q:connectXml>"
                                "<rsp:BufferMode>Drop</rsp:BufferMode></rsp:Connect>"),
                     WSMAN_request);
    assert_string_equal(connect->connect_xml, "<q:connectXml xmlns:q='urn:q'>AA</q:connectXml>");
    assert_null(connect->command_id);
    assert_int_equal(connect->timeout, 5000);
    check_item(&connect->options, 0, "protocolversion", "2.3", 0);
    assert_int_equal(request.operation.options, 1);
    assert_int_equal(request.operation.buffering, BUFFERING_drop);
    assert_int_equal(read_shell("Connect", SELECTORS, "<rsp:Connect CommandId='C1'/>"),
                     WSMAN_request);
    assert_string_equal(connect->command_id, "C1");
    assert_null(connect->connect_xml);
    check_refused(read_shell("Connect", SELECTORS, ""), FAULT_schema);
    check_refused(
        read_shell("Connect", SELECTORS, "<rsp:Connect><a xmlns='x'/><b xmlns='x'/></rsp:Connect>"),
        FAULT_schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_shell),
        cmocka_unit_test(reads_a_bare_shell),
        cmocka_unit_test(reads_the_times_of_a_shell),
        cmocka_unit_test(refuses_a_wrong_shell),
        cmocka_unit_test(reads_a_command),
        cmocka_unit_test(refuses_a_wrong_command),
        cmocka_unit_test(reads_input),
        cmocka_unit_test(accepts_each_spelling_of_end),
        cmocka_unit_test(refuses_wrong_input),
        cmocka_unit_test(reads_a_receive),
        cmocka_unit_test(reads_whether_a_profile_is_wanted),
        cmocka_unit_test(obeys_options_that_nobody_is_shown),
        cmocka_unit_test(reads_a_signal),
        cmocka_unit_test(reads_a_disconnect),
        cmocka_unit_test(reads_a_reconnect),
        cmocka_unit_test(reads_a_connect),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
