/* SPDX-License-Identifier: ISC */

/* Headers and actions of requests; the rules are those of docs/protocol.md, P-3. */

#include "wsman/test_support.h"

#include "input_limits.h"

static void reads_the_headers(void **state)
{
    (void)state;
    assert_int_equal(
        read_transfer("Delete",
                      SELECTORS
                      "<w:MaxEnvelopeSize s:mustUnderstand='true'> 153600 </w:MaxEnvelopeSize>"
                      "<w:OperationTimeout>PT20S</w:OperationTimeout>"
                      "<a:ReplyTo><a:Address>" ANONYMOUS_TO "</a:Address></a:ReplyTo>"
                      "<w:Locale xml:lang='de-DE' s:mustUnderstand='false'/>"
                      "<p:DataLocale xml:lang='fr-FR'/>"
                      "<p:SessionId>uuid:S</p:SessionId><p:OperationID> uuid:O\n</p:OperationID>"
                      "<p:SequenceId>7</p:SequenceId><p:ActivityId>act</p:ActivityId>"
                      "<q:Unknown xmlns:q='urn:q' mustUnderstand='true'/>",
                      ""),
        WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_delete);
    assert_string_equal(request.operation.action, TRANSFER "Delete");
    assert_string_equal(request.operation.resource_uri, CMD_URI);
    assert_string_equal(request.operation.message_id, "uuid:1");
    assert_string_equal(request.operation.operation_id, "uuid:O");
    assert_string_equal(request.operation.locale, "de-DE");
    assert_string_equal(request.operation.data_locale, "fr-FR");
    assert_string_equal(request.operation.shell_id, SHELL_ID);
    assert_int_equal(request.operation.timeout, 20000);
    assert_int_equal(request.response_limit, 153600);
    assert_string_equal(request.sequence_id, "7");
    assert_string_equal(request.operation.session_id, "uuid:S");
    assert_string_equal(request.activity_id, "act");
    assert_string_equal(request.to, "http://server/wsman");
    assert_int_equal(request.selectors.count, 1);
    assert_null(request.body);
}

static void has_defaults(void **state)
{
    (void)state;
    assert_int_equal(read_transfer("Get", "", " "), WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_get);
    assert_int_equal(request.operation.timeout, limits.max_time);
    assert_int_equal(request.response_limit, limits.max_envelope);
    assert_null(request.operation.locale);
    assert_null(request.operation.shell_id);
    assert_int_equal(read_transfer("Get", "<w:OperationTimeout>PT2M</w:OperationTimeout>", ""),
                     WSMAN_request);
    assert_int_equal(request.operation.timeout, limits.max_time);
    assert_int_equal(read_transfer("Get", "<w:OperationTimeout>PT0S</w:OperationTimeout>", ""),
                     WSMAN_request);
    assert_int_equal(request.operation.timeout, 1);
    assert_int_equal(
        read_transfer("Get", "<w:MaxEnvelopeSize>99999999999999999999999</w:MaxEnvelopeSize>", ""),
        WSMAN_request);
    assert_int_equal(request.response_limit, limits.max_envelope);
}

/* P-3.2: one wrong header each, in a Get that is right otherwise. */
static void refuses_wrong_headers(void **state)
{
    static const struct {
        const char *header;
        uint32_t code;
        const char *detail;
    } rows[] = {
        {"<a:ReplyTo><a:Address>http://elsewhere/</a:Address></a:ReplyTo>", FAULT_addressing_mode,
         NULL},
        {"<a:ReplyTo/>", FAULT_addressing_mode, NULL},
        {"<a:FaultTo><a:Address>http://elsewhere/</a:Address></a:FaultTo>", FAULT_addressing_mode,
         NULL},
        {"<a:MessageID>uuid:2</a:MessageID>", FAULT_header_invalid, NULL},
        {"<a:Action>x</a:Action>", FAULT_header_invalid, NULL},
        {"<w:MaxEnvelopeSize>8191</w:MaxEnvelopeSize>", FAULT_envelope_too_small, NULL},
        {"<w:MaxEnvelopeSize>-1</w:MaxEnvelopeSize>", FAULT_header_invalid, NULL},
        {"<w:MaxEnvelopeSize/>", FAULT_header_invalid, NULL},
        {"<w:OperationTimeout>PT-1S</w:OperationTimeout>", FAULT_header_invalid, "InvalidTimeout"},
        {"<w:OperationTimeout>60</w:OperationTimeout>", FAULT_header_invalid, "InvalidTimeout"},
        {"<w:OperationTimeout/>", FAULT_header_invalid, "InvalidTimeout"},
        {"<w:Locale s:mustUnderstand='true' xml:lang='de'/>", FAULT_locale, NULL},
        {"<p:SequenceId>-1</p:SequenceId>", FAULT_header_invalid, NULL},
        {"<p:OperationID/>", FAULT_header_invalid, NULL},
        {"<q:X xmlns:q='urn:q' s:mustUnderstand='1'/>", FAULT_must_understand, NULL},
        {"<q:X xmlns:q='urn:q' s:mustUnderstand='true'/>", FAULT_must_understand, NULL},
        {"<rsp:CompressionType s:mustUnderstand='true'>xpress</rsp:CompressionType>",
         FAULT_must_understand, NULL},
        {"<rsp:CompressionType>xpress</rsp:CompressionType>", FAULT_must_understand, NULL},
        {"<w:FragmentTransfer>x</w:FragmentTransfer>", FAULT_unsupported_feature,
         "FragmentLevelAccess"},
        {"<w:SelectorSet><w:Selector>x</w:Selector></w:SelectorSet>", FAULT_invalid_selectors,
         NULL},
        {"<w:SelectorSet><w:Selector Name='A'>x</w:Selector><w:Selector Name='a'>y</w:Selector>"
         "</w:SelectorSet>",
         FAULT_duplicate_selectors, NULL},
        {"<w:SelectorSet><w:Selector Name='A'><a:EndpointReference/></w:Selector></w:SelectorSet>",
         FAULT_selector_type, NULL},
        {"<w:OptionSet><w:Option>x</w:Option></w:OptionSet>", FAULT_option_name, NULL},
        {"<w:OptionSet><w:Option Name='A' MustComply='maybe'/></w:OptionSet>", FAULT_option_value,
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_transfer("Get", rows[i].header, ""), WSMAN_fault);
        if (fault.code != rows[i].code)
            print_message("%s: code %u\n", rows[i].header, fault.code);
        assert_int_equal(fault.code, rows[i].code);
        if (rows[i].detail != NULL)
            assert_string_equal(fault.detail, rows[i].detail);
        assert_non_null(fault.text);
        assert_string_equal(request.operation.message_id, "uuid:1");
    }
}

