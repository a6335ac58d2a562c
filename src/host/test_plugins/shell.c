/* SPDX-License-Identifier: ISC */

/*
 * A shell plug-in whose command line says what the command does:
 *
 *   echo     puts out its arguments and ends with exit code 7
 *   cat      puts out its input, and ends with it
 *   flood    puts out as much as it is allowed to until it is told to stop
 *   gush     the same; a signal completes its receive and waits for the thread that puts out
 *   hang     ends when it is cancelled, or at the terminate signal
 *   deaf     ignores terminate; ends when it is cancelled
 *   silent   ends without a word
 *   break    the command operation completes with error 42 after some output
 *   refuse   completes with error 77 instead of reporting a context
 *   slow     puts out "a", and "b" when it has input
 *   daemon   starts a process that leaves its session, puts out its number
 *
 * How many contexts are not released is written to the file named by its parameters, at shutdown.
 */

#define WSMAN_API_VERSION_1_1
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

struct command {
    WSMAN_PLUGIN_REQUEST *request;
    WSMAN_PLUGIN_REQUEST *receive;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char line[32];
    char text[256];
    char input[65536];
    size_t input_length;
    int input_end;
    int terminated;
    int stopped; /* no thread puts out any more */
};

static atomic_int shells;
static atomic_int commands;
static WSMAN_PLUGIN_REQUEST *shell_request;
static char marker[512];

static void narrow(char *out, size_t size, PCWSTR text)
{
    size_t i = 0;

    for (; text != NULL && text[i] != 0 && i + 1 < size; i++)
        out[i] = (char)text[i];
    out[i] = 0;
}

static DWORD put(struct command *command, PCWSTR stream, const void *data, size_t length,
                 DWORD flags)
{
    WSMAN_DATA result = {.type = WSMAN_DATA_TYPE_BINARY};

    result.binaryData.data = (BYTE *)(uintptr_t)data;
    result.binaryData.dataLength = (DWORD)length;
    return WSManPluginReceiveResult(command->receive, flags, stream, &result, NULL, 0);
}

static DWORD done(struct command *command, DWORD exit_code)
{
    return WSManPluginReceiveResult(command->receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE,
                                    exit_code);
}

/* The command may be released as soon as the second completion is said. */
static void complete(struct command *command, DWORD receive_code, DWORD code)
{
    WSMAN_PLUGIN_REQUEST *receive;

    pthread_mutex_lock(&command->lock);
    receive = command->receive;
    pthread_mutex_unlock(&command->lock);
    if (receive != NULL)
        WSManPluginOperationComplete(receive, 0, receive_code, NULL);
    WSManPluginOperationComplete(command->request, 0, code,
                                 code != NO_ERROR ? WSMAN_TEXT("it broke") : NULL);
}

static void wait_for_cancel(struct command *command)
{
    int event = -1;

    WSManLinuxGetShutdownEvent(command->request->shutdownNotificationHandle, &event);
    while (!__atomic_load_n(&command->terminated, __ATOMIC_SEQ_CST)) {
        struct pollfd waiting = {.fd = event, .events = POLLIN};

        pthread_mutex_unlock(&command->lock);
        if (poll(&waiting, 1, 5) > 0) {
            pthread_mutex_lock(&command->lock);
            break;
        }
        pthread_mutex_lock(&command->lock);
    }
}

static void start_daemon(struct command *command)
{
    int ends[2];
    char text[32] = "";
    pid_t child;

    if (pipe(ends) != 0)
        return;
    child = fork();
    if (child == 0) {
        if (fork() == 0) {
            setsid();
            dprintf(ends[1], "%d", (int)getpid());
            close(ends[1]);
            close(3);
            for (;;)
                pause();
        }
        _exit(0);
    }
    close(ends[1]);
    waitpid(child, NULL, 0);
    if (read(ends[0], text, sizeof(text) - 1) > 0)
        put(command, WSMAN_STREAM_ID_STDOUT, text, strlen(text), 0);
    close(ends[0]);
}

static void copy_input(struct command *command)
{
    while (!command->input_end || command->input_length > 0) {
        char input[sizeof(command->input)];
        size_t length = command->input_length;

        if (length == 0) {
            pthread_cond_wait(&command->changed, &command->lock);
            continue;
        }
        memcpy(input, command->input, length);
        command->input_length = 0;
        pthread_mutex_unlock(&command->lock);
        put(command, WSMAN_STREAM_ID_STDOUT, input, length, 0);
        pthread_mutex_lock(&command->lock);
    }
}

static int is(const struct command *command, const char *line)
{
    return strcmp(command->line, line) == 0;
}

/* What the command does; the lock is held. Returns the code it completes with. */
static DWORD perform(struct command *command)
{
    static const char block[65536];
    DWORD code = NO_ERROR;

    while (command->receive == NULL && !is(command, "hang") && !is(command, "deaf"))
        pthread_cond_wait(&command->changed, &command->lock);
    if (is(command, "echo")) {
        put(command, WSMAN_STREAM_ID_STDOUT, command->text, strlen(command->text), 0);
        put(command, WSMAN_STREAM_ID_STDERR, "err", 3, WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA);
        done(command, 7);
    } else if (is(command, "slow")) {
        put(command, WSMAN_STREAM_ID_STDOUT, "a", 1, 0);
        while (command->input_length == 0)
            pthread_cond_wait(&command->changed, &command->lock);
        put(command, WSMAN_STREAM_ID_STDOUT, "b", 1, 0);
        done(command, 0);
    } else if (is(command, "cat")) {
        copy_input(command);
        done(command, 0);
    } else if (is(command, "flood") || is(command, "gush")) {
        while (code == NO_ERROR)
            code = put(command, WSMAN_STREAM_ID_STDOUT, block, sizeof(block), 0);
    } else if (is(command, "break")) {
        put(command, WSMAN_STREAM_ID_STDOUT, "x", 1, 0);
        code = 42;
    } else if (!is(command, "silent")) {
        if (is(command, "daemon"))
            start_daemon(command);
        wait_for_cancel(command);
        code = ERROR_CANCELLED;
    }
    return code;
}

