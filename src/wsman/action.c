/* SPDX-License-Identifier: ISC */

#include "wsman/read.h"

#include <string.h>

static const struct {
    const char *action;
    size_t length;
} actions[OPERATION_KINDS] = {
#define O(name, number, action, follow_on, shown) [OPERATION_##name] = {action, sizeof(action) - 1},
    OPERATION_TABLE(O)
#undef O
};

/* The operation of a well-known action. Create comes before shell, which has the same action. */
static enum operation_kind find_action(const char *action)
{
    size_t length = strlen(action);

    for (int kind = OPERATION_none + 1; kind < OPERATION_KINDS; kind++)
        if (kind != OPERATION_invoke && actions[kind].length == length &&
            memcmp(actions[kind].action, action, length) == 0)
            return (enum operation_kind)kind;
    return OPERATION_none;
}

/* The action of an Invoke is the resource URI, a slash and the method's name. */
static bool is_invoke(const char *action, const char *resource_uri)
{
    size_t length = strlen(resource_uri);

    return strncmp(action, resource_uri, length) == 0 && action[length] == '/' &&
           action[length + 1] != 0;
}

static bool needs_shell(enum operation_kind kind)
{
    return kind == OPERATION_command || kind == OPERATION_send || kind == OPERATION_receive ||
           kind == OPERATION_signal || kind == OPERATION_disconnect ||
           kind == OPERATION_reconnect || kind == OPERATION_connect;
}

bool wsman_read_action(struct wsman_read *read)
{
    struct message_operation *operation = &read->request->operation;
    enum operation_kind kind = find_action(operation->action);

    if (kind == OPERATION_create && soap_is(read->body, NS_shell, "Shell"))
        kind = OPERATION_shell;
    if (kind == OPERATION_none && is_invoke(operation->action, operation->resource_uri))
        kind = OPERATION_invoke;
    if (kind == OPERATION_none)
        return wsman_refuse(read, FAULT_unknown_action, "The action %.200s is not known.",
                            operation->action);
    if (needs_shell(kind) && (operation->shell_id == NULL || operation->shell_id[0] == 0))
        return wsman_refuse(read, FAULT_missing_selector, "The selector ShellId is missing.");
    operation->kind = kind;
    return true;
}
