/* SPDX-License-Identifier: ISC */

/* Takes its process down in mallory's user calls and in trent's operation calls. */
#include <stdlib.h>

#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    if (kit_sent_by(sender, "mallory"))
        abort();
    kit_allow_user(sender);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    (void)pluginContext;
    (void)flags;
    (void)operation;
    (void)action;
    (void)resourceUri;
    if (kit_sent_by(sender, "trent"))
        abort();
    kit_allow_operation(sender);
}
