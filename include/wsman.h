/* SPDX-License-Identifier: ISC */

/*
 * The WS-Management plug-in interface: what a shared library provides in order to authorize users
 * or to run shells inside a WinRM service, and what the service provides to it.
 *
 * A plug-in exports entry points (WSManPlugin..., second last part of this header); the host calls
 * them. The host exports service functions (last part; link with libwsmsvc, `pkg-config --libs
 * wsmsvc`); the plug-in calls them. Names, values, layouts and meaning are those of Microsoft's
 * header of the same name, so that a plug-in has one source for both systems.
 *
 * Define exactly one of WSMAN_API_VERSION_1_0 and WSMAN_API_VERSION_1_1 before including. It
 * decides which structure WSMAN_SHELL_STARTUP_INFO names.
 *
 * Who owns what
 *   Everything the host passes to an entry point (the request, its strings, sets and data) belongs
 *   to the host, is read-only, and lives until the plug-in completes that very call. Everything the
 *   plug-in passes to a service function is borrowed for the duration of the function; the host
 *   copies what it keeps. Contexts (PVOID) belong to the plug-in, which frees them in the release
 *   entry points and nowhere else.
 *
 * Threads
 *   Entry points run on threads of the host, many at once, from the moment WSManPluginStartup has
 *   returned. No thread returns to a plug-in by promise. Service functions may be called from every
 *   thread of the plug-in, also inside an entry point, before it returns. None of them waits,
 *   except WSManPluginReceiveResult.
 *
 * Completion
 *   Each call of an entry point which reports its result through a service function is completed
 *   exactly once, inside the call or later. The pointer that names the call (senderDetails or
 *   requestDetails) is dead after that: a second completion returns ERROR_INVALID_PARAMETER and
 *   has no other effect. An authorization call not completed in time counts as refused.
 *
 * `flags` arguments are zero where nothing else is said. Error codes are in wsmerror.h; what
 * Windows has no word for is in wsman_linux.h.
 */

#ifndef WSMAN_H
#define WSMAN_H

#if !defined(WSMAN_API_VERSION_1_0) && !defined(WSMAN_API_VERSION_1_1)
#error "define WSMAN_API_VERSION_1_0 or WSMAN_API_VERSION_1_1 before including wsman.h"
#endif

#include "wsman_types.h"

/* Both halves are found by their plain names, whatever visibility a build asks for. */
#ifndef WSMAN_EXPORT
#define WSMAN_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Constants */

#define WSMAN_FLAG_REQUESTED_API_VERSION_1_0 0x0
#define WSMAN_FLAG_REQUESTED_API_VERSION_1_1 0x1

/* WSMAN_OPERATION_INFO.version: with the second value the structure is a WSMAN_OPERATION_INFOEX. */
#define WSMAN_OPERATION_INFOV1 0x00000000U
#define WSMAN_OPERATION_INFOV2 0xaabbccddU

#define WSMAN_DEFAULT_TIMEOUT_MS 60000

/* Flags of WSManPluginReceiveResult. */
#define WSMAN_FLAG_RECEIVE_RESULT_NO_MORE_DATA  1 /* last data of this stream */
#define WSMAN_FLAG_RECEIVE_FLUSH                2 /* send now, do not wait for more */
#define WSMAN_FLAG_RECEIVE_RESULT_DATA_BOUNDARY 4 /* this ends one data object of the plug-in */

/* Flags the host passes to WSManPluginSend. Reference pages also use the second name. */
#define WSMAN_FLAG_SEND_NO_MORE_DATA 1
#define WSMAN_FLAG_NO_MORE_DATA      WSMAN_FLAG_SEND_NO_MORE_DATA

/* What WSManPluginGetOperationParameters can tell. */
#define WSMAN_PLUGIN_PARAMS_MAX_ENVELOPE_SIZE         1 /* bytes */
#define WSMAN_PLUGIN_PARAMS_TIMEOUT                   2 /* milliseconds */
#define WSMAN_PLUGIN_PARAMS_REMAINING_RESULT_SIZE     3 /* bytes */
#define WSMAN_PLUGIN_PARAMS_LARGEST_RESULT_SIZE       4 /* bytes */
#define WSMAN_PLUGIN_PARAMS_GET_REQUESTED_LOCALE      5 /* text */
#define WSMAN_PLUGIN_PARAMS_GET_REQUESTED_DATA_LOCALE 6 /* text */

/* What WSManPluginGetConfiguration can tell. */
#define WSMAN_PLUGIN_PARAMS_SHAREDHOST             1 /* number, 0 or 1 */
#define WSMAN_PLUGIN_PARAMS_RUNAS_USER             2 /* text */
#define WSMAN_PLUGIN_PARAMS_AUTORESTART            3 /* number, 0 or 1 */
#define WSMAN_PLUGIN_PARAMS_HOSTIDLETIMEOUTSECONDS 4 /* number */
#define WSMAN_PLUGIN_PARAMS_NAME                   5 /* text */

