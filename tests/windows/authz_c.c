/* SPDX-License-Identifier: ISC */

//
// AuthzC - an authorization plug-in as they are written for Windows, in C: every entry point, and
// completion through the thread pool. carol is refused, erin is sent elsewhere, everybody else
// comes in; Delete is refused to frank. A test subject: it is not tidied up on purpose.
//
#include <Windows.h>
#include <strsafe.h>
#define WSMAN_API_VERSION_1_1
#include <WSMan.h>
#include <wsmerror.h>

#pragma comment(lib, "wsmsvc.lib")
#pragma warning(disable : 4100)

typedef struct _USER_CONTEXT
{
	DWORD      dwSignature;
	LONG       cOperations;
	WCHAR      szUser[MAX_PATH];
} USER_CONTEXT, *PUSER_CONTEXT;

typedef struct _PENDING
{
	WSMAN_SENDER_DETAILS*  pSender;
	PUSER_CONTEXT          pUser;
	HANDLE                 hGo;
	HANDLE                 hWait;
	DWORD                  dwError;
	WCHAR                  szReason[128];
} PENDING, *PPENDING;

#define SIGNATURE 0x43545541ul

HINSTANCE        g_hInstance = NULL;
CRITICAL_SECTION g_cs;
volatile LONG    g_cContexts = 0;
static LPWSTR    g_pszExtra = NULL;
static HANDLE    g_hIdle;
static volatile LONG g_cPending = 0;

static void Log(LPCWSTR pszFormat, ...)
{
	FILE* pFile = NULL;
	WCHAR szLine[512];
	va_list args;

	va_start(args, pszFormat);
	StringCchVPrintfW(szLine, ARRAYSIZE(szLine), pszFormat, args);
	va_end(args);
	EnterCriticalSection(&g_cs);
	if (_wfopen_s(&pFile, L"noted", L"at") == 0)
	{
		fwprintf(pFile, L"%s\n", szLine);
		fclose(pFile);
	}
	LeaveCriticalSection(&g_cs);
}

BOOL WINAPI DllMain(HINSTANCE hInst, DWORD dwReason, PVOID pvReserved)
{
	UNREFERENCED_PARAMETER(pvReserved);
	switch (dwReason)
	{
	case DLL_PROCESS_ATTACH:
		g_hInstance = hInst;
		InitializeCriticalSection(&g_cs);
		DisableThreadLibraryCalls(hInst);
		break;
	case DLL_PROCESS_DETACH:
		DeleteCriticalSection(&g_cs);
		break;
	}
	return TRUE;
}

