#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsmerror.h>

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extra, PVOID *context)
{ return NO_ERROR; }
DWORD WINAPI WSManPluginShutdown(PVOID context, DWORD flags, DWORD reason)
{ return NO_ERROR; }

/* Who may connect: users whose name begins with an a, and they run as themselves. */
VOID WINAPI WSManPluginAuthzUser(PVOID context, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    DWORD verdict = sender->senderName[0] == 'a' ? ERROR_SUCCESS : ERROR_ACCESS_DENIED;
    WSManPluginAuthzUserComplete(sender, 0, NULL, sender->clientToken, FALSE, verdict, NULL);
}

/* What they may do: everything but look around. */
VOID WINAPI WSManPluginAuthzOperation(PVOID context, WSMAN_SENDER_DETAILS *sender, DWORD flags,
                                      DWORD operation, PCWSTR action, PCWSTR resourceUri)
{
    DWORD verdict = operation == WSManOperationGet ? ERROR_ACCESS_DENIED : ERROR_SUCCESS;
    WSManPluginAuthzOperationComplete(sender, 0, NULL, verdict, NULL);
}
