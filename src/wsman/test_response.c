/* SPDX-License-Identifier: ISC */

/* Responses; the rules are those of docs/protocol.md, P-3.3 and P-4. */
#include "base/guid.h"
#include "configuration_elements.h"
#include "wsman/test_answer.h"

static void read_receive(const char *uri, const char *command_id)
{
    char headers[4096];
    char body[512];

    snprintf(headers, sizeof(headers),
             "<a:To>x</a:To><a:MessageID> uuid:aB </a:MessageID><a:Action>" SHELL
             "/Receive</a:Action><w:ResourceURI>%s</w:ResourceURI>" SELECTORS,
             uri);
    snprintf(body, sizeof(body),
             "<rsp:Receive><rsp:DesiredStream%s>stdout stderr</rsp:DesiredStream></rsp:Receive>",
             command_id);
    assert_int_equal(read_parts(headers, body), WSMAN_request);
}

/* P-3.3 */
static void names_the_message_it_answers(void **state)
{
    const char *id;

    (void)state;
    assert_int_equal(read_shell("Signal",
                                SELECTORS "<p:OperationID>uuid:O</p:OperationID>"
                                          "<p:SequenceId>3</p:SequenceId>",
                                "<rsp:Signal><rsp:Code>x</rsp:Code></rsp:Signal>"),
                     WSMAN_request);
    wsman_write_done(&out, &request);
    check_text(finish(), "<s:Body><rsp:SignalResponse/></s:Body>");
    assert_string_equal(header_text(NS_addressing, "Action"), SHELL "/SignalResponse");
    assert_string_equal(header_text(NS_addressing, "RelatesTo"), "uuid:1");
    assert_string_equal(header_text(NS_addressing, "To"), ANONYMOUS_TO);
    assert_string_equal(header_text(NS_microsoft, "OperationID"), "uuid:O");
    assert_string_equal(header_text(NS_microsoft, "SequenceId"), "3");
    id = header_text(NS_addressing, "MessageID");
    assert_memory_equal(id, "uuid:", 5);
    assert_true(guid_valid(id + 5));

    assert_int_equal(read_transfer("Delete", SELECTORS, ""), WSMAN_request);
    wsman_write_done(&out, &request);
    check_text(finish(), "<s:Body></s:Body>");
    assert_string_equal(header_text(NS_addressing, "Action"), TRANSFER "DeleteResponse");
    assert_null(header_text(NS_microsoft, "OperationID"));
}

/* P-4.6.13 */
static void writes_whether_a_profile_is_loaded(void **state)
{
    struct message_shell_details shell = {.shell_id = SHELL_ID, .resource_uri = CMD_URI};

    (void)state;
    for (int i = 0; i < 2; i++) {
        shell.no_profile = i == 1;
        assert_int_equal(read_transfer("Get", "", ""), WSMAN_request);
        wsman_write_shell(&out, &request, &shell);
        check_text(finish(), i == 1 ? "<rsp:ProfileLoaded>No</rsp:ProfileLoaded>"
                                    : "<rsp:ProfileLoaded>Yes</rsp:ProfileLoaded>");
    }
}

/* P-4.13.11, W-15.2 */
static void writes_what_a_connect_gets(void **state)
{
    struct message_connect_answer told = {.input_streams = "stdin pr",
                                          .output_streams = "stdout",
                                          .response = "<?xml version='1.0'?><r xmlns='u'>A</r>"};

    (void)state;
    assert_int_equal(read_shell("Connect", SELECTORS, "<rsp:Connect/>"), WSMAN_request);
    wsman_write_connected(&out, reader, &request, &told);
    check_text(finish(), "<s:Body><rsp:ConnectResponse>"
                         "<rsp:InputStreams>stdin pr</rsp:InputStreams>"
                         "<rsp:OutputStreams>stdout</rsp:OutputStreams>"
                         "<r xmlns='u'>A</r></rsp:ConnectResponse></s:Body>");
    told.response = "<a/><b/>";
    wsman_write_connected(&out, reader, &request, &told);
    check_text(finish(), "</rsp:OutputStreams>&lt;a/&gt;&lt;b/&gt;</rsp:ConnectResponse>");
    told = (struct message_connect_answer){.response = ""};
    wsman_write_connected(&out, reader, &request, &told);
    check_text(finish(), "<s:Body><rsp:ConnectResponse/></s:Body>");
}