/* P-3.2.1 to P-3.2.5 */
static void requires_four_headers(void **state)
{
    static const char *const all[] = {"<a:To>x</a:To>", "<a:MessageID>uuid:1</a:MessageID>",
                                      "<a:Action>" TRANSFER "Get</a:Action>",
                                      "<w:ResourceURI>" CMD_URI "</w:ResourceURI>"};

    (void)state;
    for (int missing = -1; missing < 4; missing++) {
        char headers[1024] = "";

        for (int i = 0; i < 4; i++)
            if (i != missing)
                strcat(headers, all[i]);
        assert_int_equal(read_parts(headers, ""), missing < 0 ? WSMAN_request : WSMAN_fault);
        assert_int_equal(fault.code, missing < 0 ? FAULT_none : FAULT_header_required);
    }
}

static void limits_uris_and_sets(void **state)
{
    char header[16384] = "<w:SelectorSet>";
    char long_uri[WSMAN_URI_BYTES + 2];

    (void)state;
    for (int i = 0; i <= WSMAN_SELECTORS; i++)
        snprintf(header + strlen(header), 64, "<w:Selector Name='n%d'>v</w:Selector>", i);
    strcat(header, "</w:SelectorSet>");
    assert_int_equal(read_transfer("Get", header, ""), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_too_many_selectors);

    strcpy(header, "<w:OptionSet>");
    for (int i = 0; i <= LIMIT_OPTIONS; i++)
        strcat(header, "<w:Option Name='n'>v</w:Option>");
    strcat(header, "</w:OptionSet>");
    assert_int_equal(read_transfer("Get", header, ""), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_too_many_options);

    memset(long_uri, 'x', sizeof(long_uri));
    long_uri[sizeof(long_uri) - 1] = 0;
    snprintf(header, sizeof(header),
             "<a:To>x</a:To><a:MessageID>uuid:1</a:MessageID><a:Action>x</a:Action>"
             "<w:ResourceURI>%s</w:ResourceURI>",
             long_uri);
    assert_int_equal(read_parts(header, ""), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_uri_too_long);
    long_uri[200] = 0;
    snprintf(header, sizeof(header), "<a:MessageID>%s</a:MessageID>", long_uri);
    assert_int_equal(read_parts(header, ""), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_header_invalid);
    assert_null(request.operation.message_id);
}

/* P-3.2.10 */
static void reads_options(void **state)
{
    (void)state;
    assert_int_equal(read_transfer("Get",
                                   "<w:OptionSet s:mustUnderstand='true'>"
                                   "<w:Option Name='A' MustComply='true' Type='x'>1</w:Option>"
                                   "<w:Option Name='B' mustComply='True'/>"
                                   "<w:Option Name='C' MustComply='false'>FALSE</w:Option>"
                                   "</w:OptionSet>",
                                   ""),
                     WSMAN_request);
    assert_true(request.options_must_understand);
    assert_int_equal(request.operation.options, 3);
    assert_int_equal(request.options.count, 3);
    assert_string_equal(request.options.item[0].name, "A");
    assert_string_equal(request.options.item[0].value, "1");
    assert_int_equal(request.options.item[0].flags, ITEM_MUST_COMPLY);
    assert_int_equal(request.options.item[1].flags, ITEM_MUST_COMPLY);
    assert_int_equal(request.options.item[1].length, 0);
    assert_int_equal(request.options.item[2].flags, 0);
}

