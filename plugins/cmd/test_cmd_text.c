/* SPDX-License-Identifier: ISC */

/* What the cmd plug-in makes of command lines, code pages and typed input, from its entry points.
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cmd/test_shell.h"

#include <wsmerror.h>

#include "cmd/output.h"

/* A shell in the root folder with a code page; 0: without one. */
static void open_with_page(PCWSTR page)
{
    operation_open(&shell);
    if (page)
        set_option(&shell, u"WINRS_CODEPAGE", page, FALSE);
    open_shell_in(u"/", NULL);
    assert_non_null(shell.context);
}

/* One command with its only option. */
static void run_with(PCWSTR name, PCWSTR value, PCWSTR line, WSMAN_COMMAND_ARG_SET *arguments)
{
    operation_open(&command);
    set_option(&command, name, value, FALSE);
    WSManPluginCommand(&command.request, 0, shell.context, line, arguments);
}

static void check_skip(PCWSTR line, const char *output)
{
    run_with(u"WINRS_SKIP_CMD_SHELL", u"TRUE", line, NULL);
    finish();
    assert_string_equal(receive.text[0], output);
}

/* C-4.1 to C-4.3 */
static void programs_run_without_a_shell(void **state)
{
    PCWSTR words[] = {u"%s.", u"one two", u"\"three four\"", u"$HOME;*"};
    WSMAN_COMMAND_ARG_SET arguments = {.argsCount = 4, .args = words};

    (void)state;
    run_with(u"WINRS_SKIP_CMD_SHELL", u"1", u"printf", &arguments);
    finish();
    assert_string_equal(receive.text[0], "one.two.three four.$HOME;*.");
    check_skip(u"  \"/usr/bin/printf\" \"[%s]\" a\\\"b \"\"", "[a\"b][]");
    check_skip(u"usr/bin/printf here", "here");
    check_skip(u"printf \u20ac", "\xe2\x82\xac");
}

static void check_refused(PCWSTR line, DWORD error)
{
    run_with(u"WINRS_SKIP_CMD_SHELL", u"TRUE", line, NULL);
    assert_int_equal(operation_wait(&command), error);
    assert_null(command.context);
}

/* C-4.3, C-4.4 */
static void programs_that_are_none_are_refused(void **state)
{
    (void)state;
    check_refused(u"no-such-program x", ERROR_FILE_NOT_FOUND);
    check_refused(u"/no/such/program", ERROR_FILE_NOT_FOUND);
    check_refused(u"\"no such\" x", ERROR_FILE_NOT_FOUND);
    check_refused(u"", ERROR_FILE_NOT_FOUND);
    check_refused(u"exit 3", ERROR_FILE_NOT_FOUND);
    check_refused(u"/etc/passwd", ERROR_ACCESS_DENIED);
    check_refused(u"/usr", ERROR_ACCESS_DENIED);
}

static void check_line(PCWSTR line, PCWSTR argument, const char *output)
{
    WSMAN_COMMAND_ARG_SET arguments = {.argsCount = argument ? 1 : 0, .args = &argument};

    operation_open(&command);
    WSManPluginCommand(&command.request, 0, shell.context, line, &arguments);
    finish();
    assert_string_equal(receive.text[0], output);
}

/* C-3.1 to C-3.4 */
static void lines_of_clients_run(void **state)
{
    (void)state;
    check_line(u"\"printf\"", u"'%s-' a 'b c'", "a-b c-");
    check_line(u"\"echo a b\"", NULL, "a b\n");
    check_line(u"\"echo \"a  b\"\"", NULL, "a  b\n");
    check_line(u"\"echo a b\"", u"c", "a b c\n");
    check_line(u"\"printf\" \"%s\" \"a b\"", NULL, "a b");
    check_line(u"", u"echo a", "a\n");
    check_line(u"", NULL, "");
    check_line(u"   echo a   ", NULL, "a\n");
    check_line(u"echo one\necho two\n", NULL, "one\ntwo\n");
    check_line(u"echo %PATH% %%", NULL, "%PATH% %%\n");
    check_line(u"-x", u"2>/dev/null; echo a", "a\n");
}

