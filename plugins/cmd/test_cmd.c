/* SPDX-License-Identifier: ISC */

/* The cmd plug-in from its entry points: shells, commands, input and output. */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmd/test_shell.h"

#include <wsmerror.h>

#include "cmd/output.h"

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
    shell_finish(state);
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
        {u"WINRS_CODEPAGE", u" 437 ", FALSE, NO_ERROR},
        {u"WINRS_CODEPAGE", u"0437", FALSE, ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED},
        {u"WINRS_CODEPAGE", u"", FALSE, ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED},
        {u"WINRS_NOPROFILE", u"TRUE", TRUE, NO_ERROR},
        {u"Winrs_NoProfile", u"False", FALSE, NO_ERROR},
        {u"WINRS_NOPROFILE", u"1", FALSE, NO_ERROR},
        {u"WINRS_NOPROFILE", u"0", FALSE, NO_ERROR},
        {u"WINRS_NOPROFILE", u"yes", FALSE, ERROR_WSMAN_OPTIONS_INVALID_VALUE},
        {u"WINRS_NOPROFILE", u"", FALSE, ERROR_WSMAN_OPTIONS_INVALID_VALUE},
        {u"WINRS_SKIP_CMD_SHELL", u"TRUE", FALSE, NO_ERROR},
        {u"WINRS_SKIP_CMD_SHELL", u"TRUE", TRUE, ERROR_WSMAN_INVALID_OPTIONS},
        {u"OTHER", u"x", FALSE, NO_ERROR},
        {u"OTHER", u"x", TRUE, ERROR_WSMAN_INVALID_OPTIONS},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        operation_open(&shell);
        set_option(&shell, cases[i].name, cases[i].value, cases[i].must_comply);
        open_shell_in(NULL, NULL);
        if (cases[i].error == NO_ERROR) {
            assert_non_null(shell.context);
            shell_finish(state);
        } else {
            assert_int_equal(operation_wait(&shell), cases[i].error);
        }
    }
}

/* C-5.1, C-5.2 */
static void command_options(void **state)
{
    static const struct {
        PCWSTR name;
        PCWSTR value;
        BOOL must_comply;
        DWORD error;
    } cases[] = {
        {u"WINRS_SKIP_CMD_SHELL", u"FALSE", TRUE, NO_ERROR},
        {u"winrs_skip_cmd_shell", u"0", FALSE, NO_ERROR},
        {u"WINRS_SKIP_CMD_SHELL", u"2", FALSE, ERROR_WSMAN_OPTIONS_INVALID_VALUE},
        {u"WINRS_CONSOLEMODE_STDIN", u"True", TRUE, NO_ERROR},
        {u"WINRS_CONSOLEMODE_STDIN", u"false", TRUE, NO_ERROR},
        {u"WINRS_CONSOLEMODE_STDIN", u"console", FALSE, ERROR_WSMAN_OPTIONS_INVALID_VALUE},
        {u"WINRS_CODEPAGE", u"437", FALSE, NO_ERROR},
        {u"WINRS_CODEPAGE", u"437", TRUE, ERROR_WSMAN_INVALID_OPTIONS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        operation_open(&command);
        set_option(&command, cases[i].name, cases[i].value, cases[i].must_comply);
        WSManPluginCommand(&command.request, 0, shell.context, u"exit 3", NULL);
        if (cases[i].error == NO_ERROR) {
            finish();
            assert_int_equal(receive.exit_code, 3);
        } else {
            assert_int_equal(operation_wait(&command), cases[i].error);
        }
    }
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
    PCWSTR name = WSMAN_STREAM_ID_STDERR;
    WSMAN_STREAM_ID_SET wanted = {.streamIDsCount = 1, .streamIDs = &name};

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
        IN_SHELL(background_processes_do_not_delay_the_end),
        IN_SHELL(much_output_waits_for_the_client),
        IN_SHELL(only_wanted_streams_come),
        IN_SHELL(many_commands_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
