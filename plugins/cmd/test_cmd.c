/* SPDX-License-Identifier: ISC */

/* The cmd plug-in from its entry points; the host is that of test_host.h. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/test_host.h"

#include <wsmerror.h>

#include "cmd/output.h"
#include "common/utf16.h"

/* The shell of a test, and the command that most of them have. */
static struct operation shell;
static struct operation command;
static struct operation receive;

static PCWSTR output_names[] = {WSMAN_STREAM_ID_STDOUT, WSMAN_STREAM_ID_STDERR};

static void open_shell_in(PCWSTR directory, WSMAN_ENVIRONMENT_VARIABLE_SET *variables)
{
    PCWSTR input_name = WSMAN_STREAM_ID_STDIN;
    WSMAN_STREAM_ID_SET inputs = {.streamIDsCount = 1, .streamIDs = &input_name};
    WSMAN_STREAM_ID_SET outputs = {.streamIDsCount = 2, .streamIDs = output_names};
    WSMAN_SHELL_STARTUP_INFO startup = {.inputStreamSet = &inputs,
                                        .outputStreamSet = &outputs,
                                        .workingDirectory = directory,
                                        .variableSet = variables};

    WSManPluginShell(NULL, &shell.request, 0, &startup, NULL);
}

static int begin(void **state)
{
    (void)state;
    fake_host.report_answer = NO_ERROR;
    fake_host.client_is_stuck = fake_host.somebody_is_stuck = false;
    operation_open(&shell);
    open_shell_in(u"/", NULL);
    return shell.context ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    operation_cancel(&shell);
    assert_int_equal(operation_wait(&shell), ERROR_CANCELLED);
    WSManPluginReleaseShellContext(shell.context);
    return 0;
}

static void run(PCWSTR line)
{
    operation_open(&command);
    WSManPluginCommand(&command.request, 0, shell.context, line, NULL);
    assert_non_null(command.context);
}

static void release_command(void)
{
    operation_wait(&command);
    WSManPluginReleaseCommandContext(shell.context, command.context);
}

static void start_receive(void)
{
    operation_open(&receive);
    WSManPluginReceive(&receive.request, 0, shell.context, command.context, NULL);
}

/* Receives to the end of the command and releases it. */
static void finish(void)
{
    start_receive();
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_int_equal(command.error, NO_ERROR);
    assert_true(receive.order < command.order);
    assert_true(receive.done && receive.ended[0] && receive.ended[1]);
}

static DWORD send_bytes(const char *bytes, size_t length, DWORD flags)
{
    struct operation operation;
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY,
                       .binaryData = {.dataLength = (DWORD)length, .data = (BYTE *)bytes}};

    operation_open(&operation);
    WSManPluginSend(&operation.request, flags, shell.context, command.context,
                    WSMAN_STREAM_ID_STDIN, &data);
    return operation_wait(&operation);
}

static DWORD send_signal(PCWSTR code)
{
    struct operation operation;

    operation_open(&operation);
    WSManPluginSignal(&operation.request, 0, shell.context, command.context, code);
    return operation_wait(&operation);
}

/* Waits until so much of stdout has come. */
static void wait_for_output(size_t length)
{
    pthread_mutex_lock(&fake_host.lock);
    while (receive.received[0] < length)
        pthread_cond_wait(&fake_host.changed, &fake_host.lock);
    pthread_mutex_unlock(&fake_host.lock);
}

static bool is_alive(pid_t pid)
{
    char path[64];
    char line[256] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    fclose(file);
    return line[0] != '\0' && !strstr(line, ") Z ") && !strstr(line, ") X ");
}

/* A killed process that is not our child is gone soon, but not at once. */
static void wait_for_death(pid_t pid)
{
    for (int i = 0; i < 10000 && is_alive(pid); i++)
        poll(NULL, 0, 1);
    assert_false(is_alive(pid));
}

