/* SPDX-License-Identifier: ISC */

/*
 * Bodies of operations on a shell that is there; the rules are those of docs/protocol.md, P-4.7 to
 * P-4.13.
 */
#include "wsman/test_support.h"

#define SH SHELL

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
        cmocka_unit_test(reads_a_command),
        cmocka_unit_test(refuses_a_wrong_command),
        cmocka_unit_test(reads_input),
        cmocka_unit_test(accepts_each_spelling_of_end),
        cmocka_unit_test(refuses_wrong_input),
        cmocka_unit_test(reads_a_receive),
        cmocka_unit_test(obeys_options_that_nobody_is_shown),
        cmocka_unit_test(reads_a_signal),
        cmocka_unit_test(reads_a_disconnect),
        cmocka_unit_test(reads_a_reconnect),
        cmocka_unit_test(reads_a_connect),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
