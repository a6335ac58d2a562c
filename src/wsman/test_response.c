/* SPDX-License-Identifier: ISC */

/* Responses and faults; the rules are those of docs/protocol.md, P-3.3, P-4 and P-5. */

#include "wsman/test_support.h"

#include "base/guid.h"
#include "configuration_elements.h"
#include "wsman/fault.h"

static struct buffer out;
static struct soap_document answer;
static struct arena answer_arena;

static int setup(void **state)
{
    buffer_init(&out, 65536);
    arena_init(&answer_arena, 1024 * 1024);
    return test_setup(state);
}

static int teardown(void **state)
{
    buffer_free(&out);
    arena_free(&answer_arena);
    return test_teardown(state);
}

/* The finished answer as a text and as a tree; nothing stands between its elements. */
static const char *finish(void)
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

static const struct soap_element *header_of(void)
{
    return soap_child(answer.root, NS_soap, "Header");
}

static const char *header_text(enum namespace_id space, const char *name)
{
    const struct soap_element *element = soap_child(header_of(), space, name);

    return element == NULL ? NULL : element->text;
}

static void check_text(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        print_message("missing: %s\nin: %s\n", part, text);
    assert_non_null(strstr(text, part));
}

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

/* ---- faults ---- */

static const char *write_fault(const struct wsman_fault *given)
{
    wsman_write_fault(&out, reader, &request, given);
    return finish();
}

static void has_one_row_for_each_code(void **state)
{
    (void)state;
    assert_int_equal(wsman_fault_row(5)->code, 5);
    assert_string_equal(wsman_fault_row(5)->name, "access_denied");
    assert_string_equal(wsman_fault_row(FAULT_timed_out)->subcode, "w:TimedOut");
    assert_int_equal(wsman_fault_row(12345)->code, FAULT_internal_error);
    assert_int_equal(wsman_fault_row(0)->code, FAULT_internal_error);
}

#define F(name, code, value, subcode, detail, family, text) code,
static const uint32_t codes[] = {FAULT_TABLE(F)};
#undef F

static void writes_each_fault(void **state)
{
    (void)state;
    assert_int_equal(read_transfer("Get", SELECTORS, ""), WSMAN_request);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
        const struct wsman_fault_row *row = wsman_fault_row(codes[i]);
        const struct wsman_fault given = {.code = codes[i], .machine = "host"};
        char part[512];
        const char *text = write_fault(&given);

        assert_int_equal(row->code, codes[i]);
        assert_string_equal(header_text(NS_addressing, "Action"), row->action);
        assert_string_equal(header_text(NS_addressing, "RelatesTo"), "uuid:1");
        snprintf(part, sizeof(part), "<s:Body><s:Fault><s:Code><s:Value>%s</s:Value>%s%s%s",
                 row->value, row->subcode != NULL ? "<s:Subcode><s:Value>" : "",
                 row->subcode != NULL ? row->subcode : "",
                 row->subcode != NULL ? "</s:Value></s:Subcode>" : "");
        check_text(text, part);
        snprintf(part, sizeof(part), " Code=\"%u\" Machine=\"host\"><f:Message>%s</f:Message>",
                 codes[i], row->text);
        check_text(text, part);
        assert_int_equal(row->subcode == NULL,
                         codes[i] == FAULT_must_understand || codes[i] == FAULT_version_mismatch);
    }
}

/* P-5.1 to P-5.3 */
static void says_what_the_table_says(void **state)
{
    const struct wsman_fault not_found = {.code = FAULT_not_found, .machine = "HOST"};
    const struct wsman_fault timed_out = {.code = FAULT_timed_out, .text = "zu langsam"};
    const struct wsman_fault unknown = {.code = 0x80540bc7u};

    (void)state;
    assert_int_equal(read_transfer("Get", SELECTORS, ""), WSMAN_request);
    check_text(write_fault(&not_found),
               "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:InvalidSelectors"
               "</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang=\"en-US\">"
               "The shell or command does not exist.</s:Text></s:Reason><s:Detail>"
               "<w:FaultDetail>http://schemas.dmtf.org/wbem/wsman/1/wsman/faultDetail/"
               "UnexpectedSelectors</w:FaultDetail><f:WSManFault xmlns:f=\"http://schemas."
               "microsoft.com/wbem/wsman/1/wsmanfault\" Code=\"2150858843\" Machine=\"HOST\">"
               "<f:Message>The shell or command does not exist.</f:Message></f:WSManFault>"
               "</s:Detail></s:Fault></s:Body></s:Envelope>");
    check_text(write_fault(&timed_out), "OperationTimeout");
    check_text(write_fault(&unknown), "<s:Value>w:InternalError</s:Value>");
    check_text(write_fault(&unknown), "Code=\"2152991687\"");
}