/* Flags the host passes to WSManPluginStartup: why the plug-in is started. */
#define WSMAN_PLUGIN_STARTUP_REQUEST_RECEIVED     0x0
#define WSMAN_PLUGIN_STARTUP_AUTORESTARTED_REBOOT 0x1
#define WSMAN_PLUGIN_STARTUP_AUTORESTARTED_CRASH  0x2

/* The reason passed to WSManPluginShutdown. */
#define WSMAN_PLUGIN_SHUTDOWN_SYSTEM              1
#define WSMAN_PLUGIN_SHUTDOWN_SERVICE             2
#define WSMAN_PLUGIN_SHUTDOWN_IISHOST             3
#define WSMAN_PLUGIN_SHUTDOWN_IDLETIMEOUT_ELAPSED 4

/*
 * Texts, as literals in the mode of the including source: they can be joined with literals of its
 * own. Compare command states and signal codes without regard to case.
 */
#define WSMAN_SHELL_NS     WSMAN_TEXT("http://schemas.microsoft.com/wbem/wsman/1/windows/shell")
#define WSMAN_SHELL_NS_LEN (sizeof(WSMAN_SHELL_NS) / sizeof(WCHAR) - 1)
#define WSMAN_CMDSHELL_URI WSMAN_SHELL_NS WSMAN_TEXT("/cmd")

#define WSMAN_STREAM_ID_STDIN  WSMAN_TEXT("stdin")
#define WSMAN_STREAM_ID_STDOUT WSMAN_TEXT("stdout")
#define WSMAN_STREAM_ID_STDERR WSMAN_TEXT("stderr")

#define WSMAN_COMMAND_STATE_DONE    WSMAN_SHELL_NS WSMAN_TEXT("/CommandState/Done")
#define WSMAN_COMMAND_STATE_PENDING WSMAN_SHELL_NS WSMAN_TEXT("/CommandState/Pending")
#define WSMAN_COMMAND_STATE_RUNNING WSMAN_SHELL_NS WSMAN_TEXT("/CommandState/Running")

#define WSMAN_SIGNAL_SHELL_CODE_TERMINATE  WSMAN_SHELL_NS WSMAN_TEXT("/signal/terminate")
#define WSMAN_SIGNAL_SHELL_CODE_CTRL_C     WSMAN_SHELL_NS WSMAN_TEXT("/signal/ctrl_c")
#define WSMAN_SIGNAL_SHELL_CODE_CTRL_BREAK WSMAN_SHELL_NS WSMAN_TEXT("/signal/ctrl_break")

#define WSMAN_CMDSHELL_OPTION_CODEPAGE          WSMAN_TEXT("WINRS_CODEPAGE")
#define WSMAN_SHELL_OPTION_NOPROFILE            WSMAN_TEXT("WINRS_NOPROFILE")
#define WSMAN_CMDSHELL_OPTION_CONSOLEMODE_STDIN WSMAN_TEXT("WINRS_CONSOLEMODE_STDIN")
#define WSMAN_CMDSHELL_OPTION_SKIP_CMD_SHELL    WSMAN_TEXT("WINRS_SKIP_CMD_SHELL")

/*
 * The `operation` argument of WSManPluginAuthzOperation. Microsoft publishes these names but no
 * numbers for them: a plug-in that shall have one source for both systems decides on `action` and
 * `resourceUri`. The comment gives the action each of them comes with.
 */
enum WSManOperationNumber {
    WSManOperationGet = 1,       /* http://schemas.xmlsoap.org/ws/2004/09/transfer/Get */
    WSManOperationPut = 2,       /* http://schemas.xmlsoap.org/ws/2004/09/transfer/Put */
    WSManOperationCreate = 3,    /* http://schemas.xmlsoap.org/ws/2004/09/transfer/Create */
    WSManOperationDelete = 4,    /* http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete */
    WSManOperationEnumerate = 5, /* http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate */
    WSManOperationSubscribe = 6, /* http://schemas.xmlsoap.org/ws/2004/08/eventing/Subscribe */
    WSManOperationShell = 7,     /* the action of Create */
    WSManOperationCommand = 8,   /* WSMAN_SHELL_NS/Command */
    WSManOperationInvoke = 9     /* whatever action the request carries */
};

/* Data */

typedef enum WSManDataType {
    WSMAN_DATA_NONE = 0,
    WSMAN_DATA_TYPE_TEXT = 1,
    WSMAN_DATA_TYPE_BINARY = 2,
    WSMAN_DATA_TYPE_DWORD = 4
} WSManDataType;

typedef struct _WSMAN_DATA_TEXT {
    DWORD bufferLength; /* UTF-16 code units; a NUL behind them is not counted */
    PCWSTR buffer;      /* do not rely on a NUL behind it */
} WSMAN_DATA_TEXT;

typedef struct _WSMAN_DATA_BINARY {
    DWORD dataLength; /* bytes */
    BYTE *data;
} WSMAN_DATA_BINARY;

/* `type` says which member holds the value. */
typedef struct _WSMAN_DATA {
    WSManDataType type;
    union {
        WSMAN_DATA_TEXT text;
        WSMAN_DATA_BINARY binaryData;
        DWORD number;
    };
} WSMAN_DATA;

