/* SPDX-License-Identifier: ISC */

/*++
    authz_1_0 - an authorization plug-in of the first version of the interface, with the annotations
    of its time. Completes inside the call, in a thread of its own for bob. A test subject: it is not
    tidied up on purpose.
--*/
#ifndef UNICODE
#define UNICODE
#endif
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#define WSMAN_API_VERSION_1_0
#include "wsman.h"

#define ALLOC(cb) LocalAlloc(LPTR, (cb))

static DWORD g_tls = TLS_OUT_OF_INDEXES;

typedef struct { WSMAN_SENDER_DETAILS *sender; DWORD code; } ANSWER;

BOOL WINAPI DllMain(IN HINSTANCE module, IN DWORD reason, IN LPVOID reserved)
{
    if (reason == DLL_PROCESS_ATTACH) g_tls = TlsAlloc();
    return g_tls != TLS_OUT_OF_INDEXES;
}

__success(return == NO_ERROR)
DWORD WINAPI WSManPluginStartup(__in DWORD flags, __in PCWSTR applicationIdentification,
                                __in_opt PCWSTR extraInfo, __out PVOID *pluginContext)
{
    *pluginContext = NULL;
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(__in_opt PVOID pluginContext, __in DWORD flags, __in DWORD reason)
{
    TlsFree(g_tls);
    return NO_ERROR;
}

static DWORD WINAPI answer_thread(__in LPVOID parameter)
{
    ANSWER *answer = (ANSWER *)parameter;
    TlsSetValue(g_tls, answer);
    WSManPluginAuthzUserComplete(((ANSWER *)TlsGetValue(g_tls))->sender, 0, NULL,
                                 answer->sender->clientToken, FALSE, answer->code, NULL);
    LocalFree(answer);
    return 0;
}

static __inline DWORD judge(__in_z PCWSTR name, __out_ecount(cch) WCHAR *reason, DWORD cch)
{
    if (!wcsncmp(name, L"mallory", 7)) {
        _snwprintf(reason, cch, L"not %-10.7ls!", name);
        return ERROR_LOGON_FAILURE;
    }
    *reason = UNICODE_NULL;
    return NO_ERROR;
}

VOID WINAPI WSManPluginAuthzUser(__in PVOID pluginContext, __in WSMAN_SENDER_DETAILS *senderDetails,
                                 __in DWORD flags)
{
    WCHAR reason[64];
    DWORD code = judge(senderDetails->senderName, reason, ARRAYSIZE(reason)), id;
    HANDLE thread;
    ANSWER *answer;

    if (CompareStringOrdinal(senderDetails->senderName, -1, L"Bob", -1, TRUE) == CSTR_EQUAL) {
        answer = (ANSWER *)ALLOC(sizeof(ANSWER));
        answer->sender = senderDetails;
        answer->code = code;
        thread = CreateThread(NULL, 0, answer_thread, answer, 0, &id);
        if (thread == NULL) {
            WSManPluginAuthzUserComplete(senderDetails, 0, NULL, NULL, FALSE, GetLastError(), NULL);
            return;
        }
        CloseHandle(thread);
        return;
    }
    /* The host's token is not ours to close; sources try. */
    if (CloseHandle(senderDetails->clientToken) || GetLastError() != ERROR_INVALID_HANDLE)
        code = ERROR_INTERNAL_ERROR;
    WSManPluginAuthzUserComplete(senderDetails, 0, NULL, senderDetails->clientToken, FALSE, code,
                                 code ? reason : NULL);
}

VOID WINAPI WSManPluginAuthzOperation(__in PVOID pluginContext,
                                      __in WSMAN_SENDER_DETAILS *senderDetails, __in DWORD flags,
                                      __in DWORD operation, __in PCWSTR action,
                                      __in PCWSTR resourceUri)
{
    WSManPluginAuthzOperationComplete(senderDetails, 0, NULL, NO_ERROR, NULL);
}
