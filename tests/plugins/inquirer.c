/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in that asks its host everything there is to ask, rightly and wrongly, and notes
 * what it was given and told: a line each, "who what: answer". Its commands do nothing but end; the
 * one called `flags` with flags that are not zero.
 */
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "plugins/kit.h"

extern char **environ;

static int home;
static int stranger;

static const char *plain(PCWSTR text)
{
    static _Thread_local char out[4][256];
    static _Thread_local unsigned next;
    char *room = out[next++ % 4];
    size_t used = 0;

    if (text == NULL)
        return "none";
    for (; text[used] != 0 && used < sizeof(out[0]) - 1; used++)
        room[used] = text[used] < 0x7f ? (char)text[used] : '?';
    room[used] = '\0';
    return room;
}

static void note_data(const char *who, const char *what, DWORD number, DWORD said,
                      const WSMAN_DATA *data)
{
    if (said == NO_ERROR && data->type == WSMAN_DATA_TYPE_TEXT)
        kit_note("%s %s %u: \"%s\" of %u\n", who, what, (unsigned)number, plain(data->text.buffer),
                 (unsigned)data->text.bufferLength);
    else if (said == NO_ERROR)
        kit_note("%s %s %u: %u\n", who, what, (unsigned)number, (unsigned)data->number);
    else
        kit_note("%s %s %u: error %u\n", who, what, (unsigned)number, (unsigned)said);
}

static void ask_parameters(const char *who, WSMAN_PLUGIN_REQUEST *request)
{
    for (DWORD i = 0; i <= 7; i++) {
        WSMAN_DATA data = {.type = WSMAN_DATA_NONE};

        note_data(who, "parameter", i, WSManPluginGetOperationParameters(request, i, &data), &data);
    }
    kit_note("%s parameter without room: error %u\n", who,
             (unsigned)WSManPluginGetOperationParameters(request, 1, NULL));
}

static void ask_configuration(PVOID context)
{
    WSMAN_DATA data = {.type = WSMAN_DATA_NONE};

    for (DWORD i = 0; i <= 6; i++)
        note_data("plugin", "configuration", i, WSManPluginGetConfiguration(context, i, &data),
                  &data);
    kit_note("plugin configuration without room: error %u\n",
             (unsigned)WSManPluginGetConfiguration(context, 1, NULL));
    kit_note("plugin configuration of a stranger: error %u\n",
             (unsigned)WSManPluginGetConfiguration(&stranger, 1, &data));
    kit_note("plugin completion: %u\n", (unsigned)WSManPluginReportCompletion(context, 0));
    kit_note("plugin completion with flags: error %u\n",
             (unsigned)WSManPluginReportCompletion(context, 1));
    kit_note("plugin completion of a stranger: error %u\n",
             (unsigned)WSManPluginReportCompletion(&stranger, 0));
}

/* The functions that take a request, with one that is none. */
static void ask_for_nobody(WSMAN_PLUGIN_REQUEST *request, const char *who)
{
    WSMAN_DATA data = {.type = WSMAN_DATA_NONE};

    kit_note("%s: errors %u %u %u %u %u\n", who,
             (unsigned)WSManPluginReportContext(request, 0, &home),
             (unsigned)WSManPluginReceiveResult(request, 0, NULL, NULL, NULL, 0),
             (unsigned)WSManPluginOperationComplete(request, 0, NO_ERROR, NULL),
             (unsigned)WSManPluginGetOperationParameters(request, 1, &data),
             (unsigned)WSManPluginFreeRequestDetails(request));
}

static void note_request(const char *who, const WSMAN_PLUGIN_REQUEST *request)
{
    const WSMAN_OPERATION_INFO *info = request->operationInfo;

    kit_note("%s is of %s in %s and %s\n", who, plain(request->resourceUri), plain(request->locale),
             plain(request->dataLocale));
    kit_note("%s has form %u and %u selector %s\n", who, (unsigned)info->version,
             (unsigned)info->selectorSet.numberKeys,
             info->selectorSet.numberKeys == 1 ? plain(info->selectorSet.keys[0].key) : "");
    for (DWORD i = 0; i < info->optionSet.optionsCount; i++)
        kit_note("%s has option %s = %s, must %u\n", who, plain(info->optionSet.options[i].name),
                 plain(info->optionSet.options[i].value),
                 (unsigned)info->optionSet.options[i].mustComply);
}

static void complete_when_cancelled(void *request)
{
    struct pollfd waiting = {.fd = -1, .events = POLLIN};
    const WSMAN_PLUGIN_REQUEST *seen = request;

    WSManLinuxGetShutdownEvent(seen->shutdownNotificationHandle, &waiting.fd);
    kit_note("shell not cancelled: %d, %u\n", poll(&waiting, 1, 0),
             (unsigned)__atomic_load_n(&seen->shutdownNotification, __ATOMIC_ACQUIRE));
    while (poll(&waiting, 1, -1) != 1)
        ;
    kit_note("shell cancelled: %u, again %u\n", (unsigned)poll(&waiting, 1, 0),
             (unsigned)__atomic_load_n(&seen->shutdownNotification, __ATOMIC_ACQUIRE));
    kit_note("shell context too late: error %u\n",
             (unsigned)WSManPluginReportContext(request, 0, &stranger));
    WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
    ask_for_nobody(request, "a shell that is complete");
}

