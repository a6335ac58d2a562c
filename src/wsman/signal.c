/* SPDX-License-Identifier: ISC */

/* Signal (MS-WSMV, type Signal). */

#include "wsman/read.h"

#include "base/text.h"

#define TERMINATE SHELL "/signal/terminate"

bool wsman_read_signal(struct wsman_read *read)
{
    struct wsman_request *request = read->request;
    struct message_signal_command *signal = &request->payload.signal_command;
    struct soap_element *code;

    if (!wsman_expect_body(read, NS_shell, "Signal") ||
        !wsman_read_command_id(read, read->body, &signal->command_id))
        return false;
    code = soap_child(read->body, NS_shell, "Code");
    if (code == NULL || soap_trimmed(code)[0] == 0)
        return wsman_refuse(read, FAULT_schema, "Signal has no Code.");
    if (code->text_length > LIMIT_URI)
        return wsman_refuse(read, FAULT_invalid_parameter, "The Code of the Signal is too long.");
    signal->code = code->text;
    signal->timeout = request->operation.timeout;
    request->operation.command_id = signal->command_id;
    request->operation.ending = text_equal_case(signal->code, TERMINATE);
    return true;
}
