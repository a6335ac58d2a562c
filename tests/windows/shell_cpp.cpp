/* SPDX-License-Identifier: ISC */

// A shell plug-in in C++ as they are written for Windows: a thread for each command that waits for
// several events at once, among them the request's shutdownNotificationHandle; the shell itself
// waits through a registered wait. Commands: echo ARGUMENTS, upper (of its input), hang.
// A test subject: it is not tidied up on purpose.

#include <windows.h>
#include <process.h>
#include <strsafe.h>
#include <list>
#include <string>
#define WSMAN_API_VERSION_1_1
#include <wsman.h>

#ifndef UNUSED
#define UNUSED(x) UNREFERENCED_PARAMETER(x)
#endif

enum { EVENT_CANCEL, EVENT_SIGNAL, EVENT_INPUT, EVENT_COUNT };

static void Note(const char *format, ...)
{
    FILE *file = _wfopen(L"noted", L"a");
    va_list args;
    if (!file)
        return;
    va_start(args, format);
    vfprintf(file, format, args);
    va_end(args);
    fclose(file);
}

static void NoteLanguage(const char *call)
{
    WCHAR names[LOCALE_NAME_MAX_LENGTH + 1];
    ULONG count, size = ARRAYSIZE(names);
    if (GetThreadPreferredUILanguages(MUI_LANGUAGE_NAME, &count, names, &size))
        Note("%s in %04x %u %u\n", call, GetThreadUILanguage(), (unsigned)count, (unsigned)size);
}

class Shell
{
public:
    explicit Shell(WSMAN_PLUGIN_REQUEST *request) : m_request(request), m_wait(NULL) { Note("shell begins\n"); }
    ~Shell() { Note("shell released\n"); }

    BOOL Begin()
    {
        return RegisterWaitForSingleObject(&m_wait, m_request->shutdownNotificationHandle, Cancelled, this,
                                           INFINITE, WT_EXECUTEONLYONCE);
    }

private:
    static VOID CALLBACK Cancelled(PVOID context, BOOLEAN)
    {
        Shell *shell = static_cast<Shell *>(context);
        WSMAN_PLUGIN_REQUEST *request = (WSMAN_PLUGIN_REQUEST *)InterlockedExchangePointer((PVOID *)&shell->m_request, NULL);

        UnregisterWait(shell->m_wait);
        if (request != NULL)
        {
            Note("shell cancelled %d\n", request->shutdownNotification);
            WSManPluginOperationComplete(request, 0, ERROR_CANCELLED, NULL);
        }
    }

    WSMAN_PLUGIN_REQUEST *volatile m_request;
    HANDLE m_wait;
};

class Command
{
public:
    Command(WSMAN_PLUGIN_REQUEST *request, PCWSTR line, WSMAN_COMMAND_ARG_SET *args)
        : m_request(request), m_receive(NULL), m_line(line), m_thread(NULL), m_end(false)
    {
        InitializeSRWLock(&m_lock);
        ZeroMemory(m_events, sizeof m_events);
        for (DWORD i = 0; args != NULL && i < args->argsCount; i++)
            m_args += (i ? L" " : L"") + std::wstring(args->args[i]);
        m_receiving = CreateEvent(NULL, TRUE, FALSE, NULL);
        m_events[EVENT_CANCEL] = request->shutdownNotificationHandle;
        m_events[EVENT_SIGNAL] = CreateEvent(NULL, TRUE, FALSE, NULL);
        m_events[EVENT_INPUT] = CreateEvent(NULL, FALSE, FALSE, NULL);
    }

    ~Command()
    {
        DWORD code = 0;
        // The release may come before the thread's last instruction.
        WaitForSingleObject(m_thread, INFINITE);
        GetExitCodeThread(m_thread, &code);
        Note("command released, thread ended with %u\n", (unsigned)code);
        CloseHandle(m_thread);
        CloseHandle(m_receiving);
        CloseHandle(m_events[EVENT_SIGNAL]);
        CloseHandle(m_events[EVENT_INPUT]);
    }

