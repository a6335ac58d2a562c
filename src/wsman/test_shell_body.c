/* SPDX-License-Identifier: ISC */

/* The body of a Create; the rules are those of docs/protocol.md, P-4.6. */
#include "wsman/test_support.h"

static enum wsman_result read_create(const char *body)
{
    return read_transfer("Create", "", body);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_shell),
        cmocka_unit_test(reads_a_bare_shell),
        cmocka_unit_test(reads_the_times_of_a_shell),
        cmocka_unit_test(refuses_a_wrong_shell),
        cmocka_unit_test(reads_whether_a_profile_is_wanted),
    };

    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
