/* SPDX-License-Identifier: ISC */

/*
 * What the plug-in headers promise, as static assertions: sizes, offsets, values and texts, with
 * the numbers of 64-bit Windows. Compiled as C11 and as C++17, in both WCHAR modes and for both API
 * versions; to compile without a warning is the whole test.
 */

#include "wsman.h"
#include "wsman_linux.h"
#include "wsmerror.h"

#ifdef __cplusplus
#define CHECK(condition) static_assert(condition, #condition)
#else
#define CHECK(condition) _Static_assert(condition, #condition)
#endif

#define SIZE(type, size) CHECK(sizeof(type) == (size))
#define AT(type, member, where, width) \
    CHECK(offsetof(type, member) == (where) && sizeof(((type *)0)->member) == (width))

SIZE(WCHAR, 2);
SIZE(BYTE, 1);
SIZE(WORD, 2);
SIZE(DWORD, 4);
SIZE(LONG, 4);
SIZE(ULONG, 4);
SIZE(BOOL, 4);
SIZE(BOOLEAN, 1);
SIZE(HRESULT, 4);
SIZE(HANDLE, 8);

SIZE(WSManDataType, 4);

SIZE(WSMAN_DATA_TEXT, 16);
AT(WSMAN_DATA_TEXT, bufferLength, 0, 4);
AT(WSMAN_DATA_TEXT, buffer, 8, 8);

SIZE(WSMAN_DATA_BINARY, 16);
AT(WSMAN_DATA_BINARY, dataLength, 0, 4);
AT(WSMAN_DATA_BINARY, data, 8, 8);

SIZE(WSMAN_DATA, 24);
AT(WSMAN_DATA, type, 0, 4);
AT(WSMAN_DATA, text, 8, 16);
AT(WSMAN_DATA, binaryData, 8, 16);
AT(WSMAN_DATA, number, 8, 4);

SIZE(WSMAN_OPTION, 24);
AT(WSMAN_OPTION, name, 0, 8);
AT(WSMAN_OPTION, value, 8, 8);
AT(WSMAN_OPTION, mustComply, 16, 4);

SIZE(WSMAN_OPTION_SET, 24);
AT(WSMAN_OPTION_SET, optionsCount, 0, 4);
AT(WSMAN_OPTION_SET, options, 8, 8);
AT(WSMAN_OPTION_SET, optionsMustUnderstand, 16, 4);

SIZE(WSMAN_OPTION_SETEX, 32);
AT(WSMAN_OPTION_SETEX, optionsCount, 0, 4);
AT(WSMAN_OPTION_SETEX, options, 8, 8);
AT(WSMAN_OPTION_SETEX, optionsMustUnderstand, 16, 4);
AT(WSMAN_OPTION_SETEX, optionTypes, 24, 8);

SIZE(WSMAN_KEY, 16);
AT(WSMAN_KEY, key, 0, 8);
AT(WSMAN_KEY, value, 8, 8);

SIZE(WSMAN_SELECTOR_SET, 16);
AT(WSMAN_SELECTOR_SET, numberKeys, 0, 4);
AT(WSMAN_SELECTOR_SET, keys, 8, 8);

SIZE(WSMAN_FRAGMENT, 16);
AT(WSMAN_FRAGMENT, path, 0, 8);
AT(WSMAN_FRAGMENT, dialect, 8, 8);

SIZE(WSMAN_FILTER, 16);
AT(WSMAN_FILTER, filter, 0, 8);
AT(WSMAN_FILTER, dialect, 8, 8);

SIZE(WSMAN_OPERATION_INFO, 88);
AT(WSMAN_OPERATION_INFO, fragment, 0, 16);
AT(WSMAN_OPERATION_INFO, filter, 16, 16);
AT(WSMAN_OPERATION_INFO, selectorSet, 32, 16);
AT(WSMAN_OPERATION_INFO, optionSet, 48, 24);
AT(WSMAN_OPERATION_INFO, reserved, 72, 8);
AT(WSMAN_OPERATION_INFO, version, 80, 4);

SIZE(WSMAN_OPERATION_INFOEX, 104);
AT(WSMAN_OPERATION_INFOEX, fragment, 0, 16);
AT(WSMAN_OPERATION_INFOEX, filter, 16, 16);
AT(WSMAN_OPERATION_INFOEX, selectorSet, 32, 16);
AT(WSMAN_OPERATION_INFOEX, optionSet, 48, 32);
AT(WSMAN_OPERATION_INFOEX, version, 80, 4);
AT(WSMAN_OPERATION_INFOEX, uiLocale, 88, 8);
AT(WSMAN_OPERATION_INFOEX, dataLocale, 96, 8);