/* What a request carries */

typedef struct _WSMAN_OPTION {
    PCWSTR name;
    PCWSTR value;
    BOOL mustComply; /* TRUE: obey it or fail the operation; FALSE: ignore it if unknown */
} WSMAN_OPTION;

typedef struct _WSMAN_OPTION_SET {
    DWORD optionsCount;
    WSMAN_OPTION *options;
    BOOL optionsMustUnderstand; /* the same question for the whole set */
} WSMAN_OPTION_SET;

typedef struct _WSMAN_OPTION_SETEX {
    DWORD optionsCount;
    WSMAN_OPTION *options;
    BOOL optionsMustUnderstand;
    PCWSTR *optionTypes; /* one type name for each option, or NULL */
} WSMAN_OPTION_SETEX;

typedef struct _WSMAN_KEY {
    PCWSTR key;
    PCWSTR value;
} WSMAN_KEY;

typedef struct _WSMAN_SELECTOR_SET {
    DWORD numberKeys;
    WSMAN_KEY *keys;
} WSMAN_SELECTOR_SET;

/* Reserved: both members are NULL in shell and authorization work. */
typedef struct _WSMAN_FRAGMENT {
    PCWSTR path;
    PCWSTR dialect;
} WSMAN_FRAGMENT;

/* Reserved: both members are NULL in shell and authorization work. */
typedef struct _WSMAN_FILTER {
    PCWSTR filter;
    PCWSTR dialect;
} WSMAN_FILTER;

/* The selectors name the resource (for a shell its ShellId). What does not apply is zero. */
typedef struct _WSMAN_OPERATION_INFO {
    WSMAN_FRAGMENT fragment;
    WSMAN_FILTER filter;
    WSMAN_SELECTOR_SET selectorSet;
    WSMAN_OPTION_SET optionSet;
    void *reserved;
    DWORD version;
} WSMAN_OPERATION_INFO;

/* The same with more behind it; see WSMAN_OPERATION_INFOV2. */
typedef struct _WSMAN_OPERATION_INFOEX {
    WSMAN_FRAGMENT fragment;
    WSMAN_FILTER filter;
    WSMAN_SELECTOR_SET selectorSet;
    WSMAN_OPTION_SETEX optionSet;
    DWORD version;
    PCWSTR uiLocale;
    PCWSTR dataLocale;
} WSMAN_OPERATION_INFOEX;

typedef struct _WSMAN_STREAM_ID_SET {
    DWORD streamIDsCount;
    PCWSTR *streamIDs;
} WSMAN_STREAM_ID_SET;

typedef struct _WSMAN_ENVIRONMENT_VARIABLE {
    PCWSTR name;
    PCWSTR value;
} WSMAN_ENVIRONMENT_VARIABLE;

typedef struct _WSMAN_ENVIRONMENT_VARIABLE_SET {
    DWORD varsCount;
    WSMAN_ENVIRONMENT_VARIABLE *vars;
} WSMAN_ENVIRONMENT_VARIABLE_SET;

/*
 * How a shell shall start. The stream sets are never NULL and hold one name at least, in the
 * client's order. An idle time-out of 0 means the largest one the configuration allows.
 */
typedef struct _WSMAN_SHELL_STARTUP_INFO_V10 {
    WSMAN_STREAM_ID_SET *inputStreamSet;
    WSMAN_STREAM_ID_SET *outputStreamSet;
    DWORD idleTimeoutMs;
    PCWSTR workingDirectory; /* NULL when the client named none */
    WSMAN_ENVIRONMENT_VARIABLE_SET *variableSet;
} WSMAN_SHELL_STARTUP_INFO_V10;

typedef struct _WSMAN_SHELL_STARTUP_INFO_V11 {
    WSMAN_STREAM_ID_SET *inputStreamSet;
    WSMAN_STREAM_ID_SET *outputStreamSet;
    DWORD idleTimeoutMs;
    PCWSTR workingDirectory;
    WSMAN_ENVIRONMENT_VARIABLE_SET *variableSet;
    PCWSTR name; /* the client's friendly name for the shell, or NULL */
} WSMAN_SHELL_STARTUP_INFO_V11;

#if defined(WSMAN_API_VERSION_1_0)
typedef WSMAN_SHELL_STARTUP_INFO_V10 WSMAN_SHELL_STARTUP_INFO;
#else
typedef WSMAN_SHELL_STARTUP_INFO_V11 WSMAN_SHELL_STARTUP_INFO;
#endif

typedef struct _WSMAN_COMMAND_ARG_SET {
    DWORD argsCount;
    PCWSTR *args;
} WSMAN_COMMAND_ARG_SET;

typedef struct _WSMAN_SHELL_DISCONNECT_INFO {
    DWORD idleTimeoutMs;
} WSMAN_SHELL_DISCONNECT_INFO;

/* Who is asking */

