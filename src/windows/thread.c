/* SPDX-License-Identifier: ISC */

/* Threads, and what a thread is and has. */

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "windows/begin.h"
#include "windows/wait.h"

struct thread {
    struct object object;
    LPTHREAD_START_ROUTINE start;
    LPVOID parameter;
    DWORD id; /* 0: it has not begun to run */
    DWORD code;
    bool ended;
    pthread_cond_t begun;
};

/* The thread that runs here, for ExitThread; NULL: begun by somebody else. */
static _Thread_local struct thread *self;

static bool thread_signalled(const struct object *object, DWORD thread)
{
    (void)thread;
    return container_of(object, const struct thread, object)->ended;
}

static void thread_destroy(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);

    pthread_cond_destroy(&thread->begun);
    free(thread);
}

static const struct object_kind thread_kind = {thread_signalled, NULL, thread_destroy};

static void thread_ended(void *argument)
{
    struct thread *thread = argument;

    dispatcher_lock();
    thread->ended = true;
    object_changed(&thread->object);
    object_unref(&thread->object);
    dispatcher_unlock();
}

static void *thread_run(void *argument)
{
    struct thread *thread = argument;

    dispatcher_lock();
    thread->id = GetCurrentThreadId();
    pthread_cond_signal(&thread->begun);
    dispatcher_unlock();
    self = thread;
    pthread_cleanup_push(thread_ended, thread);
    thread->code = thread->start(thread->parameter);
    pthread_cleanup_pop(1);
    return NULL;
}

HANDLE WINAPI CreateThread(LPSECURITY_ATTRIBUTES attributes, SIZE_T stackSize,
                           LPTHREAD_START_ROUTINE start, LPVOID parameter, DWORD flags,
                           LPDWORD threadId)
{
    struct thread *thread;
    HANDLE handle;

    (void)stackSize;
    if (start == NULL || (flags & ~(DWORD)STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 ||
        (attributes != NULL && attributes->lpSecurityDescriptor != NULL)) {
        SetLastError(start == NULL ? ERROR_INVALID_PARAMETER : ERROR_NOT_SUPPORTED);
        return NULL;
    }
    thread = calloc(1, sizeof(*thread));
    if (thread == NULL) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return NULL;
    }
    object_init(&thread->object, &thread_kind);
    condition_init(&thread->begun);
    thread->start = start;
    thread->parameter = parameter;
    dispatcher_lock();
    thread->object.references++; /* the running thread's */
    handle = handle_new(&thread->object);
    if (handle != NULL && !thread_begin(thread_run, thread)) {
        object_unref(handle_end(handle));
        SetLastError(ERROR_NO_SYSTEM_RESOURCES);
        handle = NULL;
    }
    if (handle == NULL)
        object_unref(&thread->object);
    while (handle != NULL && thread->id == 0)
        dispatcher_sleep(&thread->begun, NULL);
    if (handle != NULL && threadId != NULL)
        *threadId = thread->id;
    dispatcher_unlock();
    return handle;
}

DECLSPEC_NORETURN VOID WINAPI ExitThread(DWORD code)
{
    if (self == NULL)
        abort(); /* a thread of the host: to go on would be worse */
    self->code = code;
    pthread_exit(NULL);
}

static bool thread_tell(HANDLE handle, DWORD *id, DWORD *code)
{
    struct object *object;
    bool found;

    dispatcher_lock();
    object = handle_object(handle);
    found = object != NULL && object->kind == &thread_kind;
    if (found) {
        const struct thread *thread = container_of(object, const struct thread, object);

        *id = thread->id;
        *code = thread->ended ? thread->code : STILL_ACTIVE;
    }
    dispatcher_unlock();
    if (!found)
        SetLastError(ERROR_INVALID_HANDLE);
    return found;
}

BOOL WINAPI GetExitCodeThread(HANDLE thread, LPDWORD code)
{
    DWORD id;
    DWORD found;

    if (code == NULL) {
        SetLastError(ERROR_INVALID_PARAMETER);
        return FALSE;
    }
    if (!thread_tell(thread, &id, &found))
        return FALSE;
    *code = found;
    return TRUE;
}

DWORD WINAPI GetThreadId(HANDLE thread)
{
    DWORD id = 0;
    DWORD code;

    if (thread == GetCurrentThread())
        return GetCurrentThreadId();
    return thread_tell(thread, &id, &code) ? id : 0;
}

DWORD WINAPI GetCurrentThreadId(void)
{
    return (DWORD)syscall(SYS_gettid);
}

DWORD WINAPI GetCurrentProcessId(void)
{
    return (DWORD)getpid();
}

VOID WINAPI Sleep(DWORD milliseconds)
{
    struct timespec deadline;

    if (milliseconds == 0) {
        sched_yield();
        return;
    }
    for (deadline_set(&deadline, milliseconds);;) {
        if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) != EINTR &&
            milliseconds != INFINITE)
            return;
    }
}

DWORD WINAPI SleepEx(DWORD milliseconds, BOOL alertable)
{
    (void)alertable;
    Sleep(milliseconds);
    return 0;
}

BOOL WINAPI SwitchToThread(void)
{
    sched_yield();
    return TRUE;
}

DWORD WINAPI TlsAlloc(void)
{
    pthread_key_t key;

    if (pthread_key_create(&key, NULL) == 0)
        return (DWORD)key;
    SetLastError(ERROR_NO_SYSTEM_RESOURCES);
    return TLS_OUT_OF_INDEXES;
}

LPVOID WINAPI TlsGetValue(DWORD index)
{
    SetLastError(NO_ERROR); /* as documented: NULL is a value */
    return pthread_getspecific((pthread_key_t)index);
}

BOOL WINAPI TlsSetValue(DWORD index, LPVOID value)
{
    if (pthread_setspecific((pthread_key_t)index, value) == 0)
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

BOOL WINAPI TlsFree(DWORD index)
{
    if (pthread_key_delete((pthread_key_t)index) == 0)
        return TRUE;
    SetLastError(ERROR_INVALID_PARAMETER);
    return FALSE;
}

/* ---- process.h ---- */

/* `unsigned` is DWORD, so the function is one of CreateThread's. */
uintptr_t _beginthreadex(void *security, unsigned stackSize, unsigned(__stdcall *start)(void *),
                         void *argument, unsigned flags, unsigned *threadId)
{
    HANDLE thread = CreateThread(security, stackSize, start, argument, flags, threadId);

    if (thread == NULL)
        errno = GetLastError() == ERROR_NO_SYSTEM_RESOURCES ? EAGAIN : EINVAL;
    return (uintptr_t)thread;
}

DECLSPEC_NORETURN void _endthreadex(unsigned code)
{
    ExitThread(code);
}
