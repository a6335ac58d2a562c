/* SPDX-License-Identifier: ISC */

#include "broker/shell_connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "broker/broker.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "broker/shell_host.h"
#include "faults.h"

const char *shell_client_name(const struct shell *shell)
{
    static const char *const names[] = {[CLIENT_connected] = "connected",
                                        [CLIENT_disconnecting] = "disconnecting",
                                        [CLIENT_disconnected] = "disconnected",
                                        [CLIENT_connecting] = "connecting"};

    return names[shell->client];
}

/* A client that says no SessionId is the same as any other that says none. */
static bool is_client(const char *session_id, const struct operation *operation)
{
    if (session_id == NULL || operation->session_id == NULL)
        return session_id == operation->session_id;
    return text_equal_case(session_id, operation->session_id);
}

/* ---- what is allowed ---- */

static bool options_refused(const struct shell *shell, const struct operation *operation)
{
    const struct plugin *plugin;
    const struct resource *resource =
        application_find_resource(shell->settings, shell->operation->resource_uri, &plugin);

    return operation->options > 0 && (resource == NULL || !resource->supports_options);
}

static uint32_t check_disconnect(const struct shell *shell, const struct operation *operation)
{
    bool same = is_client(shell->session_id, operation);

    if (!shell_idle_allowed(shell->settings, shell->plugin, operation->idle_timeout))
        return FAULT_idle_timeout;
    if (shell->client == CLIENT_connected && !same)
        return FAULT_connected_elsewhere;
    /* Once more by the same client: it did not get the answer, or wants another time-out. */
    if (shell->client == CLIENT_connected || (shell->client == CLIENT_disconnected && same))
        return 0;
    return FAULT_disconnect_not_valid;
}

static uint32_t check_connect(const struct shell *shell, const struct operation *operation)
{
    bool same = is_client(shell->session_id, operation);

    if (options_refused(shell, operation))
        return FAULT_options_not_supported;
    switch (shell->client) {
    case CLIENT_connected:
        return same ? 0 : FAULT_connected_elsewhere;
    case CLIENT_disconnected:
        if (operation->command_id != NULL)
            return FAULT_shell_disconnected;
        return same || operation->kind == OPERATION_connect ? 0 : FAULT_session_mismatch;
    case CLIENT_connecting:
        if (shell->change->net != NULL && !is_client(shell->change->session_id, operation))
            return FAULT_connected_elsewhere;
        return FAULT_reconnect_not_valid;
    default:
        return FAULT_reconnect_not_valid;
    }
}

/* ---- what is asked ---- */

static void begin_disconnect(struct shell *shell, struct operation *operation)
{
    shell->was_connected = shell->client == CLIENT_connected;
    shell->client = CLIENT_disconnecting;
    shell->change = operation;
    if (operation->buffering != BUFFERING_none)
        shell->buffering = operation->buffering;
    operation->state = OPERATION_acting;
    shell_take_request(shell, operation);
    shell_host_disconnect(shell, operation);
}

static void begin_connect(struct shell *shell, struct operation *operation)
{
    if (shell->client == CLIENT_disconnected) {
        shell->client = CLIENT_connecting;
        shell->change = operation;
    } else if (operation->buffering != BUFFERING_none) {
        shell->buffering = operation->buffering;
    }
    shell_grant(shell, operation);
}

void shell_change(struct shell *shell, struct operation *operation)
{
    bool disconnect = operation->kind == OPERATION_disconnect;
    uint32_t code = FAULT_disconnect_unsupported;

    if (shell->can_disconnect)
        code = disconnect ? check_disconnect(shell, operation) : check_connect(shell, operation);
    if (code != 0)
        operation_refuse(operation, code, NULL);
    else if (disconnect)
        begin_disconnect(shell, operation);
    else
        begin_connect(shell, operation);
}

/* ---- what came of it ---- */

/* The change that the host speaks of, which is none any more. */
static struct operation *take_change(struct shell *shell, uint64_t id, bool disconnect)
{
    struct operation *operation = shell->change;

    if (operation == NULL || operation->id != id ||
        (operation->kind == OPERATION_disconnect) != disconnect)
        return NULL;
    shell->change = NULL;
    return operation;
}

bool shell_has_disconnected(struct shell *shell, uint64_t id)
{
    struct operation *operation = take_change(shell, id, true);

    if (operation == NULL)
        return false;
    shell->client = CLIENT_disconnected;
    if (operation->idle_timeout != 0)
        shell->idle_timeout = operation->idle_timeout;
    if (shell->was_connected) {
        broker_count(shell->broker, COUNTER_shells_disconnected);
        shell_audit(shell, operation, "shell-disconnect", NULL);
    }
    if (operation->net == NULL) {
        operation_end(operation);
        shell_idle_again(shell);
        return true;
    }
    operation->state = OPERATION_answered;
    channel_send(operation->net->channel, operation_ended, .request = operation->request,
                 .operation = operation->id);
    return true;
}

bool shell_has_connected(struct shell *shell, uint64_t id, uint32_t code)
{
    struct operation *operation = take_change(shell, id, false);
    bool connected = operation != NULL && code == 0 && operation->net != NULL;

    if (operation == NULL)
        return false;
    shell->client = connected ? CLIENT_connected : CLIENT_disconnected;
    if (connected) {
        free(shell->session_id);
        shell->session_id = mem_text(operation->session_id);
        if (operation->buffering != BUFFERING_none)
            shell->buffering = operation->buffering;
        broker_count(shell->broker, COUNTER_shells_connected);
        shell_audit(shell, operation, "shell-connect", NULL);
    }
    shell_host_note_connect(shell, operation, connected);
    if (operation->net == NULL)
        operation_end(operation);
    else
        operation->state = OPERATION_answered;
    return true;
}

void shell_change_abandoned(struct operation *operation)
{
    struct shell *shell = operation->shell;

    if (operation->kind != OPERATION_disconnect)
        shell_host_void_connect(shell, operation);
    shell_leave(shell);
}

void shell_change_over(struct shell *shell)
{
    struct operation *operation = shell->change;

    shell->change = NULL;
    if (operation == NULL)
        return;
    if (operation->net == NULL) {
        operation_end(operation);
    } else if (operation->kind == OPERATION_disconnect) {
        operation_refuse(operation, FAULT_aborted, NULL);
    } else {
        /* winrmd-net answers it when the host is gone. */
        operation->state = OPERATION_answered;
    }
}