typedef struct _WSMAN_CERTIFICATE_DETAILS {
    PCWSTR subject;          /* distinguished name */
    PCWSTR issuerName;       /* distinguished name */
    PCWSTR issuerThumbprint; /* hexadecimal digits */
    PCWSTR subjectName;      /* alternative name of the subject, else its common name */
} WSMAN_CERTIFICATE_DETAILS;

typedef struct _WSMAN_SENDER_DETAILS {
    PCWSTR senderName;              /* as authenticated; Basic: exactly as the client sent it */
    PCWSTR authenticationMechanism; /* Basic, ClientCertificate, Kerberos, Negotiate, NTLM */
    WSMAN_CERTIFICATE_DETAILS *certificateDetails; /* with ClientCertificate only, else NULL */
    HANDLE clientToken;                            /* the user as the system knows him, or NULL */
    PCWSTR httpURL;                                /* URL of the request */
} WSMAN_SENDER_DETAILS;

/*
 * One operation. Its address names the operation in every service function and is never used twice
 * in the life of a process.
 */
typedef struct _WSMAN_PLUGIN_REQUEST {
    WSMAN_SENDER_DETAILS *senderDetails;
    PCWSTR locale;
    PCWSTR resourceUri;
    WSMAN_OPERATION_INFO *operationInfo; /* never NULL */
    volatile BOOL shutdownNotification;  /* TRUE once the operation is cancelled */
    HANDLE shutdownNotificationHandle;   /* signalled then; the host's, never close it */
    PCWSTR dataLocale;
} WSMAN_PLUGIN_REQUEST;

/*
 * What one user may use in one application. The largest DWORD means without limit; zero means none,
 * except a timeslotSize of zero: no limit on the rate.
 */
typedef struct _WSMAN_AUTHZ_QUOTA {
    DWORD maxAllowedConcurrentShells;
    DWORD maxAllowedConcurrentOperations;
    DWORD timeslotSize; /* seconds */
    DWORD maxAllowedOperationsPerTimeslot;
} WSMAN_AUTHZ_QUOTA;

/* Types of the client half, for sources that mention them */

enum WSManAuthenticationFlags {
    WSMAN_FLAG_DEFAULT_AUTHENTICATION = 0x0,
    WSMAN_FLAG_NO_AUTHENTICATION = 0x1,
    WSMAN_FLAG_AUTH_DIGEST = 0x2,
    WSMAN_FLAG_AUTH_NEGOTIATE = 0x4,
    WSMAN_FLAG_AUTH_BASIC = 0x8,
    WSMAN_FLAG_AUTH_KERBEROS = 0x10,
    WSMAN_FLAG_AUTH_CLIENT_CERTIFICATE = 0x20,
    WSMAN_FLAG_AUTH_CREDSSP = 0x80
};

enum WSManShellFlag {
    WSMAN_FLAG_NO_COMPRESSION = 0x1,
    WSMAN_FLAG_DELETE_SERVER_SESSION = 0x2,
    WSMAN_FLAG_SERVER_BUFFERING_MODE_DROP = 0x4,
    WSMAN_FLAG_SERVER_BUFFERING_MODE_BLOCK = 0x8,
    WSMAN_FLAG_RECEIVE_DELAY_OUTPUT_STREAM = 0x10
};

enum WSManCallbackFlags {
    WSMAN_FLAG_CALLBACK_END_OF_OPERATION = 0x1,
    WSMAN_FLAG_CALLBACK_END_OF_STREAM = 0x8,
    WSMAN_FLAG_CALLBACK_SHELL_SUPPORTS_DISCONNECT = 0x20,
    WSMAN_FLAG_CALLBACK_SHELL_AUTODISCONNECTED = 0x40,
    WSMAN_FLAG_CALLBACK_NETWORK_FAILURE_DETECTED = 0x100,
    WSMAN_FLAG_CALLBACK_RETRYING_AFTER_NETWORK_FAILURE = 0x200,
    WSMAN_FLAG_CALLBACK_RECONNECTED_AFTER_NETWORK_FAILURE = 0x400,
    WSMAN_FLAG_CALLBACK_SHELL_AUTODISCONNECTING = 0x800,
    WSMAN_FLAG_CALLBACK_RETRY_ABORTED_DUE_TO_INTERNAL_ERROR = 0x1000,
    WSMAN_FLAG_CALLBACK_RECEIVE_DELAY_STREAM_REQUEST_PROCESSED = 0x2000
};

typedef enum WSManProxyAccessType {
    WSMAN_OPTION_PROXY_IE_PROXY_CONFIG = 1,
    WSMAN_OPTION_PROXY_WINHTTP_PROXY_CONFIG = 2,
    WSMAN_OPTION_PROXY_AUTO_DETECT = 4,
    WSMAN_OPTION_PROXY_NO_PROXY_SERVER = 8
} WSManProxyAccessType;

