/* SPDX-License-Identifier: ISC */

/*
 * What a request can ask for. One row per operation:
 *
 *   O(name, number, action, follow_on, shown)
 *
 * `number` is the operation argument of WSManPluginAuthzOperation (0: the plug-in is never asked).
 * `action` is the WS-Addressing action; a shell is a Create on a resource with the Shell
 * capability, an Invoke any action that is in no other row. `follow_on` messages belong to an
 * operation that has been authorized. `shown` is the name in audit, policy rules and documents.
 */
#ifndef TABLES_OPERATIONS_H
#define TABLES_OPERATIONS_H

#define TRANSFER    "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
#define ENUMERATION "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
#define EVENTING    "http://schemas.xmlsoap.org/ws/2004/08/eventing/"
#define SHELL       "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"

#define OPERATION_TABLE(O) \
    O(get, 1, TRANSFER "Get", false, "Get") \
    O(put, 2, TRANSFER "Put", false, "Put") \
    O(create, 3, TRANSFER "Create", false, "Create") \
    O(delete, 4, TRANSFER "Delete", false, "Delete") \
    O(enumerate, 5, ENUMERATION "Enumerate", false, "Enumerate") \
    O(subscribe, 6, EVENTING "Subscribe", false, "Subscribe") \
    O(shell, 7, TRANSFER "Create", false, "Shell") \
    O(command, 8, SHELL "/Command", false, "Command") \
    O(invoke, 9, "", false, "Invoke") \
    O(pull, 0, ENUMERATION "Pull", true, "Pull") \
    O(release, 0, ENUMERATION "Release", true, "Release") \
    O(unsubscribe, 0, EVENTING "Unsubscribe", true, "Unsubscribe") \
    O(send, 0, SHELL "/Send", true, "Send") \
    O(receive, 0, SHELL "/Receive", true, "Receive") \
    O(signal, 0, SHELL "/Signal", true, "Signal") \
    O(disconnect, 0, SHELL "/Disconnect", true, "Disconnect") \
    O(reconnect, 0, SHELL "/Reconnect", true, "Reconnect") \
    O(connect, 0, SHELL "/Connect", true, "Connect")

enum operation_kind {
    OPERATION_none,
#define O(name, number, action, follow_on, shown) OPERATION_##name,
    OPERATION_TABLE(O)
#undef O
    OPERATION_KINDS
};

#endif
