/* SPDX-License-Identifier: ISC */

/* The table of service functions, and those that are about the plug-in as a whole. */

#include "host/service.h"

#include "base/text.h"
#include "host/authz_call.h"
#include "host/host.h"
#include "host/language.h"
#include "host/receive.h"
#include "host/request.h"
#include "host/shell.h"
#include "host/text16.h"
#include "host/token.h"

static DWORD service_get_configuration(PVOID pluginContext, DWORD flags, WSMAN_DATA *data)
{
    const char16_t *text = NULL;

    if (data == NULL || flags < WSMAN_PLUGIN_PARAMS_SHAREDHOST ||
        flags > WSMAN_PLUGIN_PARAMS_NAME || pluginContext != host.plugin.context)
        return ERROR_INVALID_PARAMETER;
    if (flags == WSMAN_PLUGIN_PARAMS_RUNAS_USER)
        text = host.plugin.account16 != NULL ? host.plugin.account16 : u"";
    if (flags == WSMAN_PLUGIN_PARAMS_NAME)
        text = host.plugin.name16 != NULL ? host.plugin.name16 : u"";
    data->type = text != NULL ? WSMAN_DATA_TYPE_TEXT : WSMAN_DATA_TYPE_DWORD;
    if (text != NULL) {
        data->text.buffer = text;
        data->text.bufferLength = (DWORD)utf16_length(text);
    } else {
        data->number = 0;
    }
    return NO_ERROR;
}

/* A host of one shell ends with it: there is no idle clock to start. */
static DWORD service_report_completion(PVOID pluginContext, DWORD flags)
{
    return flags == 0 && pluginContext == host.plugin.context ? NO_ERROR : ERROR_INVALID_PARAMETER;
}

static DWORD service_get_client_address(WSMAN_SENDER_DETAILS *senderDetails, PWSTR buffer,
                                        DWORD *length)
{
    static const enum handle_kind kinds[] = {HANDLE_authz_user, HANDLE_authz_quota,
                                             HANDLE_authz_operation};
    DWORD result = ERROR_INVALID_PARAMETER;
    const char *cause;

    address_lock();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const struct authz_call *call = authz_call_open(senderDetails, kinds[i]);

        if (call != NULL)
            result = text16_give(call->address, buffer, length);
    }
    if (handle_find(senderDetails, HANDLE_sender, &cause) != NULL)
        result = text16_give(
            container_of(handle_find(senderDetails, HANDLE_sender, &cause), struct caller, sender)
                ->address,
            buffer, length);
    address_unlock();
    return result;
}

const struct wsmsvc_runtime host_services = {
#define S(function, member, parameters, arguments) .member = service_##member,
    SERVICE_TABLE(S)
#undef S
};