typedef enum WSManSessionOption {
    WSMAN_OPTION_DEFAULT_OPERATION_TIMEOUTMS = 1,
    WSMAN_OPTION_MAX_RETRY_TIME = 11,
    WSMAN_OPTION_TIMEOUTMS_CREATE_SHELL = 12,
    WSMAN_OPTION_TIMEOUTMS_RUN_SHELL_COMMAND = 13,
    WSMAN_OPTION_TIMEOUTMS_RECEIVE_SHELL_OUTPUT = 14,
    WSMAN_OPTION_TIMEOUTMS_SEND_SHELL_INPUT = 15,
    WSMAN_OPTION_TIMEOUTMS_SIGNAL_SHELL = 16,
    WSMAN_OPTION_TIMEOUTMS_CLOSE_SHELL = 17,
    WSMAN_OPTION_SKIP_CA_CHECK = 18,
    WSMAN_OPTION_SKIP_CN_CHECK = 19,
    WSMAN_OPTION_UNENCRYPTED_MESSAGES = 20,
    WSMAN_OPTION_UTF16 = 21,
    WSMAN_OPTION_ENABLE_SPN_SERVER_PORT = 22,
    WSMAN_OPTION_MACHINE_ID = 23,
    WSMAN_OPTION_LOCALE = 25,
    WSMAN_OPTION_UI_LANGUAGE = 26,
    WSMAN_OPTION_MAX_ENVELOPE_SIZE_KB = 28,
    WSMAN_OPTION_SHELL_MAX_DATA_SIZE_PER_MESSAGE_KB = 29,
    WSMAN_OPTION_REDIRECT_LOCATION = 30,
    WSMAN_OPTION_SKIP_REVOCATION_CHECK = 31,
    WSMAN_OPTION_ALLOW_NEGOTIATE_IMPLICIT_CREDENTIALS = 32,
    WSMAN_OPTION_USE_SSL = 33,
    WSMAN_OPTION_USE_INTEARACTIVE_TOKEN = 34 /* the original's spelling */
} WSManSessionOption;

typedef struct WSMAN_API *WSMAN_API_HANDLE;
typedef struct WSMAN_SESSION *WSMAN_SESSION_HANDLE;
typedef struct WSMAN_OPERATION *WSMAN_OPERATION_HANDLE;
typedef struct WSMAN_SHELL *WSMAN_SHELL_HANDLE;
typedef struct WSMAN_COMMAND *WSMAN_COMMAND_HANDLE;

typedef struct _WSMAN_ERROR {
    DWORD code;
    PCWSTR errorDetail;
    PCWSTR language;
    PCWSTR machineName;
    PCWSTR pluginName;
} WSMAN_ERROR;

typedef struct _WSMAN_USERNAME_PASSWORD_CREDS {
    PCWSTR username;
    PCWSTR password;
} WSMAN_USERNAME_PASSWORD_CREDS;

typedef struct _WSMAN_AUTHENTICATION_CREDENTIALS {
    DWORD authenticationMechanism;
    union {
        WSMAN_USERNAME_PASSWORD_CREDS userAccount;
        PCWSTR certificateThumbprint;
    };
} WSMAN_AUTHENTICATION_CREDENTIALS;

typedef struct _WSMAN_PROXY_INFO {
    DWORD accessType;
    WSMAN_AUTHENTICATION_CREDENTIALS authenticationCredentials;
} WSMAN_PROXY_INFO;

typedef struct _WSMAN_RECEIVE_DATA_RESULT {
    PCWSTR streamId;
    WSMAN_DATA streamData;
    PCWSTR commandState;
    DWORD exitCode;
} WSMAN_RECEIVE_DATA_RESULT;

typedef struct _WSMAN_CONNECT_DATA {
    WSMAN_DATA data;
} WSMAN_CONNECT_DATA;

typedef struct _WSMAN_CREATE_SHELL_DATA {
    WSMAN_DATA data;
} WSMAN_CREATE_SHELL_DATA;

typedef union _WSMAN_RESPONSE_DATA {
    WSMAN_RECEIVE_DATA_RESULT receiveData;
    WSMAN_CONNECT_DATA connectData;
    WSMAN_CREATE_SHELL_DATA createData;
} WSMAN_RESPONSE_DATA;

/* The last argument is what a shell function of the client reports under each API version. */
#if defined(WSMAN_API_VERSION_1_0)
typedef VOID(CALLBACK *WSMAN_SHELL_COMPLETION_FUNCTION)(PVOID operationContext, DWORD flags,
                                                        WSMAN_ERROR *error,
                                                        WSMAN_SHELL_HANDLE shell,
                                                        WSMAN_COMMAND_HANDLE command,
                                                        WSMAN_OPERATION_HANDLE operationHandle,
                                                        WSMAN_RECEIVE_DATA_RESULT *data);
#else
typedef VOID(CALLBACK *WSMAN_SHELL_COMPLETION_FUNCTION)(PVOID operationContext, DWORD flags,
                                                        WSMAN_ERROR *error,
                                                        WSMAN_SHELL_HANDLE shell,
                                                        WSMAN_COMMAND_HANDLE command,
                                                        WSMAN_OPERATION_HANDLE operationHandle,
                                                        WSMAN_RESPONSE_DATA *data);
#endif

