/* SPDX-License-Identifier: ISC */

/* Blocks in its start-up until the test has made the file `go`; then it lets everybody in. */
#include "plugins/kit.h"

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)application;
    (void)extraInfo;
    *pluginContext = NULL;
    kit_note("slow start\n");
    kit_wait_for_file("go");
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    return NO_ERROR;
}

KIT_AUTHZ_USER
{
    kit_allow_user(sender);
}

KIT_ALLOW_OPERATIONS
KIT_QUOTA
KIT_RELEASE
