/* SPDX-License-Identifier: ISC */

/*
 * The envelopes that clients send, as files: those of pywinrm were captured from python3-winrm,
 * the others are written after what each client's source makes (docs/protocol.md, P-6). The folder
 * is the first argument; the fuzz target of the envelope uses the same files.
 */
#include "wsman/test_support.h"

static const char *folder;

static enum wsman_result read_file(const char *name)
{
    char path[4096];
    char bytes[16384];
    FILE *file;
    size_t length;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL)
        print_message("%s cannot be read\n", path);
    assert_non_null(file);
    length = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    return read_bytes(bytes, length, NULL);
}

static void accepts_every_client(void **state)
{
    static const struct {
        const char *file;
        enum operation_kind kind;
        uint64_t timeout;
    } rows[] = {
        {"pywinrm-create.xml", OPERATION_shell, 20000},
        {"pywinrm-command.xml", OPERATION_command, 20000},
        {"pywinrm-send.xml", OPERATION_send, 20000},
        {"pywinrm-receive.xml", OPERATION_receive, 20000},
        {"pywinrm-signal.xml", OPERATION_signal, 20000},
        {"pywinrm-delete.xml", OPERATION_delete, 20000},
        {"pypsrp-create.xml", OPERATION_shell, 20000},
        {"pypsrp-command.xml", OPERATION_command, 20000},
        {"pypsrp-send.xml", OPERATION_send, 20000},
        {"pypsrp-receive-shell.xml", OPERATION_receive, 20000},
        {"pypsrp-signal.xml", OPERATION_signal, 20000},
        {"pypsrp-get.xml", OPERATION_get, 20000},
        {"pypsrp-disconnect.xml", OPERATION_disconnect, 20000},
        {"pypsrp-reconnect.xml", OPERATION_reconnect, 20000},
        {"pypsrp-connect.xml", OPERATION_connect, 20000},
        {"pypsrp-connect-command.xml", OPERATION_connect, 20000},
        {"ruby-create-psrp.xml", OPERATION_shell, 60000},
        {"pypsrp-enumerate-commands.xml", OPERATION_enumerate, 20000},
        {"ruby-command.xml", OPERATION_command, 60000},
        {"ruby-pull.xml", OPERATION_pull, 60000},
        {"ruby-send.xml", OPERATION_send, 60000},
        {"masterzen-command.xml", OPERATION_command, 60000},
        {"nodejs-create.xml", OPERATION_shell, 60000},
        {"winrm4j-create.xml", OPERATION_shell, 60000},
        {"pswsman-create.xml", OPERATION_shell, 20000},
        {"windows-ids.xml", OPERATION_signal, 20000},
        {"windows-enumerate.xml", OPERATION_enumerate, 20000},
        {"windows-release.xml", OPERATION_release, 20000},
        {"winrm-get-utf16.xml", OPERATION_get, 20000},
        {"winrm-get-utf16be.xml", OPERATION_get, 20000},
        {"identify.xml", OPERATION_none, 60000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum wsman_result result = read_file(rows[i].file);

        if (result != WSMAN_request)
            print_message("%s: %u %s\n", rows[i].file, fault.code, fault.text);
        assert_int_equal(result, WSMAN_request);
        assert_int_equal(request.operation.kind, rows[i].kind);
        assert_int_equal(request.operation.timeout, rows[i].timeout);
        assert_int_equal(request.identify, rows[i].kind == OPERATION_none);
    }
}

static void refuses_the_hostile(void **state)
{
    static const struct {
        const char *file;
        uint32_t code; /* 0: not even SOAP */
    } rows[] = {
        {"hostile-doctype.xml", FAULT_invalid_xml},
        {"hostile-deep.xml", FAULT_invalid_xml},
        {"hostile-attributes.xml", FAULT_invalid_xml},
        {"hostile-headers-twice.xml", FAULT_header_invalid},
        {"hostile-must-understand.xml", FAULT_must_understand},
        {"hostile-soap11.xml", FAULT_version_mismatch},
        {"hostile-utf16-odd.xml", 0},
        {"hostile-torn.xml", FAULT_invalid_xml},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(read_file(rows[i].file), rows[i].code == 0 ? WSMAN_no_soap : WSMAN_fault);
        if (rows[i].code != 0)
            assert_int_equal(fault.code, rows[i].code);
    }
}

static void reads_what_clients_mean(void **state)
{
    (void)state;
    read_file("pywinrm-create.xml");
    assert_int_equal(request.operation.idle_timeout, 120000);
    assert_string_equal(request.payload.shell_create.working_directory, "/tmp");
    assert_string_equal(request.options.item[1].value, "65001");
    read_file("pywinrm-command.xml");
    assert_string_equal(request.payload.command_create.command_line, "echo");
    assert_string_equal(request.payload.command_create.arguments.item[0].value, "one two & three");
    read_file("pywinrm-send.xml");
    assert_string_equal(request.payload.send_input.streams.item[0].value, "hello\nworld\n");
    assert_int_equal(request.payload.send_input.streams.item[0].flags, ITEM_END);
    read_file("pywinrm-receive.xml");
    assert_string_equal(request.payload.receive_output.streams, "stdout stderr");
    read_file("pywinrm-signal.xml");
    assert_true(request.operation.ending);
    read_file("pypsrp-signal.xml");
    assert_true(request.operation.ending);
    read_file("pypsrp-receive-shell.xml");
    assert_null(request.operation.command_id);
    read_file("ruby-send.xml");
    assert_int_equal(request.payload.send_input.streams.item[0].length, 256);
    read_file("masterzen-command.xml");
    assert_string_equal(request.payload.command_create.command_line, "echo \"a\" && <b>");
    read_file("winrm4j-create.xml");
    assert_string_equal(request.operation.output_streams, "stdout stderr");
    assert_memory_equal(request.operation.message_id, "urn:uuid:", 9);
    read_file("pswsman-create.xml");
    assert_int_equal(request.options.item[1].flags, ITEM_MUST_COMPLY);
    assert_string_equal(request.payload.shell_create.creation_xml,
                        "<pwsh:creationXml xmlns:pwsh=\"http://schemas.microsoft.com/powershell\">"
                        "AAAA</pwsh:creationXml>");
    read_file("winrm-get-utf16.xml");
    assert_int_equal(request.encoding, SOAP_UTF16);
    assert_int_equal(request.response_limit, 153600 / 2 - 1);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_client),
        cmocka_unit_test(refuses_the_hostile),
        cmocka_unit_test(reads_what_clients_mean),
    };

    if (count < 2) {
        fprintf(stderr, "usage: test_wsman_clients FOLDER\n");
        return 2;
    }
    folder = arguments[1];
    return cmocka_run_group_tests(tests, test_setup, test_teardown);
}