SIZE(WSMAN_STREAM_ID_SET, 16);
AT(WSMAN_STREAM_ID_SET, streamIDsCount, 0, 4);
AT(WSMAN_STREAM_ID_SET, streamIDs, 8, 8);

SIZE(WSMAN_ENVIRONMENT_VARIABLE, 16);
AT(WSMAN_ENVIRONMENT_VARIABLE, name, 0, 8);
AT(WSMAN_ENVIRONMENT_VARIABLE, value, 8, 8);

SIZE(WSMAN_ENVIRONMENT_VARIABLE_SET, 16);
AT(WSMAN_ENVIRONMENT_VARIABLE_SET, varsCount, 0, 4);
AT(WSMAN_ENVIRONMENT_VARIABLE_SET, vars, 8, 8);

SIZE(WSMAN_SHELL_STARTUP_INFO_V10, 40);
AT(WSMAN_SHELL_STARTUP_INFO_V10, inputStreamSet, 0, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V10, outputStreamSet, 8, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V10, idleTimeoutMs, 16, 4);
AT(WSMAN_SHELL_STARTUP_INFO_V10, workingDirectory, 24, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V10, variableSet, 32, 8);

SIZE(WSMAN_SHELL_STARTUP_INFO_V11, 48);
AT(WSMAN_SHELL_STARTUP_INFO_V11, inputStreamSet, 0, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V11, outputStreamSet, 8, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V11, idleTimeoutMs, 16, 4);
AT(WSMAN_SHELL_STARTUP_INFO_V11, workingDirectory, 24, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V11, variableSet, 32, 8);
AT(WSMAN_SHELL_STARTUP_INFO_V11, name, 40, 8);

#ifdef WSMAN_API_VERSION_1_0
SIZE(WSMAN_SHELL_STARTUP_INFO, 40);
#else
SIZE(WSMAN_SHELL_STARTUP_INFO, 48);
#endif

SIZE(WSMAN_COMMAND_ARG_SET, 16);
AT(WSMAN_COMMAND_ARG_SET, argsCount, 0, 4);
AT(WSMAN_COMMAND_ARG_SET, args, 8, 8);

SIZE(WSMAN_SHELL_DISCONNECT_INFO, 4);

SIZE(WSMAN_CERTIFICATE_DETAILS, 32);
AT(WSMAN_CERTIFICATE_DETAILS, subject, 0, 8);
AT(WSMAN_CERTIFICATE_DETAILS, issuerName, 8, 8);
AT(WSMAN_CERTIFICATE_DETAILS, issuerThumbprint, 16, 8);
AT(WSMAN_CERTIFICATE_DETAILS, subjectName, 24, 8);

SIZE(WSMAN_SENDER_DETAILS, 40);
AT(WSMAN_SENDER_DETAILS, senderName, 0, 8);
AT(WSMAN_SENDER_DETAILS, authenticationMechanism, 8, 8);
AT(WSMAN_SENDER_DETAILS, certificateDetails, 16, 8);
AT(WSMAN_SENDER_DETAILS, clientToken, 24, 8);
AT(WSMAN_SENDER_DETAILS, httpURL, 32, 8);

SIZE(WSMAN_PLUGIN_REQUEST, 56);
AT(WSMAN_PLUGIN_REQUEST, senderDetails, 0, 8);
AT(WSMAN_PLUGIN_REQUEST, locale, 8, 8);
AT(WSMAN_PLUGIN_REQUEST, resourceUri, 16, 8);
AT(WSMAN_PLUGIN_REQUEST, operationInfo, 24, 8);
AT(WSMAN_PLUGIN_REQUEST, shutdownNotification, 32, 4);
AT(WSMAN_PLUGIN_REQUEST, shutdownNotificationHandle, 40, 8);
AT(WSMAN_PLUGIN_REQUEST, dataLocale, 48, 8);

SIZE(WSMAN_AUTHZ_QUOTA, 16);
AT(WSMAN_AUTHZ_QUOTA, maxAllowedConcurrentShells, 0, 4);
AT(WSMAN_AUTHZ_QUOTA, maxAllowedConcurrentOperations, 4, 4);
AT(WSMAN_AUTHZ_QUOTA, timeslotSize, 8, 4);
AT(WSMAN_AUTHZ_QUOTA, maxAllowedOperationsPerTimeslot, 12, 4);

