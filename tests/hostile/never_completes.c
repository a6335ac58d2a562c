/* SPDX-License-Identifier: ISC */

/* Returns from mallory's user calls and from trent's operation calls without ever answering. */
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    if (!kit_sent_by(sender, "mallory"))
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
    if (!kit_sent_by(sender, "trent"))
        kit_allow_operation(sender);
}
