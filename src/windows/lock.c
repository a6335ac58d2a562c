/* SPDX-License-Identifier: ISC */

/*
 * Locks within the process. Each lies in the plug-in's memory; zeros are a good initial state for
 * all of glibc's primitives, so that SRWLOCK_INIT and its like work without a call.
 */

#include <errno.h>

#include "windows/object.h"

struct section {
    pthread_mutex_t mutex;
};

/* Counts instead of a pthread_rwlock_t, because a condition variable has to let go of it. */
struct slim {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t readers;
    uint32_t writers; /* 0 or 1 */
};

struct condition {
    pthread_mutex_t mutex;
    pthread_cond_t woken;
    uint64_t wakes;
};

enum once_state { ONCE_new, ONCE_busy, ONCE_done };

struct once {
    PVOID context;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t state;
};

_Static_assert(sizeof(struct section) <= sizeof(CRITICAL_SECTION), "it has to fit");
_Static_assert(sizeof(struct slim) <= sizeof(SRWLOCK), "it has to fit");
_Static_assert(sizeof(struct condition) <= sizeof(CONDITION_VARIABLE), "it has to fit");
_Static_assert(sizeof(struct once) <= sizeof(INIT_ONCE), "it has to fit");

/* ---- critical sections ---- */

VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&((struct section *)section)->mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spinCount)
{
    (void)spinCount;
    InitializeCriticalSection(section);
    return TRUE;
}

BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spinCount, DWORD flags)
{
    (void)spinCount;
    (void)flags;
    InitializeCriticalSection(section);
    return TRUE;
}

VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION section)
{
    pthread_mutex_lock(&((struct section *)section)->mutex);
}

BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section)
{
    return pthread_mutex_trylock(&((struct section *)section)->mutex) == 0;
}

VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section)
{
    pthread_mutex_unlock(&((struct section *)section)->mutex);
}

VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section)
{
    pthread_mutex_destroy(&((struct section *)section)->mutex);
}

/* ---- slim locks ---- */

VOID WINAPI InitializeSRWLock(PSRWLOCK lock)
{
    ZeroMemory(lock, sizeof(*lock));
}

static BOOLEAN slim_enter(PSRWLOCK lock, bool exclusive, bool wait)
{
    struct slim *slim = (struct slim *)lock;
    bool entered;

    pthread_mutex_lock(&slim->mutex);
    while (slim->writers != 0 || (exclusive && slim->readers != 0)) {
        if (!wait)
            break;
        pthread_cond_wait(&slim->changed, &slim->mutex);
    }
    entered = slim->writers == 0 && !(exclusive && slim->readers != 0);
    if (entered && exclusive)
        slim->writers = 1;
    else if (entered)
        slim->readers++;
    pthread_mutex_unlock(&slim->mutex);
    return entered ? TRUE : FALSE;
}

static void slim_leave(PSRWLOCK lock, bool exclusive)
{
    struct slim *slim = (struct slim *)lock;

    pthread_mutex_lock(&slim->mutex);
    if (exclusive)
        slim->writers = 0;
    else
        slim->readers--;
    if (slim->readers == 0)
        pthread_cond_broadcast(&slim->changed);
    pthread_mutex_unlock(&slim->mutex);
}

VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK lock)
{
    slim_enter(lock, true, true);
}

VOID WINAPI AcquireSRWLockShared(PSRWLOCK lock)
{
    slim_enter(lock, false, true);
}

BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK lock)
{
    return slim_enter(lock, true, false);
}

BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK lock)
{
    return slim_enter(lock, false, false);
}

VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK lock)
{
    slim_leave(lock, true);
}

VOID WINAPI ReleaseSRWLockShared(PSRWLOCK lock)
{
    slim_leave(lock, false);
}

/* ---- condition variables ---- */

VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE variable)
{
    ZeroMemory(variable, sizeof(*variable));
}

/* The variable's own mutex is held from before the caller's lock is let go: no wake is missed. */
static BOOL condition_sleep(struct condition *condition, uint64_t wakes, DWORD milliseconds)
{
    struct timespec deadline;
    int error = 0;

    deadline_set(&deadline, milliseconds);
    while (condition->wakes == wakes && error == 0) {
        if (milliseconds == INFINITE)
            error = pthread_cond_wait(&condition->woken, &condition->mutex);
        else
            error = pthread_cond_clockwait(&condition->woken, &condition->mutex, CLOCK_MONOTONIC,
                                           &deadline);
    }
    pthread_mutex_unlock(&condition->mutex);
    if (error != 0)
        SetLastError(ERROR_TIMEOUT);
    return error == 0;
}

BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE variable, PCRITICAL_SECTION section,
                                     DWORD milliseconds)
{
    struct condition *condition = (struct condition *)variable;
    BOOL woken;

    pthread_mutex_lock(&condition->mutex);
    LeaveCriticalSection(section);
    woken = condition_sleep(condition, condition->wakes, milliseconds);
    EnterCriticalSection(section);
    return woken;
}

BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock,
                                      DWORD milliseconds, ULONG flags)
{
    struct condition *condition = (struct condition *)variable;
    bool exclusive = (flags & CONDITION_VARIABLE_LOCKMODE_SHARED) == 0;
    BOOL woken;

    pthread_mutex_lock(&condition->mutex);
    slim_leave(lock, exclusive);
    woken = condition_sleep(condition, condition->wakes, milliseconds);
    slim_enter(lock, exclusive, true);
    return woken;
}

VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE variable)
{
    struct condition *condition = (struct condition *)variable;

    pthread_mutex_lock(&condition->mutex);
    condition->wakes++;
    pthread_cond_signal(&condition->woken);
    pthread_mutex_unlock(&condition->mutex);
}

VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE variable)
{
    struct condition *condition = (struct condition *)variable;

    pthread_mutex_lock(&condition->mutex);
    condition->wakes++;
    pthread_cond_broadcast(&condition->woken);
    pthread_mutex_unlock(&condition->mutex);
}

/* ---- once ---- */

VOID WINAPI InitOnceInitialize(PINIT_ONCE once)
{
    ZeroMemory(once, sizeof(*once));
}

BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN work, PVOID parameter,
                                LPVOID *context)
{
    struct once *state = (struct once *)once;
    PVOID made = NULL;
    BOOL done;

    pthread_mutex_lock(&state->mutex);
    while (state->state == ONCE_busy)
        pthread_cond_wait(&state->changed, &state->mutex);
    done = state->state == ONCE_done;
    if (!done) {
        state->state = ONCE_busy;
        pthread_mutex_unlock(&state->mutex);
        done = work(once, parameter, &made);
        pthread_mutex_lock(&state->mutex);
        state->state = done ? ONCE_done : ONCE_new;
        if (done)
            state->context = made;
        pthread_cond_broadcast(&state->changed);
    }
    if (done && context != NULL)
        *context = state->context;
    pthread_mutex_unlock(&state->mutex);
    return done != FALSE;
}
