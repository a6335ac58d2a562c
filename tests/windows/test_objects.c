/* SPDX-License-Identifier: ISC */

/*
 * Events, mutexes, semaphores, threads and locks of libwsmsvc-windows, by what Microsoft's pages of
 * each function promise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <windows.h>

#include <stdatomic.h>
#include <stdbool.h>

enum { LONG_TIME = 60000 }; /* only what hangs takes it */

/* ---- events ---- */

static void events_are_manual_or_automatic(void **state)
{
    HANDLE manual = CreateEvent(NULL, TRUE, TRUE, NULL);
    HANDLE automatic = CreateEvent(NULL, FALSE, TRUE, NULL);

    (void)state;
    assert_int_equal(WaitForSingleObject(manual, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(manual, INFINITE), WAIT_OBJECT_0);
    assert_true(ResetEvent(manual));
    assert_int_equal(WaitForSingleObject(manual, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForSingleObject(automatic, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(automatic, 10), WAIT_TIMEOUT);
    assert_true(CloseHandle(manual) && CloseHandle(automatic));
}

/* ---- several at once ---- */

static void any_takes_the_first_and_only_it(void **state)
{
    HANDLE events[3];

    (void)state;
    for (int i = 0; i < 3; i++)
        events[i] = CreateEvent(NULL, FALSE, i > 0, NULL);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, INFINITE), WAIT_OBJECT_0 + 1);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, INFINITE), WAIT_OBJECT_0 + 2);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT);
    /* All: nothing is taken before the last is there. */
    SetEvent(events[0]);
    SetEvent(events[1]);
    assert_int_equal(WaitForMultipleObjects(3, events, TRUE, 5), WAIT_TIMEOUT);
    SetEvent(events[2]);
    assert_int_equal(WaitForMultipleObjects(3, events, TRUE, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForMultipleObjects(3, events, FALSE, 0), WAIT_TIMEOUT);
    assert_int_equal(WaitForMultipleObjects(0, events, FALSE, 0), WAIT_FAILED);
    assert_int_equal(WaitForMultipleObjects(65, events, FALSE, 0), WAIT_FAILED);
    events[1] = (HANDLE)events;
    assert_int_equal(WaitForMultipleObjects(2, events, FALSE, 0), WAIT_FAILED);
    events[1] = events[0];
    assert_int_equal(WaitForMultipleObjects(2, events, TRUE, 0), WAIT_FAILED);
    CloseHandle(events[0]);
    CloseHandle(events[2]);
}

struct turns {
    HANDLE ball[2];
    LONG count;
};

static DWORD WINAPI return_balls(LPVOID parameter)
{
    struct turns *turns = parameter;

    for (int i = 0; i < 1000; i++) {
        if (WaitForSingleObject(turns->ball[0], LONG_TIME) != WAIT_OBJECT_0)
            return 1;
        InterlockedIncrement(&turns->count);
        SetEvent(turns->ball[1]);
    }
    return 259 + 41;
}

static void threads_take_turns_and_end(void **state)
{
    struct turns turns = {.count = 0};
    DWORD id = 0;
    DWORD code = 0;
    HANDLE thread;

    (void)state;
    turns.ball[0] = CreateEvent(NULL, FALSE, FALSE, NULL);
    turns.ball[1] = CreateEvent(NULL, FALSE, FALSE, NULL);
    thread = CreateThread(NULL, 0, return_balls, &turns, 0, &id);
    assert_non_null(thread);
    assert_true(id != 0 && id != GetCurrentThreadId() && GetThreadId(thread) == id);
    assert_true(GetExitCodeThread(thread, &code) && code == STILL_ACTIVE);
    for (LONG i = 1; i <= 1000; i++) {
        assert_int_equal(SignalObjectAndWait(turns.ball[0], turns.ball[1], LONG_TIME, FALSE),
                         WAIT_OBJECT_0);
        assert_int_equal(InterlockedCompareExchange(&turns.count, 0, 0), i);
    }
    assert_int_equal(WaitForSingleObject(thread, LONG_TIME), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code));
    assert_int_equal(code, 300);
    assert_true(CloseHandle(thread));
    assert_null(CreateThread(NULL, 0, return_balls, &turns, CREATE_SUSPENDED, NULL));
    CloseHandle(turns.ball[0]);
    CloseHandle(turns.ball[1]);
}

static unsigned __stdcall leave_early(void *argument)
{
    (void)argument;
    _endthreadex(9);
}

static DWORD WINAPI keep_mutex(LPVOID parameter)
{
    return WaitForSingleObject(parameter, LONG_TIME);
}

