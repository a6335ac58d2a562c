/* SPDX-License-Identifier: ISC */

/* What an operation does once it has been judged and the audit has (or has not) got its line. */
#include <stdio.h>

#include "base/list.h"
#include "broker/broker.h"
#include "broker/configuration_resource.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/shell.h"
#include "faults.h"

static void act_get(struct operation *operation)
{
    struct shell *shell = operation->shell_id != NULL ? shell_find(operation, true) : NULL;

    if (shell != NULL)
        shell_describe(shell, operation);
    else if (operation->shell_id != NULL)
        operation_refuse_shell(operation);
    else
        operation_refuse(operation, FAULT_invalid_resource_uri, NULL);
}

static void act_delete(struct operation *operation)
{
    struct shell *shell = operation->shell_id != NULL ? shell_find(operation, true) : NULL;

    if (shell != NULL)
        shell_delete(shell, operation);
    else if (operation->shell_id != NULL)
        operation_refuse_shell(operation);
    else
        operation_refuse(operation, FAULT_invalid_resource_uri, NULL);
}

static void act_command(struct operation *operation)
{
    struct shell *shell = shell_find(operation, false);

    /* It may have ended, or been disconnected, while the plug-in was asked. */
    if (shell == NULL)
        operation_refuse_shell(operation);
    else if (shell->client != CLIENT_connected)
        operation_refuse(operation, FAULT_shell_disconnected, NULL);
    else if (operation->options > 0 && !shell->takes_options)
        operation_refuse(operation, FAULT_options_not_supported, NULL);
    else
        shell_grant(shell, operation);
}

static void act_unsupported(struct operation *operation)
{
    const struct plugin *plugin = NULL;
    const char *uri = operation->resource_uri;

    if (uri == NULL ||
        application_find_resource(operation->application->settings, uri, &plugin) == NULL)
        operation_refuse(operation, FAULT_invalid_resource_uri, NULL);
    else
        operation_refuse(operation, FAULT_action_not_supported, NULL);
}

static void (*const acts[OPERATION_KINDS])(struct operation *) = {
    [OPERATION_get] = act_get,
    [OPERATION_delete] = act_delete,
    [OPERATION_enumerate] = enumeration_begin,
    [OPERATION_shell] = shell_create,
    [OPERATION_command] = act_command,
};

void operation_act(struct audit_action *action, bool written)
{
    struct operation *operation = container_of(action, struct operation, acting);
    char text[160];

    if (operation->net == NULL) {
        operation_end(operation);
    } else if (operation->broker->stopping) {
        operation_refuse(operation, FAULT_endpoint_unavailable, NULL);
    } else if (operation->unavailable) {
        operation_refuse_with(operation, &operation_without_body);
    } else if (operation->verdict == FAULT_access_denied) {
        snprintf(text, sizeof(text), "Access is denied; the audit tells why under decision %s.",
                 operation->decision);
        operation_refuse_provider(
            operation, FAULT_access_denied, text,
            operation->by_service ? NULL : operation->application->settings->authorizer,
            operation->extended);
    } else if (operation->verdict != 0) {
        snprintf(text, sizeof(text),
                 "The operation was not authorized; the audit tells why under decision %s.",
                 operation->decision);
        operation_refuse_provider(operation, operation->verdict, text,
                                  operation->application->settings->authorizer,
                                  operation->extended);
    } else if (operation->record->revoked) {
        /* Since the verdict, in the same turn. */
        operation_refuse(operation, FAULT_access_denied, NULL);
    } else if (!written && !operation->ending) {
        operation_refuse(operation, FAULT_endpoint_unavailable,
                         "The service cannot write its audit trail and grants nothing new.");
    } else {
        operation->state = OPERATION_acting;
        if (configuration_resource_is(operation->resource_uri))
            configuration_resource_act(operation);
        else if (acts[operation->kind] != NULL)
            acts[operation->kind](operation);
        else
            act_unsupported(operation);
    }
}
