/* SPDX-License-Identifier: ISC */

/*
 * The Windows cmd shell URI on /bin/sh, as a plug-in on the public headers alone: the entry points.
 * A command's life is in command.h, a shell's in shell.h.
 *
 * Streams and signals exist for commands only; aimed at a shell they are refused.
 */

#define WSMAN_API_VERSION_1_1

#include <wsman.h>
#include <wsmerror.h>

#include "cmd/command.h"
#include "cmd/shell.h"

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)applicationIdentification;
    (void)extraInfo;
    *pluginContext = NULL;
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    return NO_ERROR;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startupInfo,
                             WSMAN_DATA *inboundShellInformation)
{
    (void)pluginContext;
    (void)flags;
    (void)inboundShellInformation;
    if (!startupInfo)
        WSManPluginOperationComplete(requestDetails, 0, ERROR_INVALID_PARAMETER, NULL);
    else
        shell_open(requestDetails, startupInfo);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                               PVOID shellContext, PCWSTR commandLine,
                               WSMAN_COMMAND_ARG_SET *arguments)
{
    (void)flags;
    command_open(requestDetails, shellContext, commandLine, arguments);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inboundData)
{
    (void)shellContext;
    if (!commandContext)
        WSManPluginOperationComplete(requestDetails, 0, ERROR_INVALID_OPERATION, NULL);
    else
        command_send(commandContext, requestDetails, flags & WSMAN_FLAG_SEND_NO_MORE_DATA, stream,
                     inboundData);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                               PVOID shellContext, PVOID commandContext,
                               WSMAN_STREAM_ID_SET *streamSet)
{
    (void)flags;
    (void)shellContext;
    if (!commandContext)
        WSManPluginOperationComplete(requestDetails, 0, ERROR_INVALID_OPERATION, NULL);
    else
        command_receive(commandContext, requestDetails, streamSet);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    (void)flags;
    (void)shellContext;
    if (!commandContext)
        WSManPluginOperationComplete(requestDetails, 0, ERROR_INVALID_OPERATION, NULL);
    else
        command_signal(commandContext, requestDetails, code);
}

/* Whoever comes may take over: nothing here belongs to a client. */
VOID WINAPI WSManPluginConnect(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                               PVOID shellContext, PVOID commandContext,
                               WSMAN_DATA *inboundConnectInformation)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)inboundConnectInformation;
    WSManPluginOperationComplete(requestDetails, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    shell_release(shellContext);
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    command_release(commandContext);
}
