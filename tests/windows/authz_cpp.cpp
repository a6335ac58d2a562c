/* SPDX-License-Identifier: ISC */

// An authorization plug-in in C++ as they are written for Windows: a class, a map of wide strings,
// critical sections with a guard, new and delete. Names are looked up without regard to case.
// A test subject: it is not tidied up on purpose.

#include "windows.h"
#define WSMAN_API_VERSION_1_1
#include <wsman.h>
#include <tchar.h>
#include <algorithm>
#include <map>
#include <new>
#include <string>
#include <vector>

#pragma comment(lib, "WsmSvc")
#pragma region helpers

using namespace std;

class CLock
{
public:
    explicit CLock(CRITICAL_SECTION &cs) : m_cs(cs) { ::EnterCriticalSection(&m_cs); }
    ~CLock() { ::LeaveCriticalSection(&m_cs); }
private:
    CLock(const CLock &);
    CLock &operator=(const CLock &);
    CRITICAL_SECTION &m_cs;
};

struct CaseLess
{
    bool operator()(const wstring &a, const wstring &b) const
    {
        return _wcsicmp(a.c_str(), b.c_str()) < 0;
    }
};

#pragma endregion

class CContext
{
public:
    CContext(const wstring &user, bool admin) : m_user(user), m_admin(admin) { ::InterlockedIncrement(&s_alive); }
    virtual ~CContext() { InterlockedDecrement(&s_alive); }
    const wstring &User() const { return m_user; }
    bool Admin() const { return m_admin; }
    static LONG Alive() { return InterlockedCompareExchange(&s_alive, 0, 0); }
private:
    wstring m_user;
    bool m_admin;
    static volatile LONG s_alive;
};
volatile LONG CContext::s_alive = 0;

class CPlugin
{
public:
    CPlugin()
    {
        InitializeCriticalSectionAndSpinCount(&m_cs, 4000);
        m_roles[L"Alice"] = L"administrator";
        m_roles[L"BOB"] = _T("user");
        m_roles[L"mallory"] = TEXT("nobody");
    }
    ~CPlugin() { DeleteCriticalSection(&m_cs); }

    DWORD Role(const wstring &name, wstring &role)
    {
        CLock outer(m_cs);
        CLock inner(m_cs); // they are recursive
        map<wstring, wstring, CaseLess>::const_iterator it = m_roles.find(name);
        if (it == m_roles.end())
            return ERROR_NONE_MAPPED;
        role = it->second;
        m_seen.push_back(name);
        return role == L"nobody" ? ERROR_ACCESS_DENIED : NO_ERROR;
    }

    void Note(const wstring &line)
    {
        CLock lock(m_cs);
        FILE *file = NULL;
        char narrow[512];
        if (fopen_s(&file, "noted", "a") != 0)
            return;
        int cb = WideCharToMultiByte(CP_ACP, 0, line.c_str(), -1, narrow, sizeof(narrow), NULL, NULL);
        if (cb > 0)
            fprintf(file, "%s\n", narrow);
        fclose(file);
    }

    size_t Seen()
    {
        CLock lock(m_cs);
        sort(m_seen.begin(), m_seen.end());
        m_seen.erase(unique(m_seen.begin(), m_seen.end()), m_seen.end());
        return m_seen.size();
    }

private:
    CRITICAL_SECTION m_cs;
    map<wstring, wstring, CaseLess> m_roles;
    vector<wstring> m_seen;
};

extern "C" BOOL APIENTRY DllMain(HMODULE hModule, DWORD ul_reason_for_call, LPVOID lpReserved)
{
    UNREFERENCED_PARAMETER(lpReserved);
    if (ul_reason_for_call == DLL_PROCESS_ATTACH)
        DisableThreadLibraryCalls(hModule);
    return TRUE;
}

extern "C" __declspec(dllexport) DWORD WINAPI WSManPluginStartup(_In_ DWORD, _In_ PCWSTR applicationIdentification,
    _In_opt_ PCWSTR extraInfo, _Out_ PVOID *pluginContext)
{
    CPlugin *plugin = new (std::nothrow) CPlugin;
    if (plugin == nullptr)
        return ERROR_NOT_ENOUGH_MEMORY;
    plugin->Note(L"startup " + wstring(applicationIdentification) + (extraInfo ? L" with parameters" : L""));
    *pluginContext = plugin;
    return ERROR_SUCCESS;
}

extern "C" __declspec(dllexport) DWORD WINAPI WSManPluginShutdown(_In_opt_ PVOID pluginContext, _In_ DWORD, _In_ DWORD reason)
{
    CPlugin *plugin = static_cast<CPlugin *>(pluginContext);
    WCHAR buffer[64];
    swprintf_s(buffer, L"shutdown %lu seen %Iu alive %ld", reason, plugin->Seen(), CContext::Alive());
    plugin->Note(buffer);
    delete plugin;
    return NO_ERROR;
}

extern "C" VOID WINAPI WSManPluginAuthzUser(_In_ PVOID pluginContext, _In_ WSMAN_SENDER_DETAILS *senderDetails, _In_ DWORD flags)
{
    CPlugin *plugin = reinterpret_cast<CPlugin *>(pluginContext);
    wstring name(senderDetails->senderName), role;
    size_t at = name.find_last_of(L"\\@");
    DWORD error;

    UNREFERENCED_PARAMETER(flags);
    if (at != wstring::npos)
        name = name.substr(at + 1);
    error = plugin->Role(name, role);
    plugin->Note(L"user " + name + L" is " + (role.empty() ? L"unknown" : role) + L" " + to_wstring(error));
    if (FAILED(HRESULT_FROM_WIN32(error)))
    {
        WSManPluginAuthzUserComplete(senderDetails, 0, NULL, NULL, FALSE, error, (L"no role for " + name).c_str());
        return;
    }
    CContext *context = new CContext(name, role == L"administrator");
    WSManPluginAuthzUserComplete(senderDetails, 0, context, senderDetails->clientToken, context->Admin() ? TRUE : FALSE, NO_ERROR, NULL);
}

extern "C" VOID WINAPI WSManPluginAuthzOperation(_In_ PVOID pluginContext, _In_ WSMAN_SENDER_DETAILS *senderDetails, _In_ DWORD flags,
    _In_ DWORD operation, _In_ PCWSTR action, _In_ PCWSTR resourceUri)
{
    CPlugin *plugin = (CPlugin *)pluginContext;
    UNREFERENCED_PARAMETER(flags);
    UNREFERENCED_PARAMETER(operation);
    wstring verb(action);
    verb.erase(0, verb.rfind(L'/') + 1);
    transform(verb.begin(), verb.end(), verb.begin(), towlower);
    plugin->Note(L"operation " + verb + (_wcsnicmp(resourceUri, WSMAN_SHELL_NS, WSMAN_SHELL_NS_LEN) == 0 ? L" of a shell" : L""));
    WSManPluginAuthzOperationComplete(senderDetails, 0, new CContext(senderDetails->senderName, false), NO_ERROR, NULL);
}

extern "C" VOID WINAPI WSManPluginAuthzReleaseContext(_In_ PVOID userAuthorizationContext)
{
    delete static_cast<CContext *>(userAuthorizationContext);
}
