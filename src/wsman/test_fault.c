/* SPDX-License-Identifier: ISC */

/* Faults; the rules are those of docs/protocol.md, P-5. */
#include "wsman/fault.h"
#include "wsman/test_answer.h"

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
        cmocka_unit_test(has_one_row_for_each_code),
        cmocka_unit_test(writes_each_fault),
        cmocka_unit_test(says_what_the_table_says),
        cmocka_unit_test(repeats_a_given_text_word_for_word),
        cmocka_unit_test(quotes_a_provider),
        cmocka_unit_test(names_the_header_not_understood),
        cmocka_unit_test(writes_a_fault_without_a_request),
    };

    return cmocka_run_group_tests(tests, answer_setup, answer_teardown);
}