SIZE(WSMAN_ERROR, 40);
SIZE(WSMAN_AUTHENTICATION_CREDENTIALS, 24);
SIZE(WSMAN_PROXY_INFO, 32);
SIZE(WSMAN_RECEIVE_DATA_RESULT, 48);
AT(WSMAN_RECEIVE_DATA_RESULT, streamData, 8, 24);
AT(WSMAN_RECEIVE_DATA_RESULT, commandState, 32, 8);
AT(WSMAN_RECEIVE_DATA_RESULT, exitCode, 40, 4);
SIZE(WSMAN_RESPONSE_DATA, 48);
SIZE(WSMAN_SHELL_ASYNC, 16);

CHECK(WSMAN_OPERATION_INFOV2 == 2864434397U);
CHECK(WSMAN_DATA_TYPE_DWORD == 4);
CHECK(WSMAN_FLAG_NO_MORE_DATA == 1 && WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY == 4);
CHECK(WSMAN_PLUGIN_PARAMS_GET_REQUESTED_DATA_LOCALE == 6 && WSMAN_PLUGIN_PARAMS_NAME == 5);
CHECK(WSMAN_PLUGIN_STARTUP_AUTORESTARTED_CRASH == 2);
CHECK(WSMAN_PLUGIN_SHUTDOWN_IDLETIMEOUT_ELAPSED == 4);
CHECK(WSManOperationGet == 1 && WSManOperationShell == 7 && WSManOperationInvoke == 9);
CHECK(WSMAN_FLAG_CALLBACK_RECEIVE_DELAY_STREAM_REQUEST_PROCESSED == 0x2000);
CHECK(WSMAN_OPTION_REDIRECT_LOCATION == 30 && WSMAN_OPTION_USE_INTEARACTIVE_TOKEN == 34);
CHECK(WSMAN_SHELL_NS_LEN == 55);
CHECK(sizeof(WSMAN_CMDSHELL_URI) == (55 + 4 + 1) * sizeof(WCHAR));
CHECK(sizeof(WSMAN_SHELL_NS WSMAN_TEXT("/x")) == (55 + 2 + 1) * sizeof(WCHAR));

#if ERROR_WSMAN_RESOURCE_NOT_FOUND != 2150858752 || ERROR_WSMAN_REDIRECT_REQUIRED != 2150859161
#error "the error codes are not usable in #if, or wrong"
#endif
CHECK(ERROR_WSMAN_EVENTING_PUSH_SUBSCRIPTION_NOACTIVATE_EVENTSOURCE == 2150859263);
CHECK(ERROR_WSMAN_QUOTA_MAX_SHELLS == 2150859173 && ERROR_WSMAN_UNEXPECTED_SELECTORS == 2150858843);
CHECK(ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED == 2150859072);

/* Each prototype is the function its typedef points to, and each is callable under its own name. */
struct entry_points {
    WSMAN_PLUGIN_STARTUP startup;
    WSMAN_PLUGIN_SHUTDOWN shutdown;
    WSMAN_PLUGIN_AUTHORIZE_USER authz_user;
    WSMAN_PLUGIN_AUTHORIZE_OPERATION authz_operation;
    WSMAN_PLUGIN_AUTHORIZE_QUERY_QUOTA authz_query_quota;
    WSMAN_PLUGIN_AUTHORIZE_RELEASE_CONTEXT authz_release_context;
    WSMAN_PLUGIN_SHELL shell;
    WSMAN_PLUGIN_COMMAND command;
    WSMAN_PLUGIN_SEND send;
    WSMAN_PLUGIN_RECEIVE receive;
    WSMAN_PLUGIN_SIGNAL signal;
    WSMAN_PLUGIN_CONNECT connect;
    WSMAN_PLUGIN_RELEASE_SHELL_CONTEXT release_shell_context;
    WSMAN_PLUGIN_RELEASE_COMMAND_CONTEXT release_command_context;
};

#ifdef __cplusplus
extern "C"
#endif
    const struct entry_points *
    contract_entry_points(void);

const struct entry_points *contract_entry_points(void)
{
    static const struct entry_points all = {
        WSManPluginStartup,
        WSManPluginShutdown,
        WSManPluginAuthzUser,
        WSManPluginAuthzOperation,
        WSManPluginAuthzQueryQuota,
        WSManPluginAuthzReleaseContext,
        WSManPluginShell,
        WSManPluginCommand,
        WSManPluginSend,
        WSManPluginReceive,
        WSManPluginSignal,
        WSManPluginConnect,
        WSManPluginReleaseShellContext,
        WSManPluginReleaseCommandContext,
    };

    return &all;
}