static void *run(void *argument)
{
    struct command *command = argument;
    DWORD code;

    pthread_mutex_lock(&command->lock);
    code = perform(command);
    pthread_mutex_unlock(&command->lock);
    if (is(command, "gush"))
        command->receive = NULL; /* complete already */
    __atomic_store_n(&command->stopped, 1, __ATOMIC_SEQ_CST);
    complete(command, code == 42 ? NO_ERROR : code, code);
    return NULL;
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)applicationIdentification;
    (void)pluginContext; /* as many plug-ins do: never written */
    narrow(marker, sizeof(marker), extraInfo);
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    FILE *file = fopen(marker, "a");

    (void)flags;
    if (file != NULL) {
        fprintf(file, "shutdown %u context %d shells %d commands %d\n", reason,
                pluginContext != NULL, shells, commands);
        fclose(file);
    }
    return NO_ERROR;
}

static void *shell_run(void *argument)
{
    int event = -1;
    WSMAN_PLUGIN_REQUEST *request = argument;
    struct pollfd waiting = {.events = POLLIN};

    WSManLinuxGetShutdownEvent(request->shutdownNotificationHandle, &event);
    waiting.fd = event;
    while (poll(&waiting, 1, -1) != 1)
        ;
    WSManPluginOperationComplete(
        request, 0,
        __atomic_load_n(&request->shutdownNotification, __ATOMIC_ACQUIRE) ? ERROR_CANCELLED : 1,
        NULL);
    return NULL;
}

VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *request, DWORD flags,
                             WSMAN_SHELL_STARTUP_INFO *startup, WSMAN_DATA *inbound)
{
    pthread_t thread;
    char name[64];

    (void)pluginContext;
    (void)flags;
    narrow(name, sizeof(name), startup->name);
    if (strcmp(name, "refuse") == 0 || startup->inputStreamSet->streamIDsCount == 0 ||
        startup->outputStreamSet->streamIDsCount == 0 || inbound != NULL) {
        WSManPluginOperationComplete(request, 0, 99, WSMAN_TEXT("no shell today"));
        return;
    }
    shell_request = request;
    shells++;
    if (WSManPluginReportContext(request, 0, request) != NO_ERROR) {
        shells--;
        WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
    } else if (pthread_create(&thread, NULL, shell_run, request) == 0) {
        pthread_detach(thread);
    }
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    struct command *command = calloc(1, sizeof(*command));
    pthread_t thread;

    (void)flags;
    (void)shellContext;
    if (command == NULL)
        abort();
    command->request = request;
    pthread_mutex_init(&command->lock, NULL);
    pthread_cond_init(&command->changed, NULL);
    narrow(command->line, sizeof(command->line), commandLine);
    if (arguments != NULL)
        narrow(command->text, sizeof(command->text), arguments->args[0]);
    if (strcmp(command->line, "refuse") == 0) {
        free(command);
        WSManPluginOperationComplete(request, 0, 77, WSMAN_TEXT("not that one"));
        return;
    }
    commands++;
    WSManPluginReportContext(request, 0, command);
    if (pthread_create(&thread, NULL, run, command) == 0)
        pthread_detach(thread);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                            PVOID commandContext, PCWSTR stream, WSMAN_DATA *inbound)
{
    struct command *command = commandContext;

    (void)shellContext;
    (void)stream;
    pthread_mutex_lock(&command->lock);
    if (strcmp(command->line, "cat") != 0 && strcmp(command->line, "slow") != 0) {
        pthread_mutex_unlock(&command->lock);
        usleep(1000000);
        WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
        return;
    }
    memcpy(command->input + command->input_length, inbound->binaryData.data,
           inbound->binaryData.dataLength);
    command->input_length += inbound->binaryData.dataLength;
    command->input_end |= flags == WSMAN_FLAG_SEND_NO_MORE_DATA;
    pthread_cond_broadcast(&command->changed);
    pthread_mutex_unlock(&command->lock);
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                               PVOID commandContext, WSMAN_STREAM_ID_SET *streams)
{
    struct command *command = commandContext;

    (void)flags;
    (void)shellContext;
    (void)streams;
    if (command == NULL) {
        WSManPluginOperationComplete(request, 0, ERROR_NOT_SUPPORTED, NULL);
        return;
    }
    pthread_mutex_lock(&command->lock);
    command->receive = request;
    pthread_cond_broadcast(&command->changed);
    pthread_mutex_unlock(&command->lock);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *request, DWORD flags, PVOID shellContext,
                              PVOID commandContext, PCWSTR code)
{
    struct command *command = commandContext;

    (void)flags;
    (void)shellContext;
    (void)code;
    if (command != NULL && strcmp(command->line, "gush") == 0) {
        WSManPluginOperationComplete(command->receive, 0, NO_ERROR, NULL);
        while (!__atomic_load_n(&command->stopped, __ATOMIC_SEQ_CST))
            usleep(1000);
    } else if (command != NULL && strcmp(command->line, "deaf") != 0) {
        /* Not locked: flood holds the lock while it puts out. */
        __atomic_store_n(&command->terminated, 1, __ATOMIC_SEQ_CST);
    }
    WSManPluginOperationComplete(request, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext)
{
    if (shellContext == shell_request && commands == 0)
        shells--;
}

VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext)
{
    if (shellContext != shell_request)
        return;
    commands--;
    free(commandContext);
}
