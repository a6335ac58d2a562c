/* SPDX-License-Identifier: ISC */

/*
 * Objects that can be waited for: events, semaphores, mutexes, threads (windows_thread.h), and the
 * shutdownNotificationHandle of an open operation. Objects have no names: a function that is given
 * one fails with ERROR_NOT_SUPPORTED, as it does with a security descriptor.
 *
 * A handle that was closed, or never given, is refused with ERROR_INVALID_HANDLE; no value is used
 * twice. The shutdownNotificationHandle ends with its operation: who waits then is not woken by it.
 */

#ifndef WSMWIN_WAIT_H
#define WSMWIN_WAIT_H

#define INFINITE             0xFFFFFFFFU
#define WAIT_OBJECT_0        0U
#define WAIT_ABANDONED       0x80U
#define WAIT_ABANDONED_0     0x80U
#define WAIT_IO_COMPLETION   0xC0U
#define WAIT_FAILED          0xFFFFFFFFU
#define MAXIMUM_WAIT_OBJECTS 64

#define EVENT_MODIFY_STATE         0x0002
#define EVENT_ALL_ACCESS           0x1F0003
#define MUTEX_ALL_ACCESS           0x1F0001
#define SEMAPHORE_ALL_ACCESS       0x1F0003
#define SYNCHRONIZE                0x00100000
#define CREATE_EVENT_MANUAL_RESET  0x1
#define CREATE_EVENT_INITIAL_SET   0x2
#define CREATE_MUTEX_INITIAL_OWNER 0x1

#define DUPLICATE_CLOSE_SOURCE 0x1
#define DUPLICATE_SAME_ACCESS  0x2

/* Of RegisterWaitForSingleObject and QueueUserWorkItem. */
#define WT_EXECUTEDEFAULT            0x00
#define WT_EXECUTEINIOTHREAD         0x01
#define WT_EXECUTEINUITHREAD         0x02
#define WT_EXECUTEINWAITTHREAD       0x04
#define WT_EXECUTEONLYONCE           0x08
#define WT_EXECUTEINTIMERTHREAD      0x20
#define WT_EXECUTELONGFUNCTION       0x10
#define WT_EXECUTEINPERSISTENTTHREAD 0x80
#define WT_TRANSFER_IMPERSONATION    0x100

typedef VOID(CALLBACK *WAITORTIMERCALLBACK)(PVOID context, BOOLEAN timedOut);
typedef WAITORTIMERCALLBACK WAITORTIMERCALLBACKFUNC;

WSMWIN_BEGIN

HANDLE WINAPI CreateEventW(LPSECURITY_ATTRIBUTES attributes, BOOL manualReset, BOOL initialState,
                           LPCWSTR name) WSMWIN(CreateEventW);
HANDLE WINAPI CreateEventA(LPSECURITY_ATTRIBUTES attributes, BOOL manualReset, BOOL initialState,
                           LPCSTR name) WSMWIN(CreateEventA);
HANDLE WINAPI CreateEventExW(LPSECURITY_ATTRIBUTES attributes, LPCWSTR name, DWORD flags,
                             DWORD access) WSMWIN(CreateEventExW);
BOOL WINAPI SetEvent(HANDLE event) WSMWIN(SetEvent);
BOOL WINAPI ResetEvent(HANDLE event) WSMWIN(ResetEvent);

HANDLE WINAPI CreateSemaphoreW(LPSECURITY_ATTRIBUTES attributes, LONG initialCount,
                               LONG maximumCount, LPCWSTR name) WSMWIN(CreateSemaphoreW);
BOOL WINAPI ReleaseSemaphore(HANDLE semaphore, LONG count, LONG *previous) WSMWIN(ReleaseSemaphore);

/* The mutex of a thread that has ended becomes free: its next owner gets WAIT_ABANDONED. */
HANDLE WINAPI CreateMutexW(LPSECURITY_ATTRIBUTES attributes, BOOL initialOwner, LPCWSTR name)
    WSMWIN(CreateMutexW);
BOOL WINAPI ReleaseMutex(HANDLE mutex) WSMWIN(ReleaseMutex);

/*
 * Closes events, semaphores, mutexes and threads, and a token made with WSManLinuxCreateToken. The
 * host's own handles (clientToken, shutdownNotificationHandle) and registered waits are refused.
 */
BOOL WINAPI CloseHandle(HANDLE object) WSMWIN(CloseHandle);
/*
 * Within this process, for everything that can be waited for. The duplicate of a
 * shutdownNotificationHandle outlives its operation. Tokens are refused (ERROR_NOT_SUPPORTED).
 */
BOOL WINAPI DuplicateHandle(HANDLE sourceProcess, HANDLE source, HANDLE targetProcess,
                            HANDLE *target, DWORD access, BOOL inherit, DWORD options)
    WSMWIN(DuplicateHandle);

DWORD WINAPI WaitForSingleObject(HANDLE object, DWORD milliseconds) WSMWIN(WaitForSingleObject);
DWORD WINAPI WaitForMultipleObjects(DWORD count, const HANDLE *objects, BOOL waitAll,
                                    DWORD milliseconds) WSMWIN(WaitForMultipleObjects);
/* `alertable` changes nothing: there are no asynchronous procedure calls. */
DWORD WINAPI WaitForSingleObjectEx(HANDLE object, DWORD milliseconds, BOOL alertable)
    WSMWIN(WaitForSingleObjectEx);
DWORD WINAPI WaitForMultipleObjectsEx(DWORD count, const HANDLE *objects, BOOL waitAll,
                                      DWORD milliseconds, BOOL alertable)
    WSMWIN(WaitForMultipleObjectsEx);
DWORD WINAPI SignalObjectAndWait(HANDLE signal, HANDLE object, DWORD milliseconds, BOOL alertable)
    WSMWIN(SignalObjectAndWait);

/*
 * Calls `callback` on a thread of a pool when the object is signalled or the time is over: once
 * with WT_EXECUTEONLYONCE, else again and again, each time when the last call has returned. Not
 * for mutexes. WT_TRANSFER_IMPERSONATION is refused. Every wait is unregistered once, also one
 * that is over.
 */
BOOL WINAPI RegisterWaitForSingleObject(HANDLE *wait, HANDLE object, WAITORTIMERCALLBACK callback,
                                        PVOID context, DWORD milliseconds, DWORD flags)
    WSMWIN(RegisterWaitForSingleObject);
/* FALSE with ERROR_IO_PENDING: unregistered, but a callback has not returned yet. */
BOOL WINAPI UnregisterWait(HANDLE wait) WSMWIN(UnregisterWait);
/*
 * `completion` NULL: like UnregisterWait. An event: it is set when no callback runs any more.
 * INVALID_HANDLE_VALUE: waits for that; inside the very callback, where this could never end, it
 * is as with NULL.
 */
BOOL WINAPI UnregisterWaitEx(HANDLE wait, HANDLE completion) WSMWIN(UnregisterWaitEx);

WSMWIN_END

#define CreateEvent     CreateEventW
#define CreateEventEx   CreateEventExW
#define CreateSemaphore CreateSemaphoreW
#define CreateMutex     CreateMutexW

#endif
