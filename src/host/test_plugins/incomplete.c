/* SPDX-License-Identifier: ISC */

/* A library without the entry points of any kind of plug-in but the first. */

#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <wsmerror.h>

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)applicationIdentification;
    (void)extraInfo;
    (void)pluginContext;
    return NO_ERROR;
}
