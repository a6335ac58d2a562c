/* SPDX-License-Identifier: ISC */

/* A shell of the cmd plug-in and a command in it, as most tests of the plug-in have them. */

#include "cmd/test_shell.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <wsmerror.h>

struct operation shell;
struct operation command;
struct operation receive;

static PCWSTR output_names[] = {WSMAN_STREAM_ID_STDOUT, WSMAN_STREAM_ID_STDERR};

void open_shell_in(PCWSTR directory, WSMAN_ENVIRONMENT_VARIABLE_SET *variables)
{
    PCWSTR input_name = WSMAN_STREAM_ID_STDIN;
    WSMAN_STREAM_ID_SET inputs = {.streamIDsCount = 1, .streamIDs = &input_name};
    WSMAN_STREAM_ID_SET outputs = {.streamIDsCount = 2, .streamIDs = output_names};
    WSMAN_SHELL_STARTUP_INFO startup = {.inputStreamSet = &inputs,
                                        .outputStreamSet = &outputs,
                                        .workingDirectory = directory,
                                        .variableSet = variables};

    WSManPluginShell(NULL, &shell.request, 0, &startup, NULL);
}

int shell_begin(void **state)
{
    (void)state;
    fake_host.report_answer = NO_ERROR;
    fake_host.client_is_stuck = fake_host.somebody_is_stuck = false;
    operation_open(&shell);
    open_shell_in(u"/", NULL);
    return shell.context ? 0 : -1;
}

int shell_finish(void **state)
{
    (void)state;
    operation_cancel(&shell);
    assert_int_equal(operation_wait(&shell), ERROR_CANCELLED);
    WSManPluginReleaseShellContext(shell.context);
    return 0;
}

void run(PCWSTR line)
{
    operation_open(&command);
    WSManPluginCommand(&command.request, 0, shell.context, line, NULL);
    assert_non_null(command.context);
}

void release_command(void)
{
    operation_wait(&command);
    WSManPluginReleaseCommandContext(shell.context, command.context);
}

void start_receive(void)
{
    operation_open(&receive);
    WSManPluginReceive(&receive.request, 0, shell.context, command.context, NULL);
}

void finish(void)
{
    start_receive();
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_int_equal(command.error, NO_ERROR);
    assert_true(receive.order < command.order);
    assert_true(receive.done && receive.ended[0] && receive.ended[1]);
}

DWORD send_bytes(const char *bytes, size_t length, DWORD flags)
{
    struct operation operation;
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY,
                       .binaryData = {.dataLength = (DWORD)length, .data = (BYTE *)bytes}};

    operation_open(&operation);
    WSManPluginSend(&operation.request, flags, shell.context, command.context,
                    WSMAN_STREAM_ID_STDIN, &data);
    return operation_wait(&operation);
}

DWORD send_signal(PCWSTR code)
{
    struct operation operation;

    operation_open(&operation);
    WSManPluginSignal(&operation.request, 0, shell.context, command.context, code);
    return operation_wait(&operation);
}

void wait_for_output(size_t length)
{
    pthread_mutex_lock(&fake_host.lock);
    while (receive.received[0] < length)
        pthread_cond_wait(&fake_host.changed, &fake_host.lock);
    pthread_mutex_unlock(&fake_host.lock);
}

bool is_alive(pid_t pid)
{
    char path[64];
    char line[256] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    return line[0] != '\0' && !strstr(line, ") Z ") && !strstr(line, ") X ");
}

void wait_for_death(pid_t pid)
{
    for (int i = 0; i < 10000 && is_alive(pid); i++)
        poll(NULL, 0, 1);
    assert_false(is_alive(pid));
}
