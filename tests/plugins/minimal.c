/* SPDX-License-Identifier: ISC */

/*
 * No more than an authorization plug-in must export, or less: WITHOUT names what is left out. It
 * lets everybody in and reports contexts that it never gets back.
 */
#include "plugins/kit.h"

#define STARTUP   1
#define SHUTDOWN  2
#define USER      3
#define OPERATION 4
#define NOTHING   5

#if WITHOUT != STARTUP
DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)application;
    (void)extraInfo;
    (void)pluginContext;
    return NO_ERROR;
}
#endif

#if WITHOUT != SHUTDOWN
DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    return NO_ERROR;
}
#endif

#if WITHOUT != USER
VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    static int context;

    (void)pluginContext;
    (void)flags;
    WSManPluginAuthzUserComplete(sender, 0, &context, sender->clientToken, FALSE, NO_ERROR, NULL);
}
#endif

#if WITHOUT != OPERATION
VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    static int context;

    (void)pluginContext;
    (void)flags;
    (void)operation;
    (void)action;
    (void)resourceUri;
    WSManPluginAuthzOperationComplete(sender, 0, &context, NO_ERROR, NULL);
}
#endif
