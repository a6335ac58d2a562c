/* SPDX-License-Identifier: ISC */

/* Threads and the work pool. */

#ifndef WSMWIN_THREAD_H
#define WSMWIN_THREAD_H

#define STILL_ACTIVE                      259U
#define CREATE_SUSPENDED                  0x4
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x10000
#define TLS_OUT_OF_INDEXES                0xFFFFFFFFU

typedef DWORD(WINAPI *PTHREAD_START_ROUTINE)(LPVOID parameter);
typedef PTHREAD_START_ROUTINE LPTHREAD_START_ROUTINE;

WSMWIN_BEGIN

/* CREATE_SUSPENDED is refused (ERROR_NOT_SUPPORTED). The stack has the system's size. */
HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stackSize,
                           LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags,
                           LPDWORD threadId) WSMWIN(CreateThread);
/* Of threads begun here. C++ objects on the stack are destroyed. */
DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD code) WSMWIN(ExitThread);
BOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD code) WSMWIN(GetExitCodeThread);
DWORD WINAPI GetCurrentThreadId(void) WSMWIN(GetCurrentThreadId);
DWORD WINAPI GetCurrentProcessId(void) WSMWIN(GetCurrentProcessId);
DWORD WINAPI GetThreadId(HANDLE thread) WSMWIN(GetThreadId);
VOID WINAPI Sleep(DWORD milliseconds) WSMWIN(Sleep);
DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable) WSMWIN(SleepEx);
BOOL WINAPI SwitchToThread(void) WSMWIN(SwitchToThread);

DWORD WINAPI TlsAlloc(void) WSMWIN(TlsAlloc);
LPVOID WINAPI TlsGetValue(DWORD index) WSMWIN(TlsGetValue);
BOOL WINAPI TlsSetValue(DWORD index, LPVOID value) WSMWIN(TlsSetValue);
BOOL WINAPI TlsFree(DWORD index) WSMWIN(TlsFree);

/* Up to 512 threads; work beyond waits for one. WT_TRANSFER_IMPERSONATION is refused. */
BOOL WINAPI QueueUserWorkItem(LPTHREAD_START_ROUTINE work, PVOID context, ULONG flags)
    WSMWIN(QueueUserWorkItem);

/* From process.h. 0 on failure, with errno; the handle is closed by the caller. */
uintptr_t _beginthreadex(void *security, unsigned stackSize, unsigned(__stdcall *start)(void *),
                         void *argument, unsigned flags, unsigned *threadId) WSMWIN(_beginthreadex);
DECLSPEC_NORETURN void _endthreadex(unsigned code) WSMWIN(_endthreadex);

WSMWIN_END

/* Values that mean "myself", for DuplicateHandle. */
#define GetCurrentProcess() ((HANDLE)(intptr_t)-1)
#define GetCurrentThread()  ((HANDLE)(intptr_t)-2)
#define YieldProcessor()    ((void)SwitchToThread())

#endif