static void mutexes_and_semaphores_count(void **state)
{
    HANDLE mutex = CreateMutex(NULL, TRUE, NULL);
    HANDLE semaphore = CreateSemaphore(NULL, 1, 2, NULL);
    LONG before = -1;
    DWORD code = 0;
    HANDLE thread = CreateThread(NULL, 0, keep_mutex, mutex, 0, NULL);

    (void)state;
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    assert_true(ReleaseMutex(mutex));
    assert_int_equal(WaitForSingleObject(thread, 10), WAIT_TIMEOUT);
    assert_true(ReleaseMutex(mutex));
    assert_int_equal(WaitForSingleObject(thread, LONG_TIME), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(mutex, LONG_TIME), WAIT_ABANDONED);
    assert_true(ReleaseMutex(mutex));
    assert_false(ReleaseMutex(mutex));
    assert_int_equal(GetLastError(), ERROR_NOT_OWNER);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_OBJECT_0);
    assert_int_equal(WaitForSingleObject(semaphore, 0), WAIT_TIMEOUT);
    assert_true(ReleaseSemaphore(semaphore, 2, &before));
    assert_int_equal(before, 0);
    assert_false(ReleaseSemaphore(semaphore, 1, NULL));
    assert_int_equal(GetLastError(), ERROR_TOO_MANY_POSTS);
    assert_int_equal(SignalObjectAndWait(semaphore, mutex, 0, FALSE), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_TOO_MANY_POSTS);
    assert_int_equal(SignalObjectAndWait(mutex, semaphore, 0, FALSE), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_NOT_OWNER);
    assert_int_equal(WaitForSingleObject(mutex, 0), WAIT_OBJECT_0);
    assert_int_equal(SignalObjectAndWait(mutex, semaphore, 0, FALSE), WAIT_OBJECT_0);
    assert_int_equal(SignalObjectAndWait(NULL, semaphore, 0, FALSE), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(thread);
    thread = (HANDLE)_beginthreadex(NULL, 0, leave_early, NULL, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, LONG_TIME), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code) && code == 9);
    assert_true(CloseHandle(mutex) && CloseHandle(semaphore) && CloseHandle(thread));
}

/* ---- locks, the pool ---- */

struct shared {
    CRITICAL_SECTION section;
    SRWLOCK slim;
    CONDITION_VARIABLE changed;
    INIT_ONCE once;
    HANDLE done;
    LONG inits;
    LONG left;
    int in_section;
    int in_slim;
    bool open;
};

static BOOL CALLBACK initialise(PINIT_ONCE once, PVOID parameter, PVOID *context)
{
    (void)once;
    *context = parameter;
    return InterlockedIncrement(&((struct shared *)parameter)->inits) > 1; /* fails first */
}

static DWORD WINAPI use_locks(LPVOID parameter)
{
    struct shared *shared = parameter;
    PVOID made = NULL;

    while (!InitOnceExecuteOnce(&shared->once, initialise, shared, &made))
        ;
    for (int i = 0; i < 200 && made == shared; i++) {
        EnterCriticalSection(&shared->section);
        EnterCriticalSection(&shared->section);
        shared->in_section++;
        LeaveCriticalSection(&shared->section);
        LeaveCriticalSection(&shared->section);
        AcquireSRWLockExclusive(&shared->slim);
        shared->in_slim++;
        ReleaseSRWLockExclusive(&shared->slim);
    }
    AcquireSRWLockShared(&shared->slim);
    while (!shared->open)
        SleepConditionVariableSRW(&shared->changed, &shared->slim, INFINITE,
                                  CONDITION_VARIABLE_LOCKMODE_SHARED);
    ReleaseSRWLockShared(&shared->slim);
    if (InterlockedDecrement(&shared->left) == 0)
        SetEvent(shared->done);
    return 0;
}

static void locks_keep_threads_of_the_pool_apart(void **state)
{
    struct shared shared = {.slim = SRWLOCK_INIT,
                            .changed = CONDITION_VARIABLE_INIT,
                            .once = INIT_ONCE_STATIC_INIT,
                            .left = 20};

    (void)state;
    InitializeCriticalSection(&shared.section);
    shared.done = CreateEvent(NULL, TRUE, FALSE, NULL);
    for (int i = 0; i < 20; i++)
        assert_true(QueueUserWorkItem(use_locks, &shared, WT_EXECUTELONGFUNCTION));
    AcquireSRWLockExclusive(&shared.slim);
    assert_false(SleepConditionVariableSRW(&shared.changed, &shared.slim, 1, 0));
    assert_int_equal(GetLastError(), ERROR_TIMEOUT);
    assert_false(TryAcquireSRWLockShared(&shared.slim));
    shared.open = true;
    ReleaseSRWLockExclusive(&shared.slim);
    WakeAllConditionVariable(&shared.changed);
    assert_int_equal(WaitForSingleObject(shared.done, LONG_TIME), WAIT_OBJECT_0);
    AcquireSRWLockShared(&shared.slim);
    EnterCriticalSection(&shared.section);
    assert_int_equal(shared.in_section, 20 * 200);
    assert_int_equal(shared.in_slim, 20 * 200);
    assert_int_equal(shared.inits, 2);
    LeaveCriticalSection(&shared.section);
    ReleaseSRWLockShared(&shared.slim);
    DeleteCriticalSection(&shared.section);
    CloseHandle(shared.done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_manual_or_automatic),
        cmocka_unit_test(any_takes_the_first_and_only_it),
        cmocka_unit_test(threads_take_turns_and_end),
        cmocka_unit_test(mutexes_and_semaphores_count),
        cmocka_unit_test(locks_keep_threads_of_the_pool_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
