/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in whose shells can be disconnected. What it does with a Connect stands in the text
 * of the element that comes with it:
 *
 *   fine     completes with an element of its own, which holds the text; so does anything else
 *   plain    completes with a text that is no element
 *   large    completes with an element of 100 KiB
 *   refuse   completes with code 1223 and a text
 *   never    completes when it is cancelled, with success, and notes that
 *   gate     completes when the test has made the file `gate`
 *   crash    ends in abort()
 *
 * A command `count N` puts N objects of 32 KiB out as soon as the test has made the file `go`, the
 * number of each in all of its lines; what is refused because the shell is disconnected comes again
 * with the next Receive. Any other command waits until it is cancelled. Input is taken when the
 * test has made the file `taken`.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugins/kit.h"

enum { LINE = 8, OBJECT = 32 * 1024, WORD_SIZE = 64, LARGE = 100 * 1024 };

struct command {
    WSMAN_PLUGIN_REQUEST *request;
    unsigned count; /* 0: it waits */
    unsigned next;  /* the object that comes next; of the thread that puts out */
    WSMAN_PLUGIN_REQUEST *receive;
};

static void wait_for_cancel(WSMAN_PLUGIN_REQUEST *request)
{
    struct pollfd waiting = {.fd = -1, .events = POLLIN};

    WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &waiting.fd);
    while (poll(&waiting, 1, -1) != 1)
        ;
}

static void run_until_cancelled(void *request)
{
    wait_for_cancel(request);
    WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
}

/* ---- output ---- */

static DWORD put_object(const struct command *command)
{
    static const DWORD flags = WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY;
    char *bytes = malloc(OBJECT + 1);
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY, .binaryData.dataLength = OBJECT};
    DWORD code;

    if (bytes == NULL)
        abort();
    for (unsigned i = 0; i < OBJECT; i += LINE)
        snprintf(bytes + i, LINE + 1, "%07u\n", command->next % 10000000);
    data.binaryData.data = (BYTE *)bytes;
    code =
        WSManPluginReceiveResult(command->receive, flags, WSMAN_STREAM_ID_STDOUT, &data, NULL, 0);
    free(bytes);
    return code;
}

static void count_run(void *argument)
{
    struct command *command = argument;
    WSMAN_PLUGIN_REQUEST *receive = command->receive;
    DWORD code = NO_ERROR;

    kit_wait_for_file("go");
    while (code == NO_ERROR && command->next < command->count) {
        code = put_object(command);
        if (code == NO_ERROR)
            command->next++;
    }
    if (code == NO_ERROR) {
        kit_note("put out %u\n", command->next);
        code = WSManPluginReceiveResult(receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE, 0);
    }
    if (code == ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED) {
        kit_note("refused %u\n", command->next);
        WSManPluginOperationComplete(receive, 0, code, NULL);
        return;
    }
    WSManPluginOperationComplete(receive, 0, code, NULL);
    WSManPluginOperationComplete(command->request, 0, code, NULL);
}

/* ---- connecting ---- */

static void connect_never(void *request)
{
    wait_for_cancel(request);
    kit_note("connect cancelled\n");
    WSManPluginOperationComplete(request, 0, NO_ERROR, u"<late/>");
}

static void connect_at_gate(void *request)
{
    kit_wait_for_file("gate");
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

/* The text between the tags of `<connectXml xmlns="...">text</connectXml>`. */
static void word_of(const WSMAN_DATA *data, char word[WORD_SIZE])
{
    unsigned used = 0;
    bool inside = false;

    word[0] = '\0';
    if (data == NULL || data->type != WSMAN_DATA_TYPE_TEXT)
        return;
    for (DWORD i = 0; i < data->text.bufferLength && used < WORD_SIZE - 1; i++) {
        WCHAR c = data->text.buffer[i];

        if (inside && c == u'<')
            break;
        if (inside)
            word[used++] = (char)c;
        inside = inside || c == u'>';
    }
    word[used] = '\0';
}

static void complete_with(WSMAN_PLUGIN_REQUEST *request, const char *head, const char *middle,
                          size_t padding)
{
    static const char tail[] = "</connectResponseXml>";
    size_t used = 0;
    WCHAR *text = calloc(strlen(head) + strlen(middle) + padding + sizeof(tail), sizeof(*text));

    if (text == NULL)
        abort();
    for (const char *part = head; *part != '\0'; part++)
        text[used++] = (WCHAR)*part;
    for (const char *part = middle; *part != '\0'; part++)
        text[used++] = (WCHAR)*part;
    while (padding-- > 0)
        text[used++] = u'x';
    for (const char *part = tail; *part != '\0'; part++)
        text[used++] = (WCHAR)*part;
    WSManPluginOperationComplete(request, 0, NO_ERROR, text);
    free(text);
}

VOID WINAPI WSManPluginConnect(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_DATA *inbound)
{
    static const char head[] =
        "<connectResponseXml xmlns=\"http://schemas.microsoft.com/powershell\">";
    char word[WORD_SIZE];

    (void)shellContext;
    word_of(inbound, word);
    kit_note("connect %s %s flags=%u options=%u\n", commandContext != NULL ? "command" : "shell",
             word, flags, request->operationInfo->optionSet.optionsCount);
    if (strcmp(word, "crash") == 0)
        abort();
    if (strcmp(word, "never") == 0)
        kit_run(connect_never, request);
    else if (strcmp(word, "gate") == 0)
        kit_run(connect_at_gate, request);
    else if (strcmp(word, "refuse") == 0)
        WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, u"not you");
    else if (strcmp(word, "plain") == 0)
        WSManPluginOperationComplete(request, 0, NO_ERROR, u"no <element");
    else if (commandContext != NULL)
        WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
    else
        complete_with(request, head, word, strcmp(word, "large") == 0 ? LARGE : 0);
}

/* ---- the other entry points ---- */

KIT_STARTUP_AND_SHUTDOWN

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    (void)pluginContext;
    (void)flags;
    (void)startup;
    (void)inbound;
    if (WSManPluginReportContext(request, 0, request) == NO_ERROR)
        kit_run(run_until_cancelled, request);
}

static unsigned number_after(PCWSTR text, const char *word)
{
    unsigned number = 0;

    for (; *word != '\0'; word++, text++)
        if (*text != (WCHAR)*word)
            return 0;
    for (; *text >= u'0' && *text <= u'9'; text++)
        number = number * 10 + (unsigned)(*text - u'0');
    return number;
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct command *command = calloc(1, sizeof(*command));

    (void)flags;
    (void)shellContext;
    (void)arguments;
    if (command == NULL)
        abort();
    command->request = request;
    command->count = number_after(commandLine, "count ");
    WSManPluginReportContext(request, 0, command);
    if (command->count == 0)
        kit_run(run_until_cancelled, request);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streamSet)
{
    struct command *command = commandContext;

    (void)flags;
    (void)shellContext;
    (void)streamSet;
    if (command == NULL || command->count == 0) {
        kit_note("receive\n");
        kit_run(run_until_cancelled, request);
        return;
    }
    kit_note("receive from %u\n", command->next);
    command->receive = request;
    kit_run(count_run, command);
}

static void send_run(void *request)
{
    kit_wait_for_file("taken");
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *data)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)stream;
    (void)data;
    kit_note("send\n");
    kit_run(send_run, request);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    (void)flags;
    (void)shellContext;
    (void)commandContext;
    (void)code;
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    (void)shellContext;
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    (void)shellContext;
    free(commandContext);
}