    bool Begin()
    {
        unsigned id;
        m_thread = (HANDLE)_beginthreadex(NULL, 0, Thread, this, 0, &id);
        return m_thread != NULL;
    }

    void Receive(WSMAN_PLUGIN_REQUEST *request)
    {
        m_receive = request;
        SetEvent(m_receiving);
    }

    void Input(const BYTE *data, DWORD length, bool end)
    {
        AcquireSRWLockExclusive(&m_lock);
        m_input.append((const char *)data, length);
        m_end = m_end || end;
        ReleaseSRWLockExclusive(&m_lock);
        SetEvent(m_events[EVENT_INPUT]);
    }

    void Signal() { SetEvent(m_events[EVENT_SIGNAL]); }

private:
    static unsigned __stdcall Thread(void *context) { return static_cast<Command *>(context)->Run(); }

    void Output(PCWSTR stream, const std::string &text)
    {
        WSMAN_DATA data = {};
        data.type = WSMAN_DATA_TYPE_BINARY;
        data.binaryData.dataLength = (DWORD)text.size();
        data.binaryData.data = (BYTE *)text.data();
        WSManPluginReceiveResult(m_receive, WSMAN_FLAG_RECEIVE_FLUSH, stream, &data, NULL, 0);
    }

    DWORD Finish(DWORD error, DWORD exitCode)
    {
        if (m_receive != NULL)
        {
            if (error == NO_ERROR)
                WSManPluginReceiveResult(m_receive, 0, NULL, NULL, WSMAN_COMMAND_STATE_DONE, exitCode);
            WSManPluginOperationComplete(m_receive, 0, error, NULL);
        }
        WSManPluginOperationComplete(m_request, 0, error, NULL);
        return error;
    }

    DWORD Run()
    {
        HANDLE first[] = { m_events[EVENT_CANCEL], m_events[EVENT_SIGNAL], m_receiving };
        DWORD which = WaitForMultipleObjects(ARRAYSIZE(first), first, FALSE, INFINITE);

        if (which != WAIT_OBJECT_0 + 2)
        {
            Note("command cancelled before receive\n");
            return Finish(ERROR_CANCELLED, 0);
        }
        if (m_line == L"echo")
        {
            char text[1024];
            WideCharToMultiByte(CP_UTF8, 0, m_args.c_str(), -1, text, sizeof(text), NULL, NULL);
            Output(WSMAN_STREAM_ID_STDOUT, std::string(text) + "\n");
            return Finish(NO_ERROR, 7);
        }
        for (;;)
        {
            switch (WaitForMultipleObjects(EVENT_COUNT, m_events, FALSE, INFINITE))
            {
            case WAIT_OBJECT_0 + EVENT_CANCEL:
                Note("command cancelled by the handle %d\n", m_request->shutdownNotification);
                return Finish(ERROR_CANCELLED, 0);
            case WAIT_OBJECT_0 + EVENT_SIGNAL:
                Note("command ended by a signal\n");
                return Finish(NO_ERROR, 0xC000013A);
            case WAIT_OBJECT_0 + EVENT_INPUT:
                if (Upper())
                    return Finish(NO_ERROR, 0);
                break;
            default:
                Note("wait failed %lu\n", (unsigned long)GetLastError());
                return Finish(GetLastError(), 0);
            }
        }
    }

