/* SPDX-License-Identifier: ISC */

/*
 * Registered waits of libwsmsvc-windows, and the handles of the host, by what Microsoft's pages of
 * each function promise. The host is played by a service that this program installs: one operation,
 * one token.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <windows.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host/service.h"

enum { LONG_TIME = 60000 }; /* only what hangs takes it */

/* ---- the host ---- */

static int operation_fd = -1;
static char operation_open; /* its address is the handle */
static char token_made;
static char token_client;
static atomic_bool operation_over;

static DWORD tell_event(HANDLE handle, int *descriptor)
{
    if (handle != &operation_open || operation_over)
        return ERROR_INVALID_HANDLE;
    *descriptor = operation_fd;
    return NO_ERROR;
}

static DWORD close_token(HANDLE handle)
{
    return handle == &token_made ? NO_ERROR : ERROR_INVALID_HANDLE;
}

static DWORD tell_account(HANDLE handle, PWSTR buffer, DWORD *length)
{
    (void)buffer;
    (void)length;
    return handle == &token_client ? ERROR_INSUFFICIENT_BUFFER : ERROR_INVALID_HANDLE;
}

static const struct wsmsvc_runtime runtime = {.get_shutdown_event = tell_event,
                                              .close_token = close_token,
                                              .get_token_account = tell_account};

static void operation_begin(void)
{
    if (operation_fd >= 0)
        close(operation_fd);
    operation_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    operation_over = false;
}

static void operation_cancel(void)
{
    uint64_t one = 1;

    assert_int_equal(write(operation_fd, &one, sizeof(one)), sizeof(one));
}

/* ---- registered waits ---- */

struct call {
    HANDLE wait;
    HANDLE called;
    HANDLE go_on; /* NULL: the callback does not wait */
    LONG count;
    BOOLEAN timed_out;
    BOOL unregistered;
    DWORD error;
    bool unregister_inside;
    HANDLE inside; /* second argument of UnregisterWaitEx there */
};

static VOID CALLBACK called_back(PVOID context, BOOLEAN timedOut)
{
    struct call *call = context;

    call->timed_out = timedOut;
    if (call->unregister_inside) {
        call->unregistered = UnregisterWaitEx(call->wait, call->inside);
        call->error = GetLastError();
    }
    InterlockedIncrement(&call->count);
    SetEvent(call->called);
    if (call->go_on != NULL)
        WaitForSingleObject(call->go_on, LONG_TIME);
}

static struct call call_new(void)
{
    return (struct call){.called = CreateEvent(NULL, FALSE, FALSE, NULL)};
}

static void a_wait_fires_once_and_is_unregistered(void **state)
{
    HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
    struct call call = call_new();

    (void)state;
    assert_true(RegisterWaitForSingleObject(&call.wait, event, called_back, &call, INFINITE,
                                            WT_EXECUTEONLYONCE | WT_EXECUTELONGFUNCTION));
    assert_int_equal(WaitForSingleObject(call.called, 5), WAIT_TIMEOUT);
    SetEvent(event);
    assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
    assert_true(UnregisterWaitEx(call.wait, INVALID_HANDLE_VALUE));
    assert_int_equal(call.count, 1);
    assert_false(call.timed_out);
    assert_false(UnregisterWait(call.wait));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    CloseHandle(event);
    CloseHandle(call.called);
}

static void a_wait_times_out_again_and_again(void **state)
{
    HANDLE event = CreateEvent(NULL, TRUE, FALSE, NULL);
    struct call call = call_new();

    (void)state;
    assert_true(
        RegisterWaitForSingleObject(&call.wait, event, called_back, &call, 1, WT_EXECUTEDEFAULT));
    for (int i = 0; i < 3; i++)
        assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
    assert_true(UnregisterWaitEx(call.wait, INVALID_HANDLE_VALUE));
    assert_true(call.timed_out);
    CloseHandle(event);
    CloseHandle(call.called);
}

static void a_callback_may_unregister_itself(void **state)
{
    HANDLE forms[] = {NULL, INVALID_HANDLE_VALUE};

    (void)state;
    for (int i = 0; i < 2; i++) {
        HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);
        struct call call = call_new();

        call.unregister_inside = true;
        call.inside = forms[i];
        assert_true(RegisterWaitForSingleObject(&call.wait, event, called_back, &call, INFINITE,
                                                WT_EXECUTEDEFAULT));
        assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
        assert_false(call.unregistered);
        assert_int_equal(call.error, ERROR_IO_PENDING);
        /* It is not called again, though the event stays set. */
        assert_int_equal(WaitForSingleObject(call.called, 20), WAIT_TIMEOUT);
        assert_int_equal(call.count, 1);
        CloseHandle(event);
        CloseHandle(call.called);
    }
}

static DWORD WINAPI unregister_blocking(LPVOID parameter)
{
    return UnregisterWaitEx(((struct call *)parameter)->wait, INVALID_HANDLE_VALUE) ? 1 : 0;
}

