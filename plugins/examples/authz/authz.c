/* SPDX-License-Identifier: ISC */

/* An authorization plug-in: alice may open shells and run commands in them, nobody anything else.
 */

#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsmerror.h>

static int is_alice(PCWSTR name)
{
    PCWSTR alice = WSMAN_TEXT("alice");

    while (*name && *name == *alice)
        name++, alice++;
    return *name == *alice;
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extra, PVOID *context)
{
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID context, DWORD flags, DWORD reason)
{
    return NO_ERROR;
}

VOID WINAPI WSManPluginAuthzUser(PVOID context, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    DWORD error = is_alice(sender->senderName) ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;

    WSManPluginAuthzUserComplete(sender, 0, NULL, sender->clientToken, FALSE, error, NULL);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID context, WSMAN_SENDER_DETAILS *sender, DWORD flags,
                                      DWORD operation, PCWSTR action, PCWSTR resourceUri)
{
    DWORD error = operation == WSManOperationShell || operation == WSManOperationCommand
                      ? ERROR_SUCCESS
                      : ERROR_ACCESS_DENIED;

    WSManPluginAuthzOperationComplete(sender, 0, NULL, error, NULL);
}