static void check_converted(PCWSTR page, const char *input, const char *seen, const char *output)
{
    open_with_page(page);
    run(u"x=$(cat; echo .); printf '%s' \"$x\" | od -An -tx1 | tr -d '\\n' >&2; printf '%s' "
        u"\"$x\"");
    assert_int_equal(send_bytes(input, strlen(input), WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    finish();
    assert_string_equal(receive.text[1], seen);
    assert_string_equal(receive.text[0], output);
    shell_finish(NULL);
}

/* C-2.1 to C-2.3 */
static void streams_are_in_the_page_of_the_client(void **state)
{
    (void)state;
    check_converted(u"437", "\x84\xc4", " c3 a4 e2 94 80 2e", "\x84\xc4.");
    check_converted(u"1252", "\x80\xe4", " e2 82 ac c3 a4 2e", "\x80\xe4.");
    check_converted(u"65001", "\x84\xc4", " 84 c4 2e", "\x84\xc4.");
    check_converted(NULL, "\xc3\xa4\x80", " c3 a4 80 2e", "\xc3\xa4\x80.");
}

/* C-2.3 */
static void texts_that_are_no_streams_are_unicode(void **state)
{
    WSMAN_ENVIRONMENT_VARIABLE variables[] = {{u"GREETING", u"\u00e4\u20ac"}};
    WSMAN_ENVIRONMENT_VARIABLE_SET set = {.varsCount = 1, .vars = variables};

    operation_open(&shell);
    set_option(&shell, u"WINRS_CODEPAGE", u"437", FALSE);
    open_shell_in(u"/", &set);
    run(u"printf '%s\u00e4' \"$GREETING\" | od -An -tx1; printf '\u20ac\u00e4'");
    finish();
    assert_string_equal(receive.text[0], " c3 a4 e2 82 ac c3 a4\n?\x84");
    shell_finish(state);
}

static void check_output(const struct output *output, size_t ready, size_t used)
{
    assert_int_equal(output->ready, ready);
    assert_int_equal(output->used, used);
    assert_int_equal(output_patience(output) >= 0, used > ready);
}

/* C-2.4 */
static void output_ends_with_a_character(void **state)
{
    static struct output output;
    int pipe_ends[2];

    (void)state;
    assert_int_equal(pipe2(pipe_ends, O_NONBLOCK | O_CLOEXEC), 0);
    output = (struct output){.fd = pipe_ends[0], .wanted = true};
    assert_int_equal(write(pipe_ends[1], "a\xe2\x82", 3), 3);
    output_fill(&output);
    check_output(&output, 1, 3);
    output_drop(&output, 1);
    assert_int_equal(write(pipe_ends[1], "\xac\xff\xe2", 3), 3);
    output_fill(&output);
    check_output(&output, 4, 5);
    output_release(&output);
    check_output(&output, 5, 5);
    output_drop(&output, 5);
    assert_int_equal(write(pipe_ends[1], "\xe2", 1), 1);
    output_fill(&output);
    check_output(&output, 0, 1);
    close(pipe_ends[1]);
    output_fill(&output);
    check_output(&output, 1, 1);
    assert_int_equal(output.fd, -1);
}

/* C-2.4: a character that comes in two pieces, and bytes that never become one. */
static void characters_wait_for_their_rest(void **state)
{
    open_with_page(u"437");
    run(u"printf 'a\\342'; read x; printf '\\224\\200'; printf '\\342'; read x; printf .");
    start_receive();
    wait_for_output(1);
    assert_int_equal(send_bytes("\n", 1, 0), NO_ERROR);
    /* The second of them comes though nothing follows it. */
    wait_for_output(3);
    assert_int_equal(send_bytes("\n", 1, 0), NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    /* On a slow machine the first one may not have waited that long. */
    if (receive.received[0] == 4)
        assert_string_equal(receive.text[0], "a\xc4\xe2.");
    shell_finish(state);
}

static void check_typed(PCWSTR value, const char *const *sends, const char *output)
{
    run_with(u"WINRS_CONSOLEMODE_STDIN", value, u"exec od -An -c", NULL);
    for (; *sends; sends++)
        assert_int_equal(send_bytes(*sends, strlen(*sends), 0), NO_ERROR);
    assert_int_equal(send_bytes("", 0, WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    finish();
    assert_string_equal(receive.text[0], output);
}

/* C-6.1 to C-6.3 */
static void typed_lines_end_as_here(void **state)
{
    (void)state;
    check_typed(u"TRUE", (const char *[]){"ls\r\n", "\r\n", "a b\r\n", NULL},
                "   l   s  \\n  \\n   a       b  \\n\n");
    check_typed(u"FALSE", (const char *[]){"ls\r\n", "\032\r\n", NULL},
                "   l   s  \\r  \\n 032  \\r  \\n\n");
    /* Not a line that was typed: from there on every byte is as it was. */
    check_typed(u"TRUE", (const char *[]){"a\r\nb\r\n", "c\r\n", NULL},
                "   a  \\r  \\n   b  \\r  \\n   c  \\r  \\n\n");
    check_typed(u"TRUE", (const char *[]){"a\r\n", "b\n", "c\r\n", NULL},
                "   a  \\n   b  \\n   c  \\r  \\n\n");
    check_typed(u"TRUE", (const char *[]){"a", "\032\r\n", NULL}, "   a 032  \\r  \\n\n");
}

/* C-6.2, C-6.3 */
static void ctrl_z_ends_typed_input(void **state)
{
    (void)state;
    run_with(u"WINRS_CONSOLEMODE_STDIN", u"TRUE", u"cat; echo end", NULL);
    assert_int_equal(send_bytes("a\r\n", 3, 0), NO_ERROR);
    assert_int_equal(send_bytes("\032\r\n", 3, 0), NO_ERROR);
    finish();
    assert_string_equal(receive.text[0], "a\nend\n");
    /* What comes with End is all that comes: nobody sits there. */
    run_with(u"WINRS_CONSOLEMODE_STDIN", u"TRUE", u"exec od -An -c", NULL);
    assert_int_equal(send_bytes("a\r\n", 3, WSMAN_FLAG_SEND_NO_MORE_DATA), NO_ERROR);
    finish();
    assert_string_equal(receive.text[0], "   a  \\r  \\n\n");
}

/* C-7.1 */
static void signals_by_name(void **state)
{
    (void)state;
    run(u"trap 'echo break' QUIT; trap 'echo exit; exit 6' TERM; echo ready; "
        u"while :; do sleep 0.01; done");
    start_receive();
    wait_for_output(6);
    assert_int_equal(send_signal(WSMAN_SHELL_NS u"/signal/Break"), NO_ERROR);
    wait_for_output(12);
    assert_int_equal(send_signal(WSMAN_SHELL_NS u"/signal/PAUSE"), NO_ERROR);
    assert_int_equal(send_signal(WSMAN_SHELL_NS u"/signal/exit"), NO_ERROR);
    assert_int_equal(send_signal(WSMAN_SHELL_NS u"/signal/resume"), NO_ERROR);
    assert_int_equal(operation_wait(&receive), NO_ERROR);
    release_command();
    assert_string_equal(receive.text[0], "ready\nbreak\nexit\n");
    assert_int_equal(receive.exit_code, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SHELL(programs_run_without_a_shell),
        IN_SHELL(programs_that_are_none_are_refused),
        IN_SHELL(lines_of_clients_run),
        cmocka_unit_test(streams_are_in_the_page_of_the_client),
        cmocka_unit_test(texts_that_are_no_streams_are_unicode),
        cmocka_unit_test(output_ends_with_a_character),
        cmocka_unit_test(characters_wait_for_their_rest),
        IN_SHELL(typed_lines_end_as_here),
        IN_SHELL(ctrl_z_ends_typed_input),
        IN_SHELL(signals_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