static void streams_and_exit_code(void **state)
{
    (void)state;
    run(u"echo out; echo err >&2; exit 7");
    finish();
    assert_string_equal(receive.text[0], "out\n");
    assert_string_equal(receive.text[1], "err\n");
    assert_int_equal(receive.exit_code, 7);
    run(u"-x; kill -9 $$");
    finish();
    assert_int_equal(receive.exit_code, 128 + 9);
    assert_int_equal(receive.received[0], 0);
}

static void words_are_joined_by_blanks(void **state)
{
    PCWSTR words[] = {u"a  b;", u"", u"printf \u20ac"};
    WSMAN_COMMAND_ARG_SET arguments = {.argsCount = 3, .args = words};

    (void)state;
    operation_open(&command);
    WSManPluginCommand(&command.request, 0, shell.context, u"echo", &arguments);
    finish();
    assert_string_equal(receive.text[0], "a b\n\xe2\x82\xac");
    operation_open(&command);
    WSManPluginCommand(&command.request, 0, shell.context, u"echo \xd800", NULL);
    assert_int_equal(operation_wait(&command), ERROR_INVALID_PARAMETER);
    assert_null(command.context);
}

static void directory_and_environment(void **state)
{
    WSMAN_ENVIRONMENT_VARIABLE variables[] = {{u"GREETING", u"h\u00e9 llo"}, {u"LANG", u"C"}};
    WSMAN_ENVIRONMENT_VARIABLE_SET set = {.varsCount = 2, .vars = variables};

    setenv("HOST_SECRET", "1", 1);
    operation_open(&shell);
    open_shell_in(u"/tmp", &set);
    run(u"pwd; echo \"$GREETING\" $LANG ${HOST_SECRET-none} $SHELL; ls /proc/self/fd | wc -l");
    finish();
    assert_string_equal(receive.text[0], "/tmp\nh\xc3\xa9 llo C none /bin/sh\n4\n");
    end(state);
}

static void bad_shells_are_refused(void **state)
{
    WSMAN_ENVIRONMENT_VARIABLE variables[] = {{u"A=B", u"x"}};
    WSMAN_ENVIRONMENT_VARIABLE_SET set = {.varsCount = 1, .vars = variables};

    (void)state;
    operation_open(&shell);
    open_shell_in(u"/nonexistent", NULL);
    assert_int_equal(operation_wait(&shell), ERROR_DIRECTORY);
    operation_open(&shell);
    open_shell_in(u"/", &set);
    assert_int_equal(operation_wait(&shell), ERROR_INVALID_PARAMETER);
    operation_open(&shell);
    WSManPluginShell(NULL, &shell.request, 0, NULL, NULL);
    assert_int_equal(operation_wait(&shell), ERROR_INVALID_PARAMETER);
    operation_open(&shell);
    fake_host.report_answer = ERROR_OPERATION_ABORTED;
    open_shell_in(u"/", NULL);
    assert_int_equal(operation_wait(&shell), ERROR_OPERATION_ABORTED);
    fake_host.report_answer = NO_ERROR;
}