typedef struct _WSMAN_SHELL_ASYNC {
    PVOID operationContext;
    WSMAN_SHELL_COMPLETION_FUNCTION completionFunction;
} WSMAN_SHELL_ASYNC;

/* Entry points: what a plug-in exports and the host calls */

typedef DWORD(WINAPI *WSMAN_PLUGIN_STARTUP)(DWORD flags, PCWSTR applicationIdentification,
                                            PCWSTR extraInfo, PVOID *pluginContext);
typedef DWORD(WINAPI *WSMAN_PLUGIN_SHUTDOWN)(PVOID pluginContext, DWORD flags, DWORD reason);
typedef VOID(WINAPI *WSMAN_PLUGIN_AUTHORIZE_USER)(PVOID pluginContext,
                                                  WSMAN_SENDER_DETAILS *senderDetails, DWORD flags);
typedef VOID(WINAPI *WSMAN_PLUGIN_AUTHORIZE_OPERATION)(PVOID pluginContext,
                                                       WSMAN_SENDER_DETAILS *senderDetails,
                                                       DWORD flags, DWORD operation, PCWSTR action,
                                                       PCWSTR resourceUri);
typedef VOID(WINAPI *WSMAN_PLUGIN_AUTHORIZE_QUERY_QUOTA)(PVOID pluginContext,
                                                         WSMAN_SENDER_DETAILS *senderDetails,
                                                         DWORD flags);
typedef VOID(WINAPI *WSMAN_PLUGIN_AUTHORIZE_RELEASE_CONTEXT)(PVOID userAuthorizationContext);
typedef VOID(WINAPI *WSMAN_PLUGIN_SHELL)(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *requestDetails,
                                         DWORD flags, WSMAN_SHELL_STARTUP_INFO *startupInfo,
                                         WSMAN_DATA *inboundShellInformation);
typedef VOID(WINAPI *WSMAN_PLUGIN_COMMAND)(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                           PVOID shellContext, PCWSTR commandLine,
                                           WSMAN_COMMAND_ARG_SET *arguments);
typedef VOID(WINAPI *WSMAN_PLUGIN_SEND)(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                        PVOID shellContext, PVOID commandContext, PCWSTR stream,
                                        WSMAN_DATA *inboundData);
typedef VOID(WINAPI *WSMAN_PLUGIN_RECEIVE)(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                           PVOID shellContext, PVOID commandContext,
                                           WSMAN_STREAM_ID_SET *streamSet);
typedef VOID(WINAPI *WSMAN_PLUGIN_SIGNAL)(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                          PVOID shellContext, PVOID commandContext, PCWSTR code);
typedef VOID(WINAPI *WSMAN_PLUGIN_CONNECT)(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                           PVOID shellContext, PVOID commandContext,
                                           WSMAN_DATA *inboundConnectInformation);
typedef VOID(WINAPI *WSMAN_PLUGIN_RELEASE_SHELL_CONTEXT)(PVOID shellContext);
typedef VOID(WINAPI *WSMAN_PLUGIN_RELEASE_COMMAND_CONTEXT)(PVOID shellContext,
                                                           PVOID commandContext);

/*
 * The prototypes below belong to a plug-in's own functions: with them a definition that does not
 * fit does not compile, and a C++ source exports plain names. Define WSMAN_NO_ENTRY_POINTS to leave
 * them out.
 */
#ifndef WSMAN_NO_ENTRY_POINTS