/* P-4.6.8 and P-4.6.9 */
static void writes_a_shell(void **state)
{
    const struct message_shell_details shell = {
        .shell_id = SHELL_ID,
        .name = "a<b",
        .resource_uri = CMD_URI,
        .owner = "DOMAIN\\user",
        .client_address = "192.0.2.1",
        .process = 123,
        .idle_timeout = 7200000,
        .max_idle_timeout = 2147483647,
        .input_streams = "stdin",
        .output_streams = "stdout stderr",
        .locale = "en-US",
        .run_time = 61000,
    };
    const char *text;

    (void)state;
    assert_int_equal(read_transfer("Create", "", "<rsp:Shell/>"), WSMAN_request);
    wsman_write_shell_created(&out, &request, &shell);
    text = finish();
    check_text(text, "<s:Body><x:ResourceCreated><a:Address>http://server/wsman</a:Address>"
                     "<a:ReferenceParameters><w:ResourceURI>" CMD_URI "</w:ResourceURI>" SELECTORS
                     "</a:ReferenceParameters></x:ResourceCreated><rsp:Shell xmlns:rsp=\"" SHELL
                     "\"><rsp:ShellId>" SHELL_ID "</rsp:ShellId><rsp:Name>a&lt;b</rsp:Name>"
                     "<rsp:ResourceUri>" CMD_URI "</rsp:ResourceUri>"
                     "<rsp:Owner>DOMAIN\\user</rsp:Owner><rsp:ClientIP>192.0.2.1</rsp:ClientIP>"
                     "<rsp:ProcessId>123</rsp:ProcessId><rsp:IdleTimeOut>PT7200.000S"
                     "</rsp:IdleTimeOut><rsp:InputStreams>stdin</rsp:InputStreams>"
                     "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams>"
                     "<rsp:MaxIdleTimeOut>PT2147483.647S</rsp:MaxIdleTimeOut>"
                     "<rsp:Locale>en-US</rsp:Locale><rsp:CompressionMode>");
    check_text(text, "<rsp:Encoding>UTF8</rsp:Encoding>");
    check_text(text, "<rsp:State>Connected</rsp:State>"
                     "<rsp:ShellRunTime>P0DT0H1M1S</rsp:ShellRunTime>"
                     "<rsp:ShellInactivity>P0DT0H0M0S</rsp:ShellInactivity></rsp:Shell></s:Body>");
    assert_int_equal(read_transfer("Get", SELECTORS, ""), WSMAN_request);
    wsman_write_shell(&out, &request, &shell);
    text = finish();
    check_text(text, "<s:Body><rsp:Shell ");
    assert_string_equal(header_text(NS_addressing, "Action"), TRANSFER "GetResponse");
}

static const char *write_part(const char *part)
{
    const struct message_configuration_details details = {
        .part = strcmp(part, "auth") == 0    ? CONFIGURATION_service_auth
                : strcmp(part, "winrs") == 0 ? CONFIGURATION_winrs
                                             : CONFIGURATION_config,
        .max_envelope = 500,
        .max_time = 60000,
        .basic = true,
        .channel_binding = "a<b",
        .remote_shells = true,
        .shell_idle = UINT64_MAX,
    };

    wsman_write_configuration(&out, &request, &details);
    return finish();
}

/* P-4.15.1 and P-4.15.2 */
static void writes_the_configuration(void **state)
{
    const char *text;

    (void)state;
    assert_int_equal(read_transfer("Get", "", ""), WSMAN_request);
    text = write_part("config");
    check_text(text, "<s:Body><cfg:Config xmlns:cfg=\"" CONFIGURATION_URI "\">"
                     "<cfg:MaxEnvelopeSizekb>500</cfg:MaxEnvelopeSizekb>"
                     "<cfg:MaxTimeoutms>60000</cfg:MaxTimeoutms>");
    check_text(text, "<cfg:TrustedHosts></cfg:TrustedHosts></cfg:Client><cfg:Service>");
    check_text(text, "</cfg:Winrs></cfg:Config></s:Body></s:Envelope>");
    assert_string_equal(header_text(NS_addressing, "Action"), TRANSFER "GetResponse");
    check_text(write_part("auth"),
               "<s:Body><cfg:Auth xmlns:cfg=\"" CONFIGURATION_URI "\"><cfg:Basic>true</cfg:Basic>"
               "<cfg:Kerberos>false</cfg:Kerberos><cfg:Negotiate>false</cfg:Negotiate>"
               "<cfg:Certificate>false</cfg:Certificate><cfg:CredSSP>false</cfg:CredSSP>"
               "<cfg:CbtHardeningLevel>a&lt;b</cfg:CbtHardeningLevel></cfg:Auth></s:Body>");
    check_text(write_part("winrs"), "<s:Body><cfg:Winrs xmlns:cfg=\"" CONFIGURATION_URI "\">"
                                    "<cfg:AllowRemoteShellAccess>true</cfg:AllowRemoteShellAccess>"
                                    "<cfg:IdleTimeout>18446744073709551615</cfg:IdleTimeout>");
}

