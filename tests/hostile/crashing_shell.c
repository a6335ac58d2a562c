/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in that crashes where it is asked to:
 *
 *   option `crash` of the Create   shell, release, or thread: one of its own when the test has made
 *                                  the file `gate`
 *   a command's line               command, receive, thread (as above), quit: the process ends in
 *                                  WSManPluginCommand; anything else waits until it is cancelled,
 *                                  but echo, which puts out a line
 *   input or a signal code         whose first character is !
 */
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>

#include "plugins/kit.h"

struct command {
    WSMAN_PLUGIN_REQUEST *request;
    WSMAN_PLUGIN_REQUEST *receive; /* set before the thread begins, or NULL */
    bool echo;
    bool crash_in_receive;
};

static bool crash_in_release;

static void crash_at_gate(void *unused)
{
    (void)unused;
    kit_wait_for_file("gate");
    if (!kit_stopping())
        abort();
}

static void wait_for_cancel(WSMAN_PLUGIN_REQUEST *request)
{
    struct pollfd waiting = {.fd = -1, .events = POLLIN};

    WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &waiting.fd);
    while (poll(&waiting, 1, -1) != 1)
        ;
}

static void shell_run(void *request)
{
    wait_for_cancel(request);
    WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
}

static void command_run(void *argument)
{
    struct command *command = argument;
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY};
    DWORD code = ERROR_CANCELLED;
    BYTE line[] = "fine\n";

    if (command->echo) {
        data.binaryData.data = line;
        data.binaryData.dataLength = sizeof(line) - 1;
        WSManPluginReceiveResult(command->receive, 0, WSMAN_STREAM_ID_STDOUT, &data, NULL, 0);
        WSManPluginReceiveResult(command->receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE, 0);
        code = NO_ERROR;
    } else {
        wait_for_cancel(command->request);
    }
    if (command->receive != NULL)
        WSManPluginOperationComplete(command->receive, 0, code, NULL);
    WSManPluginOperationComplete(command->request, 0, code, NULL);
}

/* ---- entry points ---- */

KIT_STARTUP_AND_SHUTDOWN

static bool asked_to(const WSMAN_PLUGIN_REQUEST *request, const char *what)
{
    const WSMAN_OPTION_SET *set = &request->operationInfo->optionSet;

    for (DWORD i = 0; i < set->optionsCount; i++)
        if (kit_is(set->options[i].name, "crash") && kit_is(set->options[i].value, what))
            return true;
    return false;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    (void)pluginContext;
    (void)flags;
    (void)startup;
    (void)inbound;
    if (asked_to(request, "shell"))
        abort();
    crash_in_release = asked_to(request, "release");
    if (WSManPluginReportContext(request, 0, request) == NO_ERROR)
        kit_run(shell_run, request);
    if (asked_to(request, "thread"))
        kit_run(crash_at_gate, NULL);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct command *command = calloc(1, sizeof(*command));

    (void)flags;
    (void)shellContext;
    (void)arguments;
    if (command == NULL || kit_is(commandLine, "command"))
        abort();
    if (kit_is(commandLine, "quit"))
        exit(0);
    command->request = request;
    command->echo = kit_is(commandLine, "echo");
    command->crash_in_receive = kit_is(commandLine, "receive");
    WSManPluginReportContext(request, 0, command);
    if (kit_is(commandLine, "thread"))
        kit_run(crash_at_gate, NULL);
    if (!command->echo)
        kit_run(command_run, command);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)stream;
    if (inbound->binaryData.dataLength > 0 && inbound->binaryData.data[0] == '!')
        abort();
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    struct command *command = commandContext;

    (void)flags;
    (void)shellContext;
    (void)streams;
    if (command->crash_in_receive)
        abort();
    if (!command->echo) {
        WSManPluginOperationComplete(request, 0, ERROR_NOT_SUPPORTED, NULL);
        return;
    }
    command->receive = request;
    kit_run(command_run, command);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    if (code[0] == '!')
        abort();
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    (void)shellContext;
    if (crash_in_release)
        abort();
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    free(commandContext);
}