/*
 * Required of all plug-ins. Called once for each application this library serves in a process,
 * before every other call for that application; one library can be started several times and keeps
 * separate state for each.
 *
 * flags: one of WSMAN_PLUGIN_STARTUP_...; none of them is a reason to fail.
 * applicationIdentification: the URL path of the application without its leading slash.
 * extraInfo: NULL, or <InitializationParameters> with <Param Name="..." Value="..."/> children.
 * pluginContext: preset to NULL; what is stored there comes back with every later call.
 *
 * Answers by returning: NO_ERROR, or any other code, which means the plug-in does not serve this
 * application; WSManPluginShutdown is not called then.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification,
                                             PCWSTR extraInfo, PVOID *pluginContext);

/*
 * Required of all plug-ins. Called once for each successful start, after every operation of the
 * application has completed and every context was released. When it returns, no thread of the
 * plug-in may run and no service function may be called for this application: the library can be
 * unloaded. An error returned is logged, nothing more.
 *
 * reason: one of WSMAN_PLUGIN_SHUTDOWN_...
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason);

/*
 * Required of authorization plug-ins. Decides whether this user may connect at all. Called with the
 * first message of a user who has no record yet and again whenever the record is refreshed.
 *
 * senderDetails: names this call; alive until the completion returns.
 * Completed by exactly one WSManPluginAuthzUserComplete, from any thread.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext,
                                              WSMAN_SENDER_DETAILS *senderDetails, DWORD flags);

/*
 * Required of authorization plug-ins. Decides one operation of a user who may connect. Called for
 * every top-level operation, not for what follows on it (Send, Receive, Signal, Pull).
 *
 * operation: one of enum WSManOperationNumber.
 * action, resourceUri: those of the request.
 * Completed by exactly one WSManPluginAuthzOperationComplete, from any thread.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext,
                                                   WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                                   DWORD operation, PCWSTR action,
                                                   PCWSTR resourceUri);

/*
 * Optional; required where the configuration says SupportsQuota. Asks what the user may use. Called
 * after each successful authorization of the user.
 *
 * Completed by exactly one WSManPluginAuthzQueryQuotaComplete, from any thread.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext,
                                                    WSMAN_SENDER_DETAILS *senderDetails,
                                                    DWORD flags);

/*
 * Authorization plug-ins that report contexts. Gives back one context, once for each completion
 * that reported it: a value reported n times is released n times. NULL is never released. The
 * context of an operation comes back when the operation has ended, that of a user when his record
 * is gone or has been replaced. Answers by returning.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginAuthzReleaseContext(PVOID userAuthorizationContext);

/*
 * Required of shell plug-ins. A new shell. Called on a thread that has the user's identity.
 *
 * startupInfo: never NULL. inboundShellInformation: what the client put into the Shell element
 * beyond the standard, as text, or NULL.
 *
 * The plug-in calls WSManPluginReportContext when the shell is usable; the operation then stays
 * open for the life of the shell, and is completed by exactly one WSManPluginOperationComplete.
 * Without a context reported before, that completion means the shell failed to start.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginShell(PVOID pluginContext, WSMAN_PLUGIN_REQUEST *requestDetails,
                                          DWORD flags, WSMAN_SHELL_STARTUP_INFO *startupInfo,
                                          WSMAN_DATA *inboundShellInformation);

/*
 * Required of shell plug-ins. A command in a shell: as WSManPluginShell, with a context of its own.
 *
 * commandLine, arguments: unparsed, as the client sent them; arguments may be NULL.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                            PVOID shellContext, PCWSTR commandLine,
                                            WSMAN_COMMAND_ARG_SET *arguments);

/*
 * Required of shell plug-ins. Input for a command, or for the shell when commandContext is NULL.
 * One call for each piece; the next piece for the same target comes after this one is completed.
 * It may block.
 *
 * flags: WSMAN_FLAG_SEND_NO_MORE_DATA with the last piece of the stream, else 0.
 * inboundData: binary, possibly of length 0.
 * Completed by exactly one WSManPluginOperationComplete.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                         PVOID shellContext, PVOID commandContext, PCWSTR stream,
                                         WSMAN_DATA *inboundData);

/*
 * Required of shell plug-ins. Output is wanted from now on. Called once for each command (or for
 * the shell, when commandContext is NULL) and not once for each message of a client.
 *
 * streamSet: the streams wanted; NULL or empty: all of them.
 * Answered by any number of WSManPluginReceiveResult, completed by exactly one
 * WSManPluginOperationComplete.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                            PVOID shellContext, PVOID commandContext,
                                            WSMAN_STREAM_ID_SET *streamSet);

/*
 * Required of shell plug-ins. A signal for a command, or for the shell when commandContext is NULL.
 * Which signals end something is the plug-in's decision: it then also completes the operation that
 * ended, before or after this one.
 *
 * code: see WSMAN_SIGNAL_SHELL_CODE_...; compare without regard to case.
 * Completed by exactly one WSManPluginOperationComplete.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                           PVOID shellContext, PVOID commandContext, PCWSTR code);

/*
 * Optional, for shells a client can leave and join again. A client joins a shell or a command.
 * Completed by exactly one WSManPluginOperationComplete, whose text on success is the answer.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginConnect(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags,
                                            PVOID shellContext, PVOID commandContext,
                                            WSMAN_DATA *inboundConnectInformation);

/*
 * Required of shell plug-ins. Give back a context, exactly once for each one reported, after its
 * operation and everything below it completed: a shell's commands before the shell. The only places
 * where such a context may be freed.
 */
WSMAN_EXPORT VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext);
WSMAN_EXPORT VOID WINAPI WSManPluginReleaseCommandContext(PVOID shellContext, PVOID commandContext);

#endif

/* Service functions: what the host exports and a plug-in calls */

/*
 * They return NO_ERROR or a code of wsmerror.h. ERROR_INVALID_PARAMETER is returned for a pointer
 * that is NULL, unknown, already completed or of another kind of call, and for flags not allowed.
 */

