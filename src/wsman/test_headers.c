/* SPDX-License-Identifier: ISC */

/* Each header in each form that occurs (docs/protocol.md, P-3.2), and the envelope around them. */

#include "wsman/test_support.h"

#include "input_limits.h"

#define NEXT "http://www.w3.org/2003/05/soap-envelope/role/next"
#define LAST "http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"
#define NONE "http://www.w3.org/2003/05/soap-envelope/role/none"

/* `code` 0: read. */
static void check(const char *header, uint32_t code)
{
    enum wsman_result result = read_transfer("Get", header, "");

    if (fault.code != code)
        print_message("%s: %u\n", header, fault.code);
    assert_int_equal(fault.code, code);
    assert_int_equal(result, code == 0 ? WSMAN_request : WSMAN_fault);
}

/* P-3.2.7 */
static void reads_each_form_of_a_time(void **state)
{
    static const struct {
        const char *text;
        uint64_t milliseconds;
    } good[] = {
        {"PT20S", 20000},
        {"PT60.000S", 60000},
        {"PT0.5S", 500},
        {"PT1M", 60000},
        {"P0DT0H0M5S", 5000},
        {"P0Y0M0W0DT0H0M5S", 5000},
        {" PT9S\n", 9000},
        {"PT0S", 1},
        {"PT0.0001S", 1},
        {"PT180.000S", 60000},
        {"P1D", 60000},
        {"P1W2D", 60000},
        {"PT99999999999999999999S", 60000},
    };
    static const char *const bad[] = {"",   " ",      "P",      "PT",   "-PT1S", "PT-1S",
                                      "1",  "60S",    "PT1",    "pt1s", "P1S",   "PT1H1H",
                                      "P-", "PT1S ?", "PT1S1M", "soon", "+PT1S", "PT.5S"};

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        char header[256];

        snprintf(header, sizeof(header), "<w:OperationTimeout>%s</w:OperationTimeout>",
                 good[i].text);
        check(header, 0);
        assert_int_equal(request.operation.timeout, good[i].milliseconds);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char header[256];

        snprintf(header, sizeof(header), "<w:OperationTimeout>%s</w:OperationTimeout>", bad[i]);
        check(header, FAULT_header_invalid);
        assert_string_equal(fault.detail, "InvalidTimeout");
    }
}

/* P-3.2.6 */
static void reads_each_form_of_a_size(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        uint32_t code;
    } rows[] = {
        {"8192", 8192, 0},
        {" 00008192\n", 8192, 0},
        {"512000", 512000, 0},
        {"512001", 512000, 0},
        {"18446744073709551617", 512000, 0},
        {"8191", 0, FAULT_envelope_too_small},
        {"0", 0, FAULT_envelope_too_small},
        {"-8192", 0, FAULT_header_invalid},
        {"0x2000", 0, FAULT_header_invalid},
        {"8192.0", 0, FAULT_header_invalid},
        {"81 92", 0, FAULT_header_invalid},
        {"", 0, FAULT_header_invalid},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char header[256];

        snprintf(header, sizeof(header),
                 "<w:MaxEnvelopeSize Policy='CancelSubscription'>%s</w:MaxEnvelopeSize>",
                 rows[i].text);
        check(header, rows[i].code);
        if (rows[i].code == 0)
            assert_int_equal(request.response_limit, rows[i].size);
    }
}

