/* SPDX-License-Identifier: ISC */

/*
 * The seam between libwsmsvc.so and the program that hosts plug-ins. The library only names the
 * service functions; what they do is in a table of functions that the host installs before it
 * loads a plug-in. A process that installs nothing (a plug-in loaded by some other program) gets
 * ERROR_INVALID_PARAMETER from all of them.
 *
 * S(function, member, parameters, arguments) lists every service function once.
 */
#ifndef HOST_SERVICE_H
#define HOST_SERVICE_H

#include "host/api.h"

#define SERVICE_TABLE(S)                                                                          \
    S(WSManPluginReportContext, report_context,                                                   \
      (WSMAN_PLUGIN_REQUEST * requestDetails, DWORD flags, PVOID context),                        \
      (requestDetails, flags, context))                                                           \
    S(WSManPluginReceiveResult, receive_result,                                                   \
      (WSMAN_PLUGIN_REQUEST * requestDetails, DWORD flags, PCWSTR stream,                         \
       WSMAN_DATA * streamResult, PCWSTR commandState, DWORD exitCode),                           \
      (requestDetails, flags, stream, streamResult, commandState, exitCode))                      \
    S(WSManPluginOperationComplete, operation_complete,                                           \
      (WSMAN_PLUGIN_REQUEST * requestDetails, DWORD flags, DWORD errorCode,                       \
       PCWSTR extendedInformation),                                                               \
      (requestDetails, flags, errorCode, extendedInformation))                                    \
    S(WSManPluginGetOperationParameters, get_operation_parameters,                                \
      (WSMAN_PLUGIN_REQUEST * requestDetails, DWORD flags, WSMAN_DATA * data),                    \
      (requestDetails, flags, data))                                                              \
    S(WSManPluginGetConfiguration, get_configuration,                                             \
      (PVOID pluginContext, DWORD flags, WSMAN_DATA * data), (pluginContext, flags, data))        \
    S(WSManPluginReportCompletion, report_completion, (PVOID pluginContext, DWORD flags),         \
      (pluginContext, flags))                                                                     \
    S(WSManPluginFreeRequestDetails, free_request_details,                                        \
      (WSMAN_PLUGIN_REQUEST * requestDetails), (requestDetails))                                  \
    S(WSManPluginAuthzUserComplete, authz_user_complete,                                          \
      (WSMAN_SENDER_DETAILS * senderDetails, DWORD flags, PVOID userAuthorizationContext,         \
       HANDLE impersonationToken, BOOL userIsAdministrator, DWORD errorCode,                      \
       PCWSTR extendedErrorInformation),                                                          \
      (senderDetails, flags, userAuthorizationContext, impersonationToken, userIsAdministrator,   \
       errorCode, extendedErrorInformation))                                                      \
    S(WSManPluginAuthzOperationComplete, authz_operation_complete,                                \
      (WSMAN_SENDER_DETAILS * senderDetails, DWORD flags, PVOID userAuthorizationContext,         \
       DWORD errorCode, PCWSTR extendedErrorInformation),                                         \
      (senderDetails, flags, userAuthorizationContext, errorCode, extendedErrorInformation))      \
    S(WSManPluginAuthzQueryQuotaComplete, authz_quota_complete,                                   \
      (WSMAN_SENDER_DETAILS * senderDetails, DWORD flags, WSMAN_AUTHZ_QUOTA * quota,              \
       DWORD errorCode, PCWSTR extendedErrorInformation),                                         \
      (senderDetails, flags, quota, errorCode, extendedErrorInformation))                         \
    S(WSManLinuxCreateToken, create_token,                                                        \
      (WSMAN_SENDER_DETAILS * senderDetails, PCWSTR accountName, HANDLE * token),                 \
      (senderDetails, accountName, token))                                                        \
    S(WSManLinuxCloseToken, close_token, (HANDLE token), (token))                                 \
    S(WSManLinuxGetTokenAccount, get_token_account, (HANDLE token, PWSTR buffer, DWORD * length), \
      (token, buffer, length))                                                                    \
    S(WSManLinuxGetTokenGroups, get_token_groups, (HANDLE token, PWSTR buffer, DWORD * length),   \
      (token, buffer, length))                                                                    \
    S(WSManLinuxGetClientAddress, get_client_address,                                             \
      (WSMAN_SENDER_DETAILS * senderDetails, PWSTR buffer, DWORD * length),                       \
      (senderDetails, buffer, length))                                                            \
    S(WSManLinuxGetThreadLanguage, get_thread_language, (PWSTR buffer, DWORD * length),           \
      (buffer, length))                                                                           \
    S(WSManLinuxGetShutdownEvent, get_shutdown_event,                                             \
      (HANDLE shutdownNotificationHandle, int *eventDescriptor),                                  \
      (shutdownNotificationHandle, eventDescriptor))

struct wsmsvc_runtime {
#define S(function, member, parameters, arguments) DWORD(*member) parameters;
    SERVICE_TABLE(S)
#undef S
};

/* Called once by the host, before any plug-in is loaded; `runtime` is kept, not copied. */
WSMAN_EXPORT void wsmsvc_install(const struct wsmsvc_runtime *runtime);

#endif
