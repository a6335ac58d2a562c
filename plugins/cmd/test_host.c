/* SPDX-License-Identifier: ISC */

#include "cmd/test_host.h"

#include <stdarg.h>
#include <setjmp.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include <wsman_linux.h>
#include <wsmerror.h>

#include "cmd/output.h"
#include "common/utf16.h"

struct fake_host fake_host = {.lock = PTHREAD_MUTEX_INITIALIZER,
                              .changed = PTHREAD_COND_INITIALIZER};

static unsigned completions;

static struct operation *operation_of(WSMAN_PLUGIN_REQUEST *request)
{
    return (struct operation *)request;
}

DWORD WINAPI WSManPluginReportContext(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                      PVOID context)
{
    assert_int_equal(flags, 0);
    pthread_mutex_lock(&fake_host.lock);
    if (fake_host.report_answer == NO_ERROR)
        operation_of(requestDetails)->context = context;
    pthread_mutex_unlock(&fake_host.lock);
    return fake_host.report_answer;
}

DWORD WINAPI WSManPluginOperationComplete(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                          DWORD errorCode, PCWSTR extendedInformation)
{
    struct operation *operation = operation_of(requestDetails);

    (void)extendedInformation;
    assert_int_equal(flags, 0);
    pthread_mutex_lock(&fake_host.lock);
    assert_int_equal(operation->error, OPEN);
    operation->error = errorCode;
    operation->order = ++completions;
    pthread_cond_broadcast(&fake_host.changed);
    pthread_mutex_unlock(&fake_host.lock);
    return NO_ERROR;
}

static void take_output(struct operation *operation, DWORD flags, PCWSTR stream,
                        const WSMAN_DATA *data)
{
    int index = utf16_equal_ascii_case(stream, WSMAN_STREAM_ID_STDERR);
    size_t room = sizeof(operation->text[0]) - 1;

    assert_false(operation->ended[index]);
    if (data) {
        size_t length = data->binaryData.dataLength;
        size_t at = operation->received[index];

        assert_int_equal(data->type, WSMAN_DATA_TYPE_BINARY);
        assert_true(length > 0 && length <= OUTPUT_BUFFER_SIZE);
        if (at < room)
            memcpy(operation->text[index] + at, data->binaryData.data,
                   length < room - at ? length : room - at);
        operation->received[index] += length;
    }
    operation->ended[index] = flags & WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA;
}

DWORD WINAPI WSManPluginReceiveResult(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                      PCWSTR stream, WSMAN_DATA *streamResult, PCWSTR commandState,
                                      DWORD exitCode)
{
    struct operation *operation = operation_of(requestDetails);
    DWORD error = NO_ERROR;

    pthread_mutex_lock(&fake_host.lock);
    while (fake_host.client_is_stuck && !operation->request.shutdownNotification) {
        fake_host.somebody_is_stuck = true;
        pthread_cond_broadcast(&fake_host.changed);
        pthread_cond_wait(&fake_host.changed, &fake_host.lock);
    }
    assert_int_equal(operation->error, OPEN);
    if (operation->request.shutdownNotification) {
        error = ERROR_OPERATION_ABORTED;
    } else {
        assert_false(operation->done);
        if (stream)
            take_output(operation, flags, stream, streamResult);
        if (commandState) {
            assert_true(utf16_equal_ascii_case(commandState, WSMAN_COMMAND_STATE_DONE));
            operation->done = true;
            operation->exit_code = exitCode;
        }
    }
    pthread_cond_broadcast(&fake_host.changed);
    pthread_mutex_unlock(&fake_host.lock);
    return error;
}

DWORD WINAPI WSManLinuxGetShutdownEvent(HANDLE shutdownNotificationHandle, int *eventDescriptor)
{
    *eventDescriptor = *(int *)shutdownNotificationHandle;
    return NO_ERROR;
}

void operation_open(struct operation *operation)
{
    memset(operation, 0, sizeof(*operation));
    operation->error = OPEN;
    operation->event = eventfd(0, EFD_CLOEXEC);
    operation->request.operationInfo = &operation->info;
    operation->request.shutdownNotificationHandle = &operation->event;
}

void operation_cancel(struct operation *operation)
{
    pthread_mutex_lock(&fake_host.lock);
    operation->request.shutdownNotification = TRUE;
    eventfd_write(operation->event, 1);
    pthread_cond_broadcast(&fake_host.changed);
    pthread_mutex_unlock(&fake_host.lock);
}

DWORD operation_wait(struct operation *operation)
{
    pthread_mutex_lock(&fake_host.lock);
    while (operation->error == OPEN)
        pthread_cond_wait(&fake_host.changed, &fake_host.lock);
    pthread_mutex_unlock(&fake_host.lock);
    close(operation->event);
    operation->event = -1;
    return operation->error;
}

void set_option(struct operation *operation, PCWSTR name, PCWSTR value, BOOL must_comply)
{
    operation->option = (WSMAN_OPTION){.name = name, .value = value, .mustComply = must_comply};
    operation->info.optionSet.optionsCount = 1;
    operation->info.optionSet.options = &operation->option;
}