/* P-3.2.11 and P-3.2.15 */
static void reads_ids(void **state)
{
    char header[16384] = "<p:ActivityId>";

    (void)state;
    check("<p:SequenceId> 18446744073709551615 </p:SequenceId>", 0);
    assert_string_equal(request.sequence_id, "18446744073709551615");
    check("<p:SequenceId>0</p:SequenceId>", 0);
    check("<p:SequenceId>18446744073709551616</p:SequenceId>", FAULT_header_invalid);
    check("<p:SequenceId>000000000000000000001</p:SequenceId>", FAULT_header_invalid);
    check("<p:SequenceId>1 2</p:SequenceId>", FAULT_header_invalid);
    check("<p:SequenceId/>", FAULT_header_invalid);
    check("<p:ActivityId/>", 0);
    assert_null(request.activity_id);
    for (int i = 0; i < WSMAN_ACTIVITY_CHARACTERS; i++)
        strcat(header, "\xf0\x9f\x98\x80");
    strcat(header, "</p:ActivityId>");
    check(header, 0);
    assert_int_equal(strlen(request.activity_id), 4 * WSMAN_ACTIVITY_CHARACTERS);
    strcpy(header + strlen(header) - strlen("</p:ActivityId>"), "x</p:ActivityId>");
    check(header, FAULT_header_invalid);
}

/* P-3.2.14: what makes a header one that must be understood. */
static void knows_what_must_be_understood(void **state)
{
    static const char *const demands[] = {
        "s:mustUnderstand='true'",   "s:mustUnderstand='1'",
        "s:mustUnderstand=' true '", "s:mustUnderstand='\n1'",
        "s:mustUnderstand='TRUE'",   "mustUnderstand='0' s:mustUnderstand='1'"};
    static const char *const requests[] = {"",
                                           "s:mustUnderstand='false'",
                                           "s:mustUnderstand='0'",
                                           "s:mustUnderstand=''",
                                           "mustUnderstand='true'",
                                           "mustUnderstand='1'",
                                           "a:mustUnderstand='true'",
                                           "w:mustUnderstand='1'"};
    static const char *const unknown[][2] = {
        {"<q:X xmlns:q='urn:q' ", "/>"},
        {"<X ", "/>"},
        {"<a:X ", "/>"},
        {"<s:Action ", "/>"},
        {"<a:action ", "/>"},
        {"<w:RequestEPR ", "/>"},
        {"<w:RequestTotalItemsCountEstimate ", "/>"},
        {"<m:MachineID xmlns:m='http://schemas.microsoft.com/wbem/wsman/1/machineid' ",
         ">m</m:MachineID>"},
        {"<b:PolymorphismMode xmlns:b='http://schemas.dmtf.org/wbem/wsman/1/cimbinding.xsd' ",
         ">None</b:PolymorphismMode>"},
    };
    char header[512];

    (void)state;
    for (size_t k = 0; k < sizeof(unknown) / sizeof(unknown[0]); k++) {
        for (size_t i = 0; i < sizeof(demands) / sizeof(demands[0]); i++) {
            snprintf(header, sizeof(header), "%s%s%s", unknown[k][0], demands[i], unknown[k][1]);
            check(header, FAULT_must_understand);
            assert_non_null(strstr(header, fault.headers[0].name));
        }
        for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
            snprintf(header, sizeof(header), "%s%s%s", unknown[k][0], requests[i], unknown[k][1]);
            check(header, 0);
        }
    }
    check("<q:X xmlns:q='urn:q'/><q:X xmlns:q='urn:q'/>", 0);
}

/* P-3.2.16 */
static void reads_no_header_of_another_node(void **state)
{
    (void)state;
    check("<X s:mustUnderstand='1' s:role='urn:other'/>", 0);
    check("<X s:mustUnderstand='1' s:role='" NONE "'/>", 0);
    check("<X s:mustUnderstand='1' s:relay='true' s:role='urn:other'/>", 0);
    check("<X s:mustUnderstand='1' s:role='" NEXT "'/>", FAULT_must_understand);
    check("<X s:mustUnderstand='1' s:role=' " LAST " '/>", FAULT_must_understand);
    check("<X s:mustUnderstand='1' s:role=''/>", FAULT_must_understand);
    check("<X s:mustUnderstand='1' s:relay='true'/>", FAULT_must_understand);
    check("<X s:mustUnderstand='1' role='urn:other'/>", FAULT_must_understand);
    check("<rsp:CompressionType s:role='urn:other'>xpress</rsp:CompressionType>", 0);
    check("<a:Action s:role='urn:other'>x</a:Action>", 0);
    check("<w:OperationTimeout s:role='" NONE "'>x</w:OperationTimeout>", 0);
    check("<w:OperationTimeout s:role='" NEXT "'>x</w:OperationTimeout>", FAULT_header_invalid);
    assert_int_equal(read_parts("<a:To>x</a:To><a:MessageID s:role='urn:o'>uuid:1</a:MessageID>"
                                "<w:ResourceURI>" CMD_URI "</w:ResourceURI>"
                                "<a:Action>" TRANSFER "Get</a:Action>",
                                ""),
                     WSMAN_fault);
    assert_int_equal(fault.code, FAULT_header_required);
}