/* P-4.15.5 and P-4.15.6 */
static void writes_a_listener_and_a_plugin(void **state)
{
    const struct message_listener_item listener = {.address = "*",
                                                   .tls = true,
                                                   .port = 5986,
                                                   .url_prefix = "wsman",
                                                   .thumbprint = "ab",
                                                   .listening_on = "0.0.0.0"};
    const struct ipc_item resources[] = {
        {.name = "urn:a&b", .flags = CAPABILITY_get | CAPABILITY_shell | RESOURCE_EXACT_MATCH},
        {.name = "urn:c", .flags = RESOURCE_SUPPORTS_OPTIONS}};
    const struct message_plugin_item plugin = {.name = "a \"b\"",
                                               .filename = "b.so",
                                               .sdk_version = 2,
                                               .enabled = true,
                                               .resources = {resources, 2}};

    (void)state;
    assert_int_equal(read_transfer("Get", "", ""), WSMAN_request);
    wsman_write_listener(&out, &request, &listener);
    check_text(finish(), "<s:Body><cfg:Listener xmlns:cfg=\"" CONFIGURATION_URI "\">"
                         "<cfg:Address>*</cfg:Address><cfg:Transport>HTTPS</cfg:Transport>"
                         "<cfg:Port>5986</cfg:Port><cfg:Hostname></cfg:Hostname>"
                         "<cfg:Enabled>true</cfg:Enabled><cfg:URLPrefix>wsman</cfg:URLPrefix>"
                         "<cfg:CertificateThumbprint>ab</cfg:CertificateThumbprint>"
                         "<cfg:ListeningOn>0.0.0.0</cfg:ListeningOn></cfg:Listener></s:Body>");
    wsman_write_plugin(&out, &request, &plugin);
    check_text(finish(),
               "<Resources><Resource ResourceUri=\"urn:a&amp;b\" "
               "SupportsOptions=\"false\" ExactMatch=\"true\"><Capability Type=\"Get\" "
               "SupportsFragment=\"false\" SupportsFiltering=\"false\"/><Capability "
               "Type=\"Shell\" SupportsFragment=\"false\" SupportsFiltering=\"false\"/>"
               "</Resource><Resource ResourceUri=\"urn:c\" SupportsOptions=\"true\" "
               "ExactMatch=\"false\"></Resource></Resources><Quotas IdleTimeoutms=\"0\" ");
    assert_string_equal(
        soap_attribute(soap_child(answer.root, NS_soap, "Body")->first, NS_none, "Name"),
        "a \"b\"");
}

static void writes_a_command(void **state)
{
    (void)state;
    assert_int_equal(
        read_shell("Command", SELECTORS, "<rsp:CommandLine><rsp:Command/></rsp:CommandLine>"),
        WSMAN_request);
    wsman_write_command(&out, &request, OTHER_ID);
    check_text(finish(), "<s:Body><rsp:CommandResponse><rsp:CommandId>" OTHER_ID
                         "</rsp:CommandId></rsp:CommandResponse></s:Body>");
}

static const struct ipc_item chunk_items[] = {{"stdout", "one", 3, 0},
                                              {"stderr", "", 0, 0},
                                              {"stderr", "two", 3, ITEM_END},
                                              {"stdout", NULL, 0, ITEM_END}};

/* P-4.9.3 and P-4.9.4 */
static void separates_data_and_end(void **state)
{
    struct message_output output = {
        .chunks = {chunk_items, 4}, .state = COMMAND_STATE_done, .exit_code = 4294967295u};

    (void)state;
    read_receive(CMD_URI, " CommandId='C1'");
    wsman_write_output(&out, &request, &output);
    check_text(finish(), "<s:Body><rsp:ReceiveResponse>"
                         "<rsp:Stream Name=\"stdout\" CommandId=\"C1\">b25l</rsp:Stream>"
                         "<rsp:Stream Name=\"stderr\" CommandId=\"C1\">dHdv</rsp:Stream>"
                         "<rsp:Stream Name=\"stderr\" CommandId=\"C1\" End=\"true\"></rsp:Stream>"
                         "<rsp:Stream Name=\"stdout\" CommandId=\"C1\" End=\"true\"></rsp:Stream>"
                         "<rsp:CommandState CommandId=\"C1\" State=\"" SHELL "/CommandState/Done\">"
                         "<rsp:ExitCode>4294967295</rsp:ExitCode></rsp:CommandState>"
                         "</rsp:ReceiveResponse></s:Body>");
    assert_string_equal(header_text(NS_addressing, "RelatesTo"), "uuid:aB");
}