/*
 * Reports the context of a shell or a command; once for each. From this moment, even before the
 * function has returned, other threads may use the context: prepare everything, report last.
 *
 * context: unique among the shells, or among the commands of one shell.
 *
 * Errors: ERROR_OPERATION_ABORTED when the operation is cancelled already. After every error the
 * context was not taken, will not be released, and the plug-in completes the operation.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginReportContext(WSMAN_PLUGIN_REQUEST *requestDetails,
                                                   DWORD flags, PVOID context);

/*
 * Hands over output or a state of a receive operation; any number of times until it is completed.
 * The one service function that can block: until the client has fetched enough, the receive is
 * completed or cancelled, or its command was terminated.
 *
 * flags: WSMAN_FLAG_RECEIVE_...; NO_MORE_DATA needs a stream.
 * stream, streamResult: a name of the shell's output streams and the data; both NULL: state only.
 * commandState: NULL (unchanged), WSMAN_COMMAND_STATE_... or a text of the plug-in's own.
 * exitCode: counts with WSMAN_COMMAND_STATE_DONE.
 *
 * Errors: ERROR_OPERATION_ABORTED when cancelled; ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED when the
 * client is away and nothing may be buffered. After an error complete the receive with that code.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginReceiveResult(WSMAN_PLUGIN_REQUEST *requestDetails,
                                                   DWORD flags, PCWSTR stream,
                                                   WSMAN_DATA *streamResult, PCWSTR commandState,
                                                   DWORD exitCode);

/*
 * Completes a shell, command, send, receive, signal or connect operation; exactly once for each.
 * requestDetails and all that is reached from it is gone afterwards, whatever is returned.
 *
 * errorCode: not 0: what was not sent yet is dropped and the client gets a fault with this code.
 * extendedInformation: text or one XML element for that fault, or NULL; on success of a connect
 * the answer to the client, else ignored.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginOperationComplete(WSMAN_PLUGIN_REQUEST *requestDetails,
                                                       DWORD flags, DWORD errorCode,
                                                       PCWSTR extendedInformation);

/*
 * Tells one fact about an operation. For information only; any number of times while it is open.
 *
 * flags: which one, WSMAN_PLUGIN_PARAMS_MAX_ENVELOPE_SIZE to ..._GET_REQUESTED_DATA_LOCALE.
 * data: filled by the host; text belongs to it and lives until the operation completes.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginGetOperationParameters(WSMAN_PLUGIN_REQUEST *requestDetails,
                                                            DWORD flags, WSMAN_DATA *data);

/*
 * Tells one fact about how the plug-in is configured.
 *
 * pluginContext: as stored by WSManPluginStartup.
 * flags: which one, WSMAN_PLUGIN_PARAMS_SHAREDHOST to ..._NAME.
 * data: filled by the host; text belongs to it and lives until WSManPluginShutdown.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginGetConfiguration(PVOID pluginContext, DWORD flags,
                                                      WSMAN_DATA *data);

/* Tells the host that the plug-in has nothing left to do: its idle clock may run. */
WSMAN_EXPORT DWORD WINAPI WSManPluginReportCompletion(PVOID pluginContext, DWORD flags);

/*
 * Optional. The plug-in needs the strings and sets of this request no longer. The pointer still
 * names the operation, which still has to be completed.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginFreeRequestDetails(WSMAN_PLUGIN_REQUEST *requestDetails);

/*
 * Completes WSManPluginAuthzUser; exactly once for each call. senderDetails is gone afterwards.
 *
 * userAuthorizationContext: NULL, or a value that comes back through
 * WSManPluginAuthzReleaseContext once for this completion.
 * impersonationToken: who the user's operations run as: the clientToken of this call, a token made
 * for this call with WSManLinuxCreateToken (which the host then owns), or NULL for the account of
 * the application.
 * userIsAdministrator: TRUE lets the user see and delete shells of others. It grants nothing else.
 * errorCode: ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_WSMAN_REDIRECT_REQUESTED; or any other code,
 * which refuses as well.
 * extendedErrorInformation: the reason for the audit trail, never shown to a refused user; with the
 * redirect code the new http or https URI, bare. May be NULL otherwise.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginAuthzUserComplete(WSMAN_SENDER_DETAILS *senderDetails,
                                                       DWORD flags, PVOID userAuthorizationContext,
                                                       HANDLE impersonationToken,
                                                       BOOL userIsAdministrator, DWORD errorCode,
                                                       PCWSTR extendedErrorInformation);

/*
 * Completes WSManPluginAuthzOperation; exactly once for each call. senderDetails is gone
 * afterwards. The context comes back when the operation has ended. Here the code and the text of a
 * refusal reach the client.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginAuthzOperationComplete(WSMAN_SENDER_DETAILS *senderDetails,
                                                            DWORD flags,
                                                            PVOID userAuthorizationContext,
                                                            DWORD errorCode,
                                                            PCWSTR extendedErrorInformation);

/*
 * Completes WSManPluginAuthzQueryQuota; exactly once for each call. senderDetails is gone
 * afterwards.
 *
 * quota: copied. NULL with NO_ERROR: ERROR_INVALID_PARAMETER is returned, the default quota applies
 * and the call counts as completed.
 * errorCode: not 0 refuses the request; the query is repeated with the user's next one.
 */
WSMAN_EXPORT DWORD WINAPI WSManPluginAuthzQueryQuotaComplete(WSMAN_SENDER_DETAILS *senderDetails,
                                                             DWORD flags, WSMAN_AUTHZ_QUOTA *quota,
                                                             DWORD errorCode,
                                                             PCWSTR extendedErrorInformation);

#ifdef __cplusplus
}
#endif

#endif