/* ---- entry points ---- */

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    char folder[PATH_MAX];
    char link[2][64] = {"", ""};

    (void)flags;
    (void)extraInfo;
    kit_note("startup of %s in %s\n", plain(application), getcwd(folder, sizeof(folder)));
    for (char **variable = environ; *variable != NULL; variable++)
        kit_note("environment %s\n", *variable);
    for (int i = 0; i < 2; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/proc/self/fd/%d", i);
        if (readlink(path, link[i], sizeof(link[i]) - 1) < 0)
            link[i][0] = '\0';
    }
    kit_note("input %s, output %s\n", link[0], link[1]);
    *pluginContext = &home;
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    kit_wait();
    kit_note("shutdown %u %u %u\n", pluginContext == &home, (unsigned)flags, (unsigned)reason);
    return NO_ERROR;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    WSMAN_PLUGIN_REQUEST made_up = *request;

    note_request("shell", request);
    kit_note("shell flags %u, idle %u, %u inputs, %u outputs, first %s, folder %s, variables %u, "
             "inbound %u\n",
             (unsigned)flags, (unsigned)startup->idleTimeoutMs,
             (unsigned)startup->inputStreamSet->streamIDsCount,
             (unsigned)startup->outputStreamSet->streamIDsCount,
             plain(startup->outputStreamSet->streamIDs[0]), plain(startup->workingDirectory),
             startup->variableSet != NULL ? (unsigned)startup->variableSet->varsCount : 0,
             inbound != NULL);
    ask_configuration(pluginContext);
    ask_parameters("shell", request);
    ask_for_nobody(NULL, "nobody");
    ask_for_nobody(&made_up, "a copy of a request");
    kit_note("shell result: error %u\n",
             (unsigned)WSManPluginReceiveResult(request, 0, NULL, NULL, NULL, 0));
    kit_note("shell context with flags: error %u\n",
             (unsigned)WSManPluginReportContext(request, 1, &home));
    kit_note("shell freed: %u\n", (unsigned)WSManPluginFreeRequestDetails(request));
    kit_note("shell still is of %s\n", plain(request->resourceUri));
    kit_note("shell context: %u\n", (unsigned)WSManPluginReportContext(request, 0, request));
    kit_note("shell context again: error %u\n",
             (unsigned)WSManPluginReportContext(request, 0, request));
    kit_run(complete_when_cancelled, request);
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    (void)flags;
    note_request("command", request);
    kit_note("command %s with %u arguments, shell %u\n", plain(commandLine),
             arguments != NULL ? (unsigned)arguments->argsCount : 0,
             ((WSMAN_PLUGIN_REQUEST *)shellContext)->senderDetails == request->senderDetails);
    ask_parameters("command", request);
    WSManPluginReportContext(request, 0, request);
    if (kit_is(commandLine, "flags")) {
        kit_note("command complete with flags: error %u\n",
                 (unsigned)WSManPluginOperationComplete(request, 1, NO_ERROR, NULL));
        kit_note("command complete again: error %u\n",
                 (unsigned)WSManPluginOperationComplete(request, 0, NO_ERROR, NULL));
    }
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    (void)shellContext;
    (void)commandContext;
    note_request("send", request);
    kit_note("send flags %u to %s, type %u, %u bytes\n", (unsigned)flags, plain(stream),
             (unsigned)inbound->type, (unsigned)inbound->binaryData.dataLength);
    ask_parameters("send", request);
    kit_note("send context: error %u\n", (unsigned)WSManPluginReportContext(request, 0, &home));
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

static void ask_results(WSMAN_PLUGIN_REQUEST *request)
{
    static const WCHAR lone[] = {'a', 0xd800, 0};
    BYTE byte = 'x';
    WSMAN_DATA bytes = {.type = WSMAN_DATA_TYPE_BINARY,
                        .binaryData = {.dataLength = 1, .data = &byte}};
    WSMAN_DATA number = {.type = WSMAN_DATA_TYPE_DWORD, .number = 1};
    WSMAN_DATA text = {.type = WSMAN_DATA_TYPE_TEXT, .text = {.bufferLength = 2, .buffer = lone}};
    PCWSTR out = WSMAN_STREAM_ID_STDOUT;

    kit_note("results: errors %u %u %u %u %u %u\n",
             (unsigned)WSManPluginReceiveResult(request, 8, out, &bytes, NULL, 0),
             (unsigned)WSManPluginReceiveResult(request, 0, WSMAN_TEXT("pr"), &bytes, NULL, 0),
             (unsigned)WSManPluginReceiveResult(request, 0, NULL, &bytes, NULL, 0),
             (unsigned)WSManPluginReceiveResult(request, WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA,
                                                NULL, NULL, NULL, 0),
             (unsigned)WSManPluginReceiveResult(request, 0, out, &number, NULL, 0),
             (unsigned)WSManPluginReceiveResult(request, 0, out, &text, NULL, 0));
    kit_note("result of all flags: %u\n",
             (unsigned)WSManPluginReceiveResult(request, 6, out, &bytes, NULL, 0));
    kit_note("result done: %u\n", (unsigned)WSManPluginReceiveResult(request, 0, NULL, NULL,
                                                                     WSMAN_COMMAND_STATE_DONE, 3));
    kit_note("result after done: error %u\n",
             (unsigned)WSManPluginReceiveResult(request, 0, out, &bytes, NULL, 0));
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    (void)shellContext;
    note_request("receive", request);
    kit_note("receive flags %u of %u streams\n", (unsigned)flags,
             (unsigned)streams->streamIDsCount);
    ask_parameters("receive", request);
    ask_results(request);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
    WSManPluginOperationComplete(commandContext, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    (void)shellContext;
    (void)commandContext;
    note_request("signal", request);
    kit_note("signal flags %u code %s\n", (unsigned)flags, plain(code));
    ask_parameters("signal", request);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    kit_note("released shell %u\n", shellContext != NULL);
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    kit_note("released command %u\n", shellContext != NULL && commandContext != NULL);
}