/* P-5.4 and P-5.6 */
static void repeats_a_given_text_word_for_word(void **state)
{
    struct wsman_fault quota = {.code = FAULT_quota_operations,
                                .text = "2 of 2 operations; one frees when one ends <now>."};
    struct wsman_fault denied = {.code = FAULT_access_denied, .decision = "D-17"};
    const char *text;

    (void)state;
    assert_int_equal(read_transfer("Get", SELECTORS, ""), WSMAN_request);
    text = write_fault(&quota);
    check_text(text, "<s:Text xml:lang=\"en-US\">2 of 2 operations; one frees when one ends "
                     "&lt;now&gt;.</s:Text>");
    check_text(text, "<f:Message>2 of 2 operations; one frees when one ends &lt;now&gt;."
                     "</f:Message></f:WSManFault><p:MSFT_WmiError ");
    check_text(text, "<p:error_Code>2150859174</p:error_Code>");
    check_text(text, "<p:MessageID>HRESULT 0x803381a6</p:MessageID>");
    text = write_fault(&denied);
    check_text(text, ">Access is denied. Decision D-17.</s:Text>");
    check_text(text, "<f:Message>Access is denied. Decision D-17.</f:Message>");
    denied.text = "Denied (D-17).";
    check_text(write_fault(&denied), ">Denied (D-17).</s:Text>");
}

/* P-5.5 */
static void quotes_a_provider(void **state)
{
    struct wsman_fault failed = {
        .code = 1223, .provider = "My \"plug-in\"", .provider_path = "/p.so", .extended = "a < b"};
    const char *text;

    (void)state;
    assert_int_equal(read_transfer("Get", SELECTORS, ""), WSMAN_request);
    check_text(write_fault(&failed),
               "<f:Message><f:ProviderFault provider=\"My &quot;plug-in&quot;\" path=\"/p.so\">"
               "a &lt; b</f:ProviderFault></f:Message>");
    check_text(write_fault(&failed), "<s:Text xml:lang=\"en-US\">a &lt; b</s:Text>");
    failed.extended = "<?xml version=\"1.0\"?><e xmlns=\"urn:e\"><f>g</f></e>\n";
    check_text(write_fault(&failed),
               "path=\"/p.so\"><e xmlns=\"urn:e\"><f>g</f></e></f:ProviderFault></f:Message>");
    check_text(write_fault(&failed), ">The operation was cancelled.</s:Text>");
    failed.extended = "<e><unclosed></e>";
    check_text(write_fault(&failed), ">&lt;e&gt;&lt;unclosed&gt;&lt;/e&gt;</f:ProviderFault>");
    failed.extended = NULL;
    failed.text = "No.";
    text = write_fault(&failed);
    check_text(text, "<f:Message>No.<f:ProviderFault ");
    check_text(text, ">No.</f:ProviderFault></f:Message>");
}

/* P-5.7 */
static void names_the_header_not_understood(void **state)
{
    (void)state;
    assert_int_equal(read_transfer("Get", "<q:Price xmlns:q='urn:\"q' s:mustUnderstand='1'/>", ""),
                     WSMAN_fault);
    check_text(write_fault(&fault), "<s:NotUnderstood qname=\"q:Price\" xmlns:q=\"urn:&quot;q\"/>");
    check_text(write_fault(&fault), "<s:Value>s:MustUnderstand</s:Value></s:Code>");
    assert_int_equal(read_transfer("Get", "<Price s:mustUnderstand='1'/>", ""), WSMAN_fault);
    check_text(write_fault(&fault), "<s:NotUnderstood qname=\"Price\"/>");
}

static void writes_a_fault_without_a_request(void **state)
{
    const struct wsman_fault given = {.code = FAULT_endpoint_unavailable};

    (void)state;
    wsman_write_fault(&out, NULL, NULL, &given);
    finish();
    assert_null(header_text(NS_addressing, "RelatesTo"));
    assert_non_null(header_text(NS_addressing, "MessageID"));
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
        cmocka_unit_test(has_one_row_for_each_code),
        cmocka_unit_test(writes_each_fault),
        cmocka_unit_test(says_what_the_table_says),
        cmocka_unit_test(repeats_a_given_text_word_for_word),
        cmocka_unit_test(quotes_a_provider),
        cmocka_unit_test(names_the_header_not_understood),
        cmocka_unit_test(writes_a_fault_without_a_request),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
