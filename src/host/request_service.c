/* SPDX-License-Identifier: ISC */

/* The service functions on requests, called by plug-ins on any thread. */

#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/host.h"
#include "host/output.h"
#include "host/request.h"
#include "host/shell.h"
#include "host/stray.h"
#include "host/text16.h"

struct request *request_find(const void *address, const char **cause)
{
    struct handle *handle = handle_find(address, HANDLE_request, cause);

    return handle != NULL ? container_of(handle, struct request, handle) : NULL;
}

DWORD service_report_context(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PVOID context)
{
    DWORD result = ERROR_INVALID_PARAMETER;
    const char *cause = NULL;
    struct request *request;

    address_lock();
    request = request_find(requestDetails, &cause);
    if (request == NULL || flags != 0 || request->reported ||
        (request->kind != REQUEST_shell && request->kind != REQUEST_command)) {
        if (cause == NULL)
            cause = "flags, a second context, or an operation that has none";
    } else if (request->cancelled) {
        result = ERROR_OPERATION_ABORTED;
    } else {
        request->reported = true;
        request->context = context;
        post_send(&request->report_post);
        result = NO_ERROR;
    }
    address_unlock();
    if (result == ERROR_INVALID_PARAMETER)
        stray_report("WSManPluginReportContext", cause);
    return result;
}

/* Bytes of UTF-8 that the text of a completion may have: more where it is the answer itself. */
static size_t extended_limit(const void *address, DWORD code)
{
    const char *cause = NULL;
    const struct request *request;
    bool answer;

    address_lock();
    request = request_find(address, &cause);
    answer = request != NULL && request->kind == REQUEST_connect && code == NO_ERROR;
    address_unlock();
    return (answer ? LIMIT_PAYLOAD : LIMIT_REASON) - 1;
}

/*
 * The request is gone for the plug-in whatever is returned, so a completion with flags that are
 * not zero ends the operation too: nobody else would.
 */
DWORD service_operation_complete(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, DWORD errorCode,
                                 PCWSTR extendedInformation)
{
    char *extended = text16_reason(extendedInformation, extended_limit(requestDetails, errorCode));
    struct output *output = NULL;
    const char *cause = NULL;
    struct request *request;

    address_lock();
    request = request_find(requestDetails, &cause);
    if (request != NULL) {
        request->code = errorCode;
        request->extended = extended;
        handle_close(&request->handle);
        handle_close(&request->event);
        if (request->output != NULL)
            output = output_ref(request->output);
    }
    address_unlock();
    if (output != NULL)
        output_cancel(output); /* another thread may still wait with a result of this receive */
    output_unref(output);
    if (request != NULL)
        post_send(&request->complete_post);
    else
        free(extended);
    if (request == NULL || flags != 0)
        stray_report("WSManPluginOperationComplete",
                     request == NULL ? cause : "flags that are not zero");
    return request == NULL || flags != 0 ? ERROR_INVALID_PARAMETER : NO_ERROR;
}

static void give_number(WSMAN_DATA *data, DWORD number)
{
    data->type = WSMAN_DATA_TYPE_DWORD;
    data->number = number;
}

static void give_text(WSMAN_DATA *data, const char16_t *text)
{
    data->type = WSMAN_DATA_TYPE_TEXT;
    data->text.buffer = text;
    data->text.bufferLength = (DWORD)utf16_length(text);
}

static DWORD request_parameter(const struct request *request, DWORD which, WSMAN_DATA *data)
{
    const WSMAN_OPERATION_INFOEX *info =
        (const WSMAN_OPERATION_INFOEX *)request->details->operationInfo;

    switch (which) {
    case WSMAN_PLUGIN_PARAMS_MAX_ENVELOPE_SIZE:
        give_number(data, request->envelope);
        return NO_ERROR;
    case WSMAN_PLUGIN_PARAMS_TIMEOUT:
        give_number(data, request->timeout);
        return NO_ERROR;
    case WSMAN_PLUGIN_PARAMS_REMAINING_RESULT_SIZE:
    case WSMAN_PLUGIN_PARAMS_LARGEST_RESULT_SIZE:
        give_number(data, request->room);
        return NO_ERROR;
    case WSMAN_PLUGIN_PARAMS_GET_REQUESTED_LOCALE:
        give_text(data, info->uiLocale != NULL ? info->uiLocale : u"en-US");
        return NO_ERROR;
    case WSMAN_PLUGIN_PARAMS_GET_REQUESTED_DATA_LOCALE:
        give_text(data, info->dataLocale != NULL ? info->dataLocale : u"en-US");
        return NO_ERROR;
    default:
        return ERROR_INVALID_PARAMETER;
    }
}

DWORD service_get_operation_parameters(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                       WSMAN_DATA *data)
{
    DWORD result = ERROR_INVALID_PARAMETER;
    const struct request *request;
    const char *cause;

    address_lock();
    request = request_find(requestDetails, &cause);
    if (request != NULL && data != NULL)
        result = request_parameter(request, flags, data);
    address_unlock();
    return result;
}

/* The strings stay until the operation completes: keeping them is allowed, and simple. */
DWORD service_free_request_details(WSMAN_PLUGIN_REQUEST *requestDetails)
{
    const char *cause;
    bool known;

    address_lock();
    known = request_find(requestDetails, &cause) != NULL;
    address_unlock();
    return known ? NO_ERROR : ERROR_INVALID_PARAMETER;
}

DWORD service_get_shutdown_event(HANDLE shutdownNotificationHandle, int *eventDescriptor)
{
    DWORD result = ERROR_INVALID_HANDLE;
    struct request *request;
    struct handle *handle;
    const char *cause;

    if (eventDescriptor == NULL)
        return ERROR_INVALID_PARAMETER;
    address_lock();
    handle = handle_find(shutdownNotificationHandle, HANDLE_event, &cause);
    if (handle != NULL) {
        request = container_of(handle, struct request, event);
        if (request->event_fd < 0)
            request->event_fd = eventfd(request->cancelled ? 1 : 0, EFD_CLOEXEC | EFD_NONBLOCK);
        *eventDescriptor = request->event_fd;
        result = request->event_fd >= 0 ? NO_ERROR : ERROR_NOT_ENOUGH_MEMORY;
    }
    address_unlock();
    return result;
}