#define CONTEXT "<n:EnumerationContext>uuid:1</n:EnumerationContext>"

/* P-3.4 */
static void finds_the_operation(void **state)
{
    static const struct {
        const char *action;
        enum operation_kind kind;
        const char *body; /* NULL: any */
    } rows[] = {
        {TRANSFER "Get", OPERATION_get},
        {TRANSFER "Put", OPERATION_put},
        {TRANSFER "Create", OPERATION_create},
        {TRANSFER "Delete", OPERATION_delete},
        {ENUMERATION "Enumerate", OPERATION_enumerate, "<n:Enumerate/>"},
        {ENUMERATION "Pull", OPERATION_pull, "<n:Pull>" CONTEXT "</n:Pull>"},
        {ENUMERATION "Release", OPERATION_release, "<n:Release>" CONTEXT "</n:Release>"},
        {EVENTING "Subscribe", OPERATION_subscribe},
        {EVENTING "Unsubscribe", OPERATION_unsubscribe},
        {CMD_URI "/Method", OPERATION_invoke},
        {CMD_URI "/", OPERATION_none},
        {CMD_URI, OPERATION_none},
        {"http://elsewhere/Method", OPERATION_none},
        {TRANSFER "get", OPERATION_none},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char headers[1024];

        snprintf(headers, sizeof(headers), HEADERS "<a:Action>%s</a:Action>", rows[i].action);
        assert_int_equal(read_parts(headers, rows[i].body != NULL ? rows[i].body : "<x/>"),
                         rows[i].kind == OPERATION_none ? WSMAN_fault : WSMAN_request);
        assert_int_equal(request.operation.kind, rows[i].kind);
        if (rows[i].kind == OPERATION_none)
            assert_int_equal(fault.code, FAULT_unknown_action);
    }
    for (const char *const *action =
             (const char *const[]){"Command", "Send", "Receive", "Signal", "Disconnect",
                                   "Reconnect", "Connect", NULL};
         *action != NULL; action++) {
        assert_int_equal(read_shell(*action, "", "<x/>"), WSMAN_fault);
        assert_int_equal(fault.code, FAULT_missing_selector);
    }
    assert_int_equal(read_shell("Disconnect", SELECTORS, "<rsp:Disconnect/>"), WSMAN_request);
    assert_int_equal(request.operation.kind, OPERATION_disconnect);
}

/* P-1.4 */
static void answers_what_is_not_soap(void **state)
{
    static const char get[] = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'"
                              " xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'>"
                              "<s:Header><a:MessageID>uuid:9</a:MessageID></s:Header><s:Body>";
    static const char old[] = "<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>";

    (void)state;
    assert_int_equal(read_bytes("AWAITING_ENCRYPTION_KEYS", 24, NULL), WSMAN_no_soap);
    assert_int_equal(read_bytes("", 0, NULL), WSMAN_no_soap);
    assert_int_equal(read_bytes("<html>", 6, NULL), WSMAN_no_soap);
    assert_int_equal(read_bytes(get, sizeof(get) - 1, NULL), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_invalid_xml);
    assert_string_equal(request.operation.message_id, "uuid:9");
    assert_int_equal(read_bytes(old, sizeof(old) - 1, NULL), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_version_mismatch);
    assert_int_equal(read_bytes("<html/>", 7, NULL), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_version_mismatch);
    assert_int_equal(read_bytes(get, sizeof(get) - 1, "koi8-r"), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_charset);
    assert_int_equal(read_transfer("Get", "", "<x/><y/>"), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_invalid_body);
}

static void refuses_large_requests(void **state)
{
    size_t length = limits.max_envelope + 1;
    char *text = malloc(length);

    (void)state;
    memset(text, ' ', length);
    assert_int_equal(
        wsman_read_request(reader, text, length, NULL, &limits, &arena, &request, &fault),
        WSMAN_fault);
    assert_int_equal(fault.code, FAULT_request_too_large);
    free(text);
}

/* P-1.6 */
static void needs_no_headers_to_identify(void **state)
{
    static const char plain[] =
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:i='http://schemas."
        "dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd'><s:Body><i:Identify/></s:Body>"
        "</s:Envelope>";

    (void)state;
    assert_int_equal(read_bytes(plain, sizeof(plain) - 1, NULL), WSMAN_request);
    assert_true(request.identify);
    assert_int_equal(request.operation.kind, OPERATION_none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_headers),      cmocka_unit_test(has_defaults),
        cmocka_unit_test(refuses_wrong_headers),  cmocka_unit_test(requires_four_headers),
        cmocka_unit_test(limits_uris_and_sets),   cmocka_unit_test(reads_options),
        cmocka_unit_test(finds_the_operation),    cmocka_unit_test(answers_what_is_not_soap),
        cmocka_unit_test(refuses_large_requests), cmocka_unit_test(needs_no_headers_to_identify),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
