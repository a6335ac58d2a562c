/* SPDX-License-Identifier: ISC */

/* How operations of the cmd plug-in end that do not end by themselves: signals and cancellation. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/test_shell.h"

#include <wsmerror.h>

#include "common/utf16.h"

struct blocked_send {
    struct operation operation;
    WSMAN_DATA data;
};

static void *send_much(void *argument)
{
    struct blocked_send *send = argument;

    WSManPluginSend(&send->operation.request, 0, shell.context, command.context,
                    WSMAN_STREAM_ID_STDIN, &send->data);
    return NULL;
}

/* How a send into a full pipe ends: cancelled, or with its command. */
static void check_blocked_send(bool cancel, DWORD expected)
{
    static BYTE much[1024 * 1024];
    struct blocked_send send = {.data = {.type = WSMAN_DATA_TYPE_BINARY,
                                         .binaryData = {.dataLength = sizeof(much), .data = much}}};
    pthread_t thread;

    run(u"dd bs=1 count=1 2>/dev/null | wc -c; sleep 1000");
    start_receive();
    operation_open(&send.operation);
    pthread_create(&thread, NULL, send_much, &send);
    wait_for_output(2);
    assert_int_equal(send.operation.error, OPEN);
    if (cancel)
        operation_cancel(&send.operation);
    else
        assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_TERMINATE), NO_ERROR);
    assert_int_equal(operation_wait(&send.operation), expected);
    pthread_join(thread, NULL);
    if (cancel)
        assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_TERMINATE), NO_ERROR);
    operation_wait(&receive);
    release_command();
}

static void blocked_send_is_cancelled(void **state)
{
    (void)state;
    check_blocked_send(true, ERROR_CANCELLED);
}

static void blocked_send_ends_with_its_command(void **state)
{
    (void)state;
    check_blocked_send(false, ERROR_BROKEN_PIPE);
}

static void terminate_kills_the_group(void **state)
{
    pid_t leader;
    pid_t child;

    (void)state;
    run(u"trap '' TERM INT QUIT; sleep 1000 & echo $$ $!; wait");
    start_receive();
    wait_for_output(3);
    assert_int_equal(sscanf(receive.text[0], "%d %d", &leader, &child), 2);
    assert_int_equal(getpgid(child), leader);
    assert_int_equal(send_signal(u"http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
                                 u"/signal/Terminate"),
                     NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_int_equal(command.error, NO_ERROR);
    assert_true(receive.order < command.order);
    assert_true(receive.done);
    assert_int_equal(receive.exit_code, 128 + SIGKILL);
    assert_false(is_alive(leader));
    wait_for_death(child);
}

static void interrupt_reaches_the_group(void **state)
{
    (void)state;
    run(u"trap 'echo caught; kill $!; exit 5' INT; sleep 1000 & echo ready; wait");
    start_receive();
    wait_for_output(6);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_CTRL_C), NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_string_equal(receive.text[0], "ready\ncaught\n");
    assert_int_equal(receive.exit_code, 5);
    run(u"echo ready; ulimit -c 0; exec sleep 1000");
    start_receive();
    wait_for_output(6);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_CTRL_BREAK), NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_int_equal(receive.exit_code, 128 + SIGQUIT);
}

/* The process is over, its output was not fetched: all signals succeed, terminate ends it. */
static void signals_on_a_finished_command(void **state)
{
    char path[] = "/tmp/winrmd-cmd-XXXXXX";
    WCHAR line[64] = u"echo output; rmdir ";
    size_t length = utf16_length(line);

    (void)state;
    assert_non_null(mkdtemp(path));
    for (size_t i = 0; i <= strlen(path); i++)
        line[length + i] = (WCHAR)path[i];
    run(line);
    while (access(path, F_OK) == 0)
        poll(NULL, 0, 1);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_CTRL_C), NO_ERROR);
    assert_int_equal(command.error, OPEN);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_TERMINATE), NO_ERROR);
    release_command();
    assert_int_equal(command.error, NO_ERROR);
}

/* A report waits for a client that does not fetch: the host cancels, the report returns. */
static void stuck_receive_is_cancelled(void **state)
{
    (void)state;
    fake_host.client_is_stuck = true;
    run(u"yes");
    start_receive();
    pthread_mutex_lock(&fake_host.lock);
    while (!fake_host.somebody_is_stuck)
        pthread_cond_wait(&fake_host.changed, &fake_host.lock);
    pthread_mutex_unlock(&fake_host.lock);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_TERMINATE), NO_ERROR);
    operation_cancel(&receive);
    operation_cancel(&command);
    assert_int_equal(operation_wait(&receive), ERROR_OPERATION_ABORTED);
    release_command();
}

static void cancellation_ends_everything(void **state)
{
    pid_t child;

    (void)state;
    run(u"sleep 1000 & echo $!; wait");
    start_receive();
    wait_for_output(2);
    child = atoi(receive.text[0]);
    operation_cancel(&receive);
    assert_int_equal(operation_wait(&receive), ERROR_CANCELLED);
    assert_true(is_alive(child));
    start_receive();
    operation_cancel(&command);
    assert_int_equal(operation_wait(&receive), ERROR_CANCELLED);
    release_command();
    assert_int_equal(command.error, ERROR_CANCELLED);
    assert_true(receive.order < command.order);
    wait_for_death(child);
}

static void cancelled_shell_ends_its_commands(void **state)
{
    (void)state;
    run(u"sleep 1000");
    operation_cancel(&shell);
    release_command();
    assert_int_equal(command.error, ERROR_CANCELLED);
    /* end() waits for the shell, which completes after its command. */
}

static void refused_context_leaves_nothing(void **state)
{
    (void)state;
    operation_open(&command);
    fake_host.report_answer = ERROR_OPERATION_ABORTED;
    WSManPluginCommand(&command.request, 0, shell.context, u"sleep 1000", NULL);
    assert_int_equal(operation_wait(&command), ERROR_OPERATION_ABORTED);
    fake_host.report_answer = NO_ERROR;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SHELL(blocked_send_is_cancelled),      IN_SHELL(blocked_send_ends_with_its_command),
        IN_SHELL(terminate_kills_the_group),      IN_SHELL(interrupt_reaches_the_group),
        IN_SHELL(signals_on_a_finished_command),  IN_SHELL(stuck_receive_is_cancelled),
        IN_SHELL(cancellation_ends_everything),   IN_SHELL(cancelled_shell_ends_its_commands),
        IN_SHELL(refused_context_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