/* P-3.2.10 */
static void reads_each_spelling_of_must_comply(void **state)
{
    static const struct {
        const char *attributes;
        bool must;
    } rows[] = {
        {"", false},
        {"MustComply='true'", true},
        {"mustComply='true'", true},
        {"MustComply=' True '", true},
        {"MustComply='TRUE'", true},
        {"MustComply='1'", true},
        {"MustComply='0'", false},
        {"MustComply='FALSE'", false},
        {"MustComply='false' mustComply='true'", true},
        {"MustComply='true' mustComply='false'", true},
        {"w:MustComply='true'", false},
        {"Type='xs:boolean'", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char header[256];

        snprintf(header, sizeof(header),
                 "<w:OptionSet><w:Option Name='A' %s>v</w:Option>"
                 "</w:OptionSet>",
                 rows[i].attributes);
        check(header, 0);
        assert_int_equal(request.options.item[0].flags, rows[i].must ? ITEM_MUST_COMPLY : 0);
    }
    check("<w:OptionSet><w:Option Name='A' mustComply='yes'/></w:OptionSet>", FAULT_option_value);
    check("<w:OptionSet><w:Option Name='A' MustComply=''/></w:OptionSet>", FAULT_option_value);
    check("<w:OptionSet/>", 0);
    assert_int_equal(request.options.count, 0);
}

/* P-1.7: whichever of two counted, another reader might choose the other. */
static void refuses_a_second_header_or_body(void **state)
{
    static const char begin[] = "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'"
                                " xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'"
                                " xmlns:i='http://schemas.dmtf.org/wbem/wsman/identity/1/"
                                "wsmanidentity.xsd'>"
                                "<s:Header><a:MessageID>uuid:7</a:MessageID></s:Header>";
    static const char *const rest[] = {"</s:Envelope>", "<s:Header/><s:Body/></s:Envelope>",
                                       "<s:Body/><s:Body/></s:Envelope>",
                                       "<s:Body><i:Identify/></s:Body><s:Body/></s:Envelope>"};

    (void)state;
    for (size_t i = 0; i < sizeof(rest) / sizeof(rest[0]); i++) {
        char text[1024];

        snprintf(text, sizeof(text), "%s%s", begin, rest[i]);
        assert_int_equal(read_bytes(text, strlen(text), NULL), WSMAN_fault);
        assert_int_equal(fault.code, FAULT_invalid_body);
        assert_string_equal(request.operation.message_id, "uuid:7");
    }
}

/* P-1.3 */
static void refuses_instructions(void **state)
{
    static const char first[] = "<?go?><s:Envelope"
                                " xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>";

    (void)state;
    check("<?go on?>", FAULT_invalid_xml);
    assert_non_null(strstr(fault.text, "instruction"));
    assert_string_equal(request.operation.message_id, "uuid:1");
    assert_int_equal(read_bytes(first, sizeof(first) - 1, NULL), WSMAN_fault);
    assert_int_equal(fault.code, FAULT_invalid_xml);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_form_of_a_time),
        cmocka_unit_test(reads_each_form_of_a_size),
        cmocka_unit_test(reads_ids),
        cmocka_unit_test(knows_what_must_be_understood),
        cmocka_unit_test(reads_no_header_of_another_node),
        cmocka_unit_test(reads_each_spelling_of_must_comply),
        cmocka_unit_test(refuses_a_second_header_or_body),
        cmocka_unit_test(refuses_instructions),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