    bool Upper()
    {
        std::string text;
        bool end;
        AcquireSRWLockExclusive(&m_lock);
        text.swap(m_input);
        end = m_end;
        ReleaseSRWLockExclusive(&m_lock);
        int units = text.empty() ? 0 : MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, NULL, 0);
        if (units > 0)
        {
            WCHAR *wide = new WCHAR[units];
            MultiByteToWideChar(CP_UTF8, 0, text.c_str(), -1, wide, units);
            _wcsupr(wide);
            int bytes = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
            text.resize(bytes);
            WideCharToMultiByte(CP_UTF8, 0, wide, -1, &text[0], bytes, NULL, NULL);
            text.resize(bytes - 1);
            delete[] wide;
            Output(WSMAN_STREAM_ID_STDOUT, text);
        }
        return end;
    }

    WSMAN_PLUGIN_REQUEST *m_request;
    WSMAN_PLUGIN_REQUEST *m_receive;
    std::wstring m_line, m_args;
    std::string m_input;
    HANDLE m_thread, m_receiving, m_events[EVENT_COUNT];
    SRWLOCK m_lock;
    bool m_end;
};

extern "C" {

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo, PVOID *pluginContext)
{
    UNUSED(flags); UNUSED(applicationIdentification); UNUSED(extraInfo);
    *pluginContext = NULL;
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    UNUSED(pluginContext); UNUSED(flags); UNUSED(reason);
    Note("shutdown\n");
    return NO_ERROR;
}

VOID WINAPI WSManPluginShell(PVOID, WSMAN_PLUGIN_REQUEST *requestDetails, DWORD, WSMAN_SHELL_STARTUP_INFO *startupInfo, WSMAN_DATA *)
{
    NoteLanguage("shell");
    Shell *shell = new Shell(requestDetails);
    UNUSED(startupInfo);
    DWORD error = WSManPluginReportContext(requestDetails, 0, shell);
    if (error != NO_ERROR || !shell->Begin())
        WSManPluginOperationComplete(requestDetails, 0, error != NO_ERROR ? error : GetLastError(), L"no shell");
}

VOID WINAPI WSManPluginCommand(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD, PVOID, PCWSTR commandLine, WSMAN_COMMAND_ARG_SET *arguments)
{
    NoteLanguage("command");
    Command *command = new Command(requestDetails, commandLine, arguments);
    if (WSManPluginReportContext(requestDetails, 0, command) != NO_ERROR || !command->Begin())
        WSManPluginOperationComplete(requestDetails, 0, ERROR_OUTOFMEMORY, NULL);
}

VOID WINAPI WSManPluginSend(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD flags, PVOID, PVOID commandContext, PCWSTR stream, WSMAN_DATA *inboundData)
{
    if (commandContext == NULL || wcscmp(stream, WSMAN_STREAM_ID_STDIN) != 0)
    {
        WSManPluginOperationComplete(requestDetails, 0, ERROR_INVALID_OPERATION, NULL);
        return;
    }
    static_cast<Command *>(commandContext)->Input(inboundData->binaryData.data, inboundData->binaryData.dataLength,
                                                  flags == WSMAN_FLAG_SEND_NO_MORE_DATA);
    WSManPluginOperationComplete(requestDetails, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReceive(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD, PVOID, PVOID commandContext, WSMAN_STREAM_ID_SET *)
{
    if (commandContext == NULL)
        WSManPluginOperationComplete(requestDetails, 0, ERROR_NOT_SUPPORTED, NULL);
    else
        static_cast<Command *>(commandContext)->Receive(requestDetails);
}

VOID WINAPI WSManPluginSignal(WSMAN_PLUGIN_REQUEST *requestDetails, DWORD, PVOID, PVOID commandContext, PCWSTR code)
{
    NoteLanguage("signal");
    if (commandContext != NULL && _wcsicmp(code, WSMAN_SIGNAL_SHELL_CODE_TERMINATE) == 0)
        static_cast<Command *>(commandContext)->Signal();
    WSManPluginOperationComplete(requestDetails, 0, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginReleaseShellContext(PVOID shellContext) { delete static_cast<Shell *>(shellContext); }
VOID WINAPI WSManPluginReleaseCommandContext(PVOID, PVOID commandContext) { delete static_cast<Command *>(commandContext); }

} // extern "C"