static void unregistering_waits_for_a_callback_or_says_that_it_runs(void **state)
{
    HANDLE event = CreateEvent(NULL, FALSE, TRUE, NULL);
    HANDLE finished = CreateEvent(NULL, TRUE, FALSE, NULL);
    struct call call = call_new();
    DWORD code = 0;
    HANDLE thread;

    (void)state;
    call.go_on = CreateEvent(NULL, FALSE, FALSE, NULL);
    assert_true(RegisterWaitForSingleObject(&call.wait, event, called_back, &call, INFINITE, 0));
    assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
    thread = CreateThread(NULL, 0, unregister_blocking, &call, 0, NULL);
    assert_int_equal(WaitForSingleObject(thread, 20), WAIT_TIMEOUT);
    SetEvent(call.go_on);
    assert_int_equal(WaitForSingleObject(thread, LONG_TIME), WAIT_OBJECT_0);
    assert_true(GetExitCodeThread(thread, &code) && code == 1);
    CloseHandle(thread);

    SetEvent(event);
    assert_true(RegisterWaitForSingleObject(&call.wait, event, called_back, &call, INFINITE, 0));
    assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
    assert_false(UnregisterWaitEx(call.wait, finished));
    assert_int_equal(GetLastError(), ERROR_IO_PENDING);
    assert_int_equal(WaitForSingleObject(finished, 5), WAIT_TIMEOUT);
    SetEvent(call.go_on);
    assert_int_equal(WaitForSingleObject(finished, LONG_TIME), WAIT_OBJECT_0);
    CloseHandle(call.go_on);
    CloseHandle(call.called);
    CloseHandle(finished);
    CloseHandle(event);
}

/* ---- handles of the host ---- */

static void a_cancelled_operation_wakes_every_kind_of_wait(void **state)
{
    HANDLE handles[2] = {CreateEvent(NULL, TRUE, FALSE, NULL), &operation_open};
    struct call call = call_new();
    struct call late = call_new();
    HANDLE copy = NULL;

    (void)state;
    operation_begin();
    assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, 0), WAIT_TIMEOUT);
    assert_true(RegisterWaitForSingleObject(&call.wait, &operation_open, called_back, &call,
                                            INFINITE, WT_EXECUTEONLYONCE));
    assert_true(DuplicateHandle(GetCurrentProcess(), &operation_open, GetCurrentProcess(), &copy, 0,
                                FALSE, DUPLICATE_SAME_ACCESS));
    operation_cancel();
    assert_int_equal(WaitForMultipleObjects(2, handles, FALSE, LONG_TIME), WAIT_OBJECT_0 + 1);
    assert_int_equal(WaitForSingleObject(call.called, LONG_TIME), WAIT_OBJECT_0);
    /* It stays signalled, also for who comes later. */
    assert_int_equal(WaitForSingleObject(&operation_open, 0), WAIT_OBJECT_0);
    assert_true(RegisterWaitForSingleObject(&late.wait, &operation_open, called_back, &late,
                                            INFINITE, WT_EXECUTEONLYONCE));
    assert_int_equal(WaitForSingleObject(late.called, LONG_TIME), WAIT_OBJECT_0);
    assert_false(CloseHandle(&operation_open));
    assert_false(SetEvent(&operation_open));
    operation_over = true;
    assert_int_equal(WaitForSingleObject(&operation_open, 0), WAIT_FAILED);
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_int_equal(WaitForSingleObject(copy, LONG_TIME), WAIT_OBJECT_0);
    assert_true(CloseHandle(copy));
    assert_true(UnregisterWaitEx(call.wait, INVALID_HANDLE_VALUE));
    assert_true(UnregisterWaitEx(late.wait, INVALID_HANDLE_VALUE));
    CloseHandle(handles[0]);
    CloseHandle(call.called);
    CloseHandle(late.called);
}

static void tokens_close_where_they_may(void **state)
{
    HANDLE copy;

    (void)state;
    assert_true(CloseHandle(&token_made));
    assert_false(CloseHandle(&token_client));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_false(DuplicateHandle(GetCurrentProcess(), &token_client, GetCurrentProcess(), &copy, 0,
                                 FALSE, DUPLICATE_SAME_ACCESS));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
}

static void closed_and_strange_handles_are_refused(void **state)
{
    HANDLE event = CreateEvent(NULL, TRUE, TRUE, NULL);
    HANDLE other;

    (void)state;
    assert_true(CloseHandle(event));
    other = CreateEvent(NULL, TRUE, TRUE, NULL);
    assert_true(other != event);
    SetLastError(NO_ERROR);
    assert_false(SetEvent(event));
    assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
    assert_false(CloseHandle(event));
    assert_int_equal(WaitForSingleObject(event, 0), WAIT_FAILED);
    assert_int_equal(WaitForSingleObject(NULL, 0), WAIT_FAILED);
    assert_int_equal(WaitForSingleObject(INVALID_HANDLE_VALUE, 0), WAIT_FAILED);
    assert_int_equal(WaitForSingleObject(&other, 0), WAIT_FAILED);
    assert_false(ReleaseMutex(other));
    assert_true(CloseHandle(other));
    assert_null(CreateEvent(NULL, TRUE, TRUE, L"Global\\named"));
    assert_int_equal(GetLastError(), ERROR_NOT_SUPPORTED);
    assert_null(CreateEventEx(NULL, NULL, 4, 0));
    assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closed_and_strange_handles_are_refused),
        cmocka_unit_test(a_wait_fires_once_and_is_unregistered),
        cmocka_unit_test(a_wait_times_out_again_and_again),
        cmocka_unit_test(a_callback_may_unregister_itself),
        cmocka_unit_test(unregistering_waits_for_a_callback_or_says_that_it_runs),
        cmocka_unit_test(a_cancelled_operation_wakes_every_kind_of_wait),
        cmocka_unit_test(tokens_close_where_they_may),
    };

    wsmsvc_install(&runtime);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