DWORD WINAPI WSManPluginStartup(
	__in DWORD flags,
	__in PCWSTR applicationIdentification,
	__in_opt PCWSTR extraInfo,
	__out PVOID *pluginContext)
{
	if (g_hInstance == NULL)
		return ERROR_NOT_READY;
	g_hIdle = CreateEvent(NULL, TRUE, TRUE, NULL);
	if (g_hIdle == NULL)
		return GetLastError();
	if (extraInfo != NULL)
		g_pszExtra = _wcsdup(extraInfo);
	*pluginContext = &g_hIdle;
	Log(L"startup %s %u", applicationIdentification, flags);
	return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(__in_opt PVOID pluginContext, __in DWORD flags, __in DWORD reason)
{
	WaitForSingleObject(*(HANDLE*)pluginContext, INFINITE);
	Log(L"shutdown %lu contexts %ld", reason, g_cContexts);
	CloseHandle(g_hIdle);
	free(g_pszExtra);
	return NO_ERROR;
}

// The names come one behind the other, with another NUL at the end.
static void LogLanguages(LPCWSTR pszCall)
{
	ULONG cLanguages = 0, cchLanguages = 0;
	PZZWSTR pszLanguages;
	LPCWSTR pszLanguage;

	if (!GetThreadPreferredUILanguages(MUI_LANGUAGE_NAME, &cLanguages, NULL, &cchLanguages))
		return;
	pszLanguages = (PZZWSTR)HeapAlloc(GetProcessHeap(), 0, cchLanguages * sizeof(WCHAR));
	if (pszLanguages != NULL && GetThreadPreferredUILanguages(MUI_LANGUAGE_NAME, &cLanguages,
			pszLanguages, &cchLanguages))
	{
		for (pszLanguage = pszLanguages; *pszLanguage != L'\0'; pszLanguage += wcslen(pszLanguage) + 1)
			Log(L"%s in %s %04x", pszCall, pszLanguage, GetThreadUILanguage());
	}
	HeapFree(GetProcessHeap(), 0, pszLanguages);
}

static void PendingDone(PPENDING pPending)
{
	HeapFree(GetProcessHeap(), 0, pPending);
	if (InterlockedDecrement(&g_cPending) == 0)
		SetEvent(g_hIdle);
}

// Runs when hGo is signalled. Ends its own registration from inside (the non-blocking form).
static VOID CALLBACK CompleteUser(PVOID pvContext, BOOLEAN bTimedOut)
{
	PPENDING pPending = (PPENDING)pvContext;
	PUSER_CONTEXT pUser = pPending->pUser;

	if (bTimedOut)
		pPending->dwError = ERROR_TIMEOUT;
	if (pPending->dwError != ERROR_SUCCESS)
	{
		if (pUser != NULL)
		{
			InterlockedDecrement(&g_cContexts);
			HeapFree(GetProcessHeap(), 0, pUser);
		}
		WSManPluginAuthzUserComplete(pPending->pSender, 0, NULL, NULL, FALSE, pPending->dwError,
			pPending->szReason[0] != L'\0' ? pPending->szReason : NULL);
	}
	else
	{
		WSManPluginAuthzUserComplete(pPending->pSender, 0, pUser, pPending->pSender->clientToken,
			lstrcmpi(pUser->szUser, L"ALICE") == 0, NO_ERROR, NULL);
	}
	UnregisterWaitEx(pPending->hWait, NULL);
	CloseHandle(pPending->hGo);
	PendingDone(pPending);
}

static DWORD WINAPI Decide(LPVOID lpParameter)
{
	PPENDING pPending = (PPENDING)lpParameter;
	WCHAR szLanguages[LOCALE_NAME_MAX_LENGTH + 1];
	ULONG cLanguages, cchLanguages = ARRAYSIZE(szLanguages);
	PCWSTR pszName = pPending->pSender->senderName;

	if (GetThreadPreferredUILanguages(MUI_LANGUAGE_NAME, &cLanguages, szLanguages, &cchLanguages))
		Log(L"pool in %s", szLanguages);
	if (_wcsicmp(pszName, L"carol") == 0)
	{
		pPending->dwError = ERROR_ACCESS_DENIED;
		StringCchCopy(pPending->szReason, ARRAYSIZE(pPending->szReason), L"carol left the company");
	}
	else if (wcscmp(pszName, L"erin") == 0)
	{
		pPending->dwError = ERROR_WSMAN_REDIRECT_REQUESTED;
		wcscpy_s(pPending->szReason, _countof(pPending->szReason),
			L"https://other.example:5986/wsman");
	}
	SetEvent(pPending->hGo);
	return 0;
}

VOID WINAPI WSManPluginAuthzUser(
	__in PVOID pluginContext,
	__in WSMAN_SENDER_DETAILS *senderDetails,
	__in DWORD flags)
{
	PPENDING pPending = (PPENDING)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(PENDING));
	PUSER_CONTEXT pUser = (PUSER_CONTEXT)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY,
		sizeof(USER_CONTEXT));

	if (!pPending || !pUser)
	{
		WSManPluginAuthzUserComplete(senderDetails, 0, NULL, NULL, FALSE, ERROR_OUTOFMEMORY, NULL);
		return;
	}
	pUser->dwSignature = SIGNATURE;
	lstrcpyn(pUser->szUser, senderDetails->senderName, ARRAYSIZE(pUser->szUser));
	InterlockedIncrement(&g_cContexts);
	LogLanguages(L"user");
	Log(L"user %ws by %s", senderDetails->senderName, senderDetails->authenticationMechanism);
	pPending->pSender = senderDetails;
	pPending->pUser = pUser;
	pPending->hGo = CreateEventW(NULL, FALSE, FALSE, NULL);
	if (InterlockedIncrement(&g_cPending) == 1)
		ResetEvent(g_hIdle);
	if (!RegisterWaitForSingleObject(&pPending->hWait, pPending->hGo, CompleteUser, pPending, 30000,
			WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION) ||
		!QueueUserWorkItem(Decide, pPending, WT_EXECUTEDEFAULT))
	{
		WSManPluginAuthzUserComplete(senderDetails, 0, NULL, NULL, FALSE, GetLastError(), NULL);
	}
}

VOID WINAPI WSManPluginAuthzOperation(
	__in PVOID pluginContext,
	__in WSMAN_SENDER_DETAILS *senderDetails,
	__in DWORD flags,
	__in DWORD operation,
	__in PCWSTR action,
	__in PCWSTR resourceUri)
{
	static const WCHAR szDelete[] = L"http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete";
	PUSER_CONTEXT pContext;
	LPCWSTR pszLast = wcsrchr(action, L'/');

	LogLanguages(L"operation");
	Log(L"operation %lu %s %d", operation, pszLast != NULL ? pszLast + 1 : L"?",
		wcsstr(resourceUri, L"/windows/shell") != NULL);
	if (wcscmp(action, szDelete) == 0 && !lstrcmpW(senderDetails->senderName, L"frank"))
	{
		WSManPluginAuthzOperationComplete(senderDetails, 0, NULL, ERROR_ACCESS_DENIED,
			L"frank deletes nothing");
		return;
	}
	pContext = (PUSER_CONTEXT)HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, sizeof(*pContext));
	if (pContext == NULL)
	{
		WSManPluginAuthzOperationComplete(senderDetails, 0, NULL, ERROR_OUTOFMEMORY, NULL);
		return;
	}
	pContext->dwSignature = SIGNATURE;
	InterlockedIncrement(&g_cContexts);
	WSManPluginAuthzOperationComplete(senderDetails, 0, pContext, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginAuthzQueryQuota(
	__in PVOID pluginContext,
	__in WSMAN_SENDER_DETAILS *senderDetails,
	__in DWORD flags)
{
	WSMAN_AUTHZ_QUOTA quota;

	ZeroMemory(&quota, sizeof(quota));
	quota.maxAllowedConcurrentShells = 2;
	quota.maxAllowedConcurrentOperations = MAXDWORD;
	WSManPluginAuthzQueryQuotaComplete(senderDetails, 0, &quota, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginAuthzReleaseContext(__in PVOID userAuthorizationContext)
{
	PUSER_CONTEXT pUser = (PUSER_CONTEXT)userAuthorizationContext;

	if (pUser->dwSignature != SIGNATURE)
		Log(L"a context that is none of ours");
	SecureZeroMemory(pUser, sizeof(*pUser));
	HeapFree(GetProcessHeap(), 0, pUser);
	InterlockedDecrement(&g_cContexts);
}
