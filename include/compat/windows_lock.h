/* SPDX-License-Identifier: ISC */

/* Locks within the process: critical sections, slim locks, condition variables, one-time work. */

#ifndef WSMWIN_LOCK_H
#define WSMWIN_LOCK_H

/* Opaque; larger than on Windows. Each but the first may be initialised by zeros. */
typedef struct _RTL_CRITICAL_SECTION {
    uint64_t opaque[8];
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

typedef struct _RTL_SRWLOCK {
    uint64_t opaque[16];
} SRWLOCK, *PSRWLOCK;

typedef struct _RTL_CONDITION_VARIABLE {
    uint64_t opaque[16];
} CONDITION_VARIABLE, *PCONDITION_VARIABLE;

typedef union _RTL_RUN_ONCE {
    PVOID Ptr;
    uint64_t opaque[16];
} INIT_ONCE, *PINIT_ONCE, *LPINIT_ONCE, RTL_RUN_ONCE;

#ifdef __cplusplus
#define WSMWIN_ZEROS \
    {                \
    }
#else
#define WSMWIN_ZEROS \
    {                \
        {            \
            0        \
        }            \
    }
#endif
#define SRWLOCK_INIT            WSMWIN_ZEROS
#define CONDITION_VARIABLE_INIT WSMWIN_ZEROS
#ifdef __cplusplus
#define INIT_ONCE_STATIC_INIT \
    {                         \
    }
#else
#define INIT_ONCE_STATIC_INIT \
    {                         \
        NULL                  \
    }
#endif
#define CONDITION_VARIABLE_LOCKMODE_SHARED 1

typedef BOOL(CALLBACK *PINIT_ONCE_FN)(PINIT_ONCE once, PVOID parameter, PVOID *context);

WSMWIN_BEGIN

/* Recursive. Initialised before use and deleted by nobody's thread but one, as on Windows. */
VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION section) WSMWIN(InitializeCriticalSection);
BOOL WINAPI InitializeCriticalSectionAndSpinCount(LPCRITICAL_SECTION section, DWORD spinCount)
    WSMWIN(InitializeCriticalSectionAndSpinCount);
BOOL WINAPI InitializeCriticalSectionEx(LPCRITICAL_SECTION section, DWORD spinCount, DWORD flags)
    WSMWIN(InitializeCriticalSectionEx);
VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION section) WSMWIN(EnterCriticalSection);
BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION section) WSMWIN(TryEnterCriticalSection);
VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION section) WSMWIN(LeaveCriticalSection);
VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION section) WSMWIN(DeleteCriticalSection);

/* Not recursive. */
VOID WINAPI InitializeSRWLock(PSRWLOCK lock) WSMWIN(InitializeSRWLock);
VOID WINAPI AcquireSRWLockExclusive(PSRWLOCK lock) WSMWIN(AcquireSRWLockExclusive);
VOID WINAPI AcquireSRWLockShared(PSRWLOCK lock) WSMWIN(AcquireSRWLockShared);
BOOLEAN WINAPI TryAcquireSRWLockExclusive(PSRWLOCK lock) WSMWIN(TryAcquireSRWLockExclusive);
BOOLEAN WINAPI TryAcquireSRWLockShared(PSRWLOCK lock) WSMWIN(TryAcquireSRWLockShared);
VOID WINAPI ReleaseSRWLockExclusive(PSRWLOCK lock) WSMWIN(ReleaseSRWLockExclusive);
VOID WINAPI ReleaseSRWLockShared(PSRWLOCK lock) WSMWIN(ReleaseSRWLockShared);

/* May wake up without cause. FALSE with ERROR_TIMEOUT when the time is over. */
VOID WINAPI InitializeConditionVariable(PCONDITION_VARIABLE variable)
    WSMWIN(InitializeConditionVariable);
BOOL WINAPI SleepConditionVariableCS(PCONDITION_VARIABLE variable, PCRITICAL_SECTION section,
                                     DWORD milliseconds) WSMWIN(SleepConditionVariableCS);
BOOL WINAPI SleepConditionVariableSRW(PCONDITION_VARIABLE variable, PSRWLOCK lock,
                                      DWORD milliseconds, ULONG flags)
    WSMWIN(SleepConditionVariableSRW);
VOID WINAPI WakeConditionVariable(PCONDITION_VARIABLE variable) WSMWIN(WakeConditionVariable);
VOID WINAPI WakeAllConditionVariable(PCONDITION_VARIABLE variable) WSMWIN(WakeAllConditionVariable);

/* Who comes while another thread does the work waits for it; work that fails is tried again. */
BOOL WINAPI InitOnceExecuteOnce(PINIT_ONCE once, PINIT_ONCE_FN work, PVOID parameter,
                                LPVOID *context) WSMWIN(InitOnceExecuteOnce);
VOID WINAPI InitOnceInitialize(PINIT_ONCE once) WSMWIN(InitOnceInitialize);

WSMWIN_END

#endif