static void options_are_obeyed_or_refused(void **state)
{
    static const struct {
        PCWSTR name;
        PCWSTR value;
        BOOL must_comply;
        DWORD error;
    } cases[] = {
        {u"WINRS_CODEPAGE", u"437", TRUE, NO_ERROR},
        {u"winrs_codepage", u"1252", FALSE, NO_ERROR},
        {u"WINRS_CODEPAGE", u"65001", FALSE, NO_ERROR},
        {u"WINRS_CODEPAGE", u"932", FALSE, ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED},
        {u"WINRS_CODEPAGE", NULL, FALSE, ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED},
        {u"WINRS_NOPROFILE", u"TRUE", TRUE, NO_ERROR},
        {u"OTHER", u"x", FALSE, NO_ERROR},
        {u"OTHER", u"x", TRUE, ERROR_WSMAN_INVALID_OPTIONS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        operation_open(&shell);
        set_option(&shell, cases[i].name, cases[i].value, cases[i].must_comply);
        open_shell_in(NULL, NULL);
        if (cases[i].error == NO_ERROR) {
            assert_non_null(shell.context);
            end(state);
        } else {
            assert_int_equal(operation_wait(&shell), cases[i].error);
        }
    }
}

static void command_options(void **state)
{
    (void)state;
    operation_open(&command);
    set_option(&command, u"WINRS_SKIP_CMD_SHELL", u"FALSE", TRUE);
    WSManPluginCommand(&command.request, 0, shell.context, u"exit 3", NULL);
    finish();
    assert_int_equal(receive.exit_code, 3);
    operation_open(&command);
    set_option(&command, u"WINRS_SKIP_CMD_SHELL", u"TRUE", TRUE);
    WSManPluginCommand(&command.request, 0, shell.context, u"exit 3", NULL);
    assert_int_equal(operation_wait(&command), ERROR_WSMAN_INVALID_OPTIONS);
}

static void input_reaches_the_command(void **state)
{
    (void)state;
    run(u"cat; echo end");
    assert_int_equal(send_bytes("one ", 4, 0), NO_ERROR);
    assert_int_equal(send_bytes("two\n", 4, WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    assert_int_equal(send_bytes("three", 5, 0), ERROR_BROKEN_PIPE);
    assert_int_equal(send_bytes("", 0, WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    finish();
    assert_string_equal(receive.text[0], "one two\nend\n");
}

static void input_nobody_reads_is_an_error(void **state)
{
    (void)state;
    run(u"exec <&-; echo ready; exec sleep 1000");
    start_receive();
    wait_for_output(6);
    assert_int_equal(send_bytes("x", 1, 0), ERROR_BROKEN_PIPE);
    assert_int_equal(send_signal(WSMAN_SIGNAL_SHELL_CODE_TERMINATE), NO_ERROR);
    operation_wait(&receive);
    release_command();
}

static void wrong_targets_are_refused(void **state)
{
    struct operation operation;
    WSMAN_DATA data = {.type = WSMAN_DATA_TYPE_BINARY};
    PCWSTR wrong_name = u"pr";
    WSMAN_STREAM_ID_SET wrong = {.streamIDsCount = 1, .streamIDs = &wrong_name};

    (void)state;
    run(u"cat");
    operation_open(&operation);
    WSManPluginSend(&operation.request, 0, shell.context, NULL, u"stdin", &data);
    assert_int_equal(operation_wait(&operation), ERROR_INVALID_OPERATION);
    operation_open(&operation);
    WSManPluginSend(&operation.request, 0, shell.context, command.context, u"pr", &data);
    assert_int_equal(operation_wait(&operation), ERROR_WSMAN_SHELL_INVALID_INPUT_STREAM);
    operation_open(&operation);
    WSManPluginReceive(&operation.request, 0, shell.context, command.context, &wrong);
    assert_int_equal(operation_wait(&operation), ERROR_WSMAN_SHELL_INVALID_DESIRED_STREAMS);
    start_receive();
    operation_open(&operation);
    WSManPluginReceive(&operation.request, 0, shell.context, command.context, NULL);
    assert_int_equal(operation_wait(&operation), ERROR_WINRS_RECEIVE_IN_PROGRESS);
    assert_int_equal(send_signal(u"http://x/signal/unknown"), ERROR_WSMAN_INVALID_PARAMETER);
    assert_int_equal(send_bytes("", 0, WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
}

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
    run(u"trap 'echo caught; exit 5' INT; sleep 1000 & echo ready; wait");
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

static void background_processes_do_not_delay_the_end(void **state)
{
    pid_t child;

    (void)state;
    run(u"sleep 1000 & echo $!");
    finish();
    child = atoi(receive.text[0]);
    assert_true(is_alive(child));
    kill(child, SIGKILL);
    run(u"setsid sleep 1000 & echo $!");
    finish();
    child = atoi(receive.text[0]);
    kill(child, SIGKILL);
}

static void much_output_waits_for_the_client(void **state)
{
    (void)state;
    run(u"head -c 3000000 /dev/zero; echo x >&2");
    finish();
    assert_int_equal(receive.received[0], 3000000);
    assert_string_equal(receive.text[1], "x\n");
    /* What a process left in the pipe when it ended is not lost, more than a buffer included. */
    run(u"head -c 60000 /dev/zero; echo x >&2");
    finish();
    assert_int_equal(receive.received[0], 60000);
}

static void only_wanted_streams_come(void **state)
{
    WSMAN_STREAM_ID_SET wanted = {.streamIDsCount = 1, .streamIDs = &output_names[1]};

    (void)state;
    run(u"head -c 200000 /dev/zero; echo err >&2");
    operation_open(&receive);
    WSManPluginReceive(&receive.request, 0, shell.context, command.context, &wanted);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_int_equal(receive.received[0], 0);
    assert_false(receive.ended[0]);
    assert_string_equal(receive.text[1], "err\n");
    assert_true(receive.done);
}

static void characters_are_not_divided(void **state)
{
    static const struct {
        const char *text;
        size_t ready;
    } cases[] = {
        {"", 0},       {"abc", 3},           {"a\xe2\x82\xac", 4},    {"a\xe2\x82", 1},
        {"a\xe2", 1},  {"a\xf0\x9f\x98", 1}, {"\xf0\x9f\x98\x80", 4}, {"\x80\x80\x80\x80", 4},
        {"ab\xff", 2}, {"\xc3\xa4\xc3", 2},
    };
    static struct output output;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        output.fd = 0;
        output.used = strlen(cases[i].text);
        memcpy(output.buffer, cases[i].text, output.used);
        assert_int_equal(output_ready(&output), cases[i].ready);
        output.fd = -1;
        assert_int_equal(output_ready(&output), output.used);
    }
}

static void many_commands_at_once(void **state)
{
    enum { COUNT = 20 };
    static struct operation commands[COUNT];
    static struct operation receives[COUNT];

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        operation_open(&commands[i]);
        WSManPluginCommand(&commands[i].request, 0, shell.context, u"echo hello; exit 4", NULL);
        operation_open(&receives[i]);
        WSManPluginReceive(&receives[i].request, 0, shell.context, commands[i].context, NULL);
    }
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(operation_wait(&receives[i]), NO_ERROR);
        assert_int_equal(operation_wait(&commands[i]), NO_ERROR);
        assert_string_equal(receives[i].text[0], "hello\n");
        assert_int_equal(receives[i].exit_code, 4);
        WSManPluginReleaseCommandContext(shell.context, commands[i].context);
    }
}

#define IN_SHELL(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SHELL(streams_and_exit_code),
        IN_SHELL(words_are_joined_by_blanks),
        cmocka_unit_test(directory_and_environment),
        cmocka_unit_test(bad_shells_are_refused),
        cmocka_unit_test(options_are_obeyed_or_refused),
        IN_SHELL(command_options),
        IN_SHELL(input_reaches_the_command),
        IN_SHELL(input_nobody_reads_is_an_error),
        IN_SHELL(wrong_targets_are_refused),
        IN_SHELL(blocked_send_is_cancelled),
        IN_SHELL(blocked_send_ends_with_its_command),
        IN_SHELL(terminate_kills_the_group),
        IN_SHELL(interrupt_reaches_the_group),
        IN_SHELL(signals_on_a_finished_command),
        IN_SHELL(stuck_receive_is_cancelled),
        IN_SHELL(cancellation_ends_everything),
        IN_SHELL(cancelled_shell_ends_its_commands),
        IN_SHELL(refused_context_leaves_nothing),
        IN_SHELL(background_processes_do_not_delay_the_end),
        IN_SHELL(much_output_waits_for_the_client),
        IN_SHELL(only_wanted_streams_come),
        IN_SHELL(many_commands_at_once),
        cmocka_unit_test(characters_are_not_divided),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