/* P-4.9.2 */
static void gives_each_command_of_the_text_shell_a_state(void **state)
{
    struct message_output output = {.chunks = {chunk_items, 1}};

    (void)state;
    read_receive(CMD_URI, " CommandId='C1'");
    wsman_write_output(&out, &request, &output);
    check_text(finish(), "<rsp:CommandState CommandId=\"C1\" State=\"" SHELL
                         "/CommandState/Running\"></rsp:CommandState>");
    read_receive("http://example.org/shell", " CommandId='C1'");
    wsman_write_output(&out, &request, &output);
    assert_null(strstr(finish(), "CommandState"));
    output.state = COMMAND_STATE_other;
    output.state_uri = "urn:waiting";
    wsman_write_output(&out, &request, &output);
    check_text(finish(), "State=\"urn:waiting\"></rsp:CommandState>");
    output.state = COMMAND_STATE_pending;
    wsman_write_output(&out, &request, &output);
    check_text(finish(), "/CommandState/Pending\"></rsp:CommandState>");
}

/* P-4.9.5 */
static void gives_a_shell_no_state(void **state)
{
    struct message_output output = {.chunks = {chunk_items, 1}, .state = COMMAND_STATE_running};

    (void)state;
    read_receive(CMD_URI, "");
    wsman_write_output(&out, &request, &output);
    check_text(finish(), "<s:Body><rsp:ReceiveResponse><rsp:Stream Name=\"stdout\">b25l"
                         "</rsp:Stream></rsp:ReceiveResponse></s:Body>");
}

/* P-4.9.6 */
static void fills_the_room_and_not_more(void **state)
{
    char *data = calloc(1, 153600);
    struct ipc_item item = {"stdout", data, 0, 0};
    struct message_output output = {.chunks = {&item, 1}, .state = COMMAND_STATE_running};
    struct buffer small;

    (void)state;
    read_receive(CMD_URI, " CommandId='" OTHER_ID "'");
    request.response_limit = 153600;
    item.length = (153600 - 4096) / 4 * 3;
    buffer_init(&small, request.response_limit);
    wsman_write_output(&small, &request, &output);
    assert_false(small.failed);
    item.length = 153600;
    buffer_reset(&small);
    wsman_write_output(&small, &request, &output);
    assert_true(small.failed);
    buffer_free(&small);
    free(data);
}

static void identifies(void **state)
{
    static const char *const profiles[] = {"http/basic", "https/basic"};
    const struct wsman_identity identity = {.vendor = "winrmd",
                                            .version = "OS: 0.0.0 SP: 0.0 Stack: 3.0",
                                            .profiles = profiles,
                                            .profile_count = 2};
    const char *text;

    (void)state;
    wsman_write_identify(&out, &identity);
    text = finish();
    check_text(text, "<s:Header/><s:Body><wsmid:IdentifyResponse ");
    check_text(text, "<wsmid:ProductVendor>winrmd</wsmid:ProductVendor>"
                     "<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</wsmid:ProductVersion>"
                     "<wsmid:SecurityProfiles><wsmid:SecurityProfileName>http://schemas.dmtf.org/"
                     "wbem/wsman/1/wsman/secprofile/http/basic</wsmid:SecurityProfileName>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_message_it_answers),
        cmocka_unit_test(writes_what_a_connect_gets),
        cmocka_unit_test(writes_a_shell),
        cmocka_unit_test(writes_the_configuration),
        cmocka_unit_test(writes_a_listener_and_a_plugin),
        cmocka_unit_test(writes_whether_a_profile_is_loaded),
        cmocka_unit_test(writes_a_command),
        cmocka_unit_test(separates_data_and_end),
        cmocka_unit_test(gives_each_command_of_the_text_shell_a_state),
        cmocka_unit_test(gives_a_shell_no_state),
        cmocka_unit_test(fills_the_room_and_not_more),
        cmocka_unit_test(identifies),
    };

    return cmocka_run_group_tests(tests, answer_setup, answer_teardown);
}
