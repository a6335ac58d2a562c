/* SPDX-License-Identifier: ISC */

/*
 * The client of a shell goes and comes back: what a winrmd-host with the plug-in cmd.so says to
 * whom in which order. WINRMD_HOST and TEST_PLUGINS come from the build.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/test_client.h"

enum { CHANGE = 77 };

#define DISCONNECTED 2150859204U

static void say_disconnect(struct fixture *f, uint64_t timeout, enum output_buffering buffering)
{
    channel_send(f->host.broker.channel, shell_disconnect, .operation = CHANGE,
                 .sequence = f->sequence, .timeout = timeout, .buffering = buffering);
    channel_flush(f->host.broker.channel);
}

static void expect_disconnected(struct fixture *f)
{
    assert_int_equal(
        test_expect(&f->host.broker, MESSAGE_shell_disconnected)->shell_disconnected.operation,
        CHANGE);
}

static void disconnect(struct fixture *f, enum output_buffering buffering)
{
    say_disconnect(f, 5000, buffering);
    expect_disconnected(f);
}

static uint64_t ask_connect(struct fixture *f, const char *id)
{
    uint64_t number = next_message(f);

    channel_send(f->other.channel, connect_shell, TICKET(OPERATION_connect, number),
                 .timeout = 5000, .command_id = id);
    return number;
}

static uint64_t ask_reconnect(struct fixture *f, const char *id)
{
    uint64_t number = next_message(f);

    channel_send(f->net.channel, reconnect_shell, TICKET(OPERATION_reconnect, number),
                 .command_id = id);
    return number;
}

/* The broker's part: it has heard the code, and says whose the shell is. */
static void note(struct fixture *f, uint64_t number, uint32_t code, bool connected)
{
    struct message_shell_connected told =
        test_expect(&f->host.broker, MESSAGE_shell_connected)->shell_connected;

    assert_int_equal(told.operation, number);
    assert_int_equal(told.code, code);
    assert_true(test_quiet(&f->other, 20));
    assert_true(test_quiet(&f->net, 20));
    channel_send(f->host.broker.channel, connect_noted, .operation = number,
                 .connected = connected);
}

static void what_waits_and_what_is_late_is_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t late;

    start_command(f, "C1", "cat", NULL);
    ask_output(f, &f->net, "C1", 8000, ROOM);
    /* One that has its ticket, and is on its way. */
    late = next_message(f);
    say_disconnect(f, 5000, BUFFERING_block);
    assert_int_equal(answer_code(&f->net), DISCONNECTED);
    expect_disconnected(f);
    channel_send(f->net.channel, receive_output, TICKET(OPERATION_receive, late), .timeout = 8000,
                 .command_id = "C1", .room = ROOM);
    assert_int_equal(answer_code(&f->net), DISCONNECTED);
}

static void a_late_command_does_not_begin(void **state)
{
    struct fixture *f = *state;
    uint64_t late = next_message(f);

    disconnect(f, BUFFERING_block);
    channel_send(f->net.channel, command_create, TICKET(OPERATION_command, late), .timeout = 5000,
                 .command_id = "C1", .command_line = "true");
    assert_int_equal(note_end(f, late).code, DISCONNECTED);
    assert_int_equal(answer_code(&f->net), DISCONNECTED);
}

static void a_send_is_waited_for_and_not_for_ever(void **state)
{
    struct fixture *f = *state;
    char *data = malloc(300001);

    memset(data, 'x', 300000);
    data[300000] = '\0';
    start_command(f, "C1", "sleep 1000", NULL);
    send_input(f, "C1", "stdin", data, false, 60000);
    /* It is there when a second one is refused. */
    send_input(f, "C1", "stdin", "x", false, 60000);
    assert_int_equal(answer_code(&f->net), BUSY);
    say_disconnect(f, 60000, BUFFERING_block);
    assert_true(test_quiet(&f->host.broker, 20));
    /* The same once more, with less time: the client is cut off. */
    say_disconnect(f, 20, BUFFERING_block);
    assert_int_equal(answer_code(&f->net), DISCONNECTED);
    expect_disconnected(f);
    free(data);
}

static void the_answer_waits_for_the_broker(void **state)
{
    struct fixture *f = *state;
    const struct message_connect_answer *answer;
    uint64_t number;

    disconnect(f, BUFFERING_block);
    number = ask_connect(f, NULL);
    note(f, number, 0, true);
    answer = &test_expect(&f->other, MESSAGE_connect_answer)->connect_answer;
    assert_string_equal(answer->input_streams, "stdin");
    assert_string_equal(answer->output_streams, "stdout stderr");
    assert_null(answer->response);
    /* Connected, nobody has to be asked. */
    start_command(f, "C1", "cat", NULL);
    ask_connect(f, "c1");
    answer = &test_expect(&f->other, MESSAGE_connect_answer)->connect_answer;
    assert_null(answer->input_streams);
    ask_connect(f, "C2");
    assert_int_equal(answer_code(&f->other), NO_SUCH);
}

static void the_broker_decides_whether_it_is_connected(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    disconnect(f, BUFFERING_block);
    number = ask_connect(f, NULL);
    note(f, number, 0, false);
    assert_int_equal(answer_code(&f->other), ABORTED);
    number = ask_reconnect(f, NULL);
    note(f, number, 0, true);
    assert_int_equal(answer_code(&f->net), 0);
}

static void a_connect_that_never_came_is_void(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    disconnect(f, BUFFERING_block);
    number = next_message(f);
    channel_send(f->host.broker.channel, connect_void, .operation = number,
                 .sequence = f->sequence);
    note(f, number, ABORTED, false);
    channel_send(f->other.channel, connect_shell, TICKET(OPERATION_connect, number),
                 .timeout = 5000);
    assert_int_equal(answer_code(&f->other), DENIED);
}

/* W-15.5 */
static void what_nobody_took_comes_later(void **state)
{
    struct fixture *f = *state;
    uint64_t command = start_command(f, "C1", "read x; echo \"$x\"; exit 4", NULL);
    const struct message_output *output;

    ask_output(f, &f->net, "C1", 8000, ROOM);
    say_disconnect(f, 5000, BUFFERING_refuse);
    assert_int_equal(answer_code(&f->net), DISCONNECTED);
    expect_disconnected(f);
    send_input(f, "C1", "stdin", "word\n", false, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    assert_true(test_quiet(&f->host.broker, 20));
    note(f, ask_reconnect(f, NULL), 0, true);
    assert_int_equal(answer_code(&f->net), 0);
    ask_output(f, &f->net, "C1", 8000, ROOM);
    note_end(f, command);
    output = &test_expect(&f->net, MESSAGE_output)->output;
    expect_chunk(output, 0, "stdout", "word\n", 0);
    if (output->state != COMMAND_STATE_done) {
        written(f, &f->net, true);
        ask_output(f, &f->net, "C1", 8000, ROOM);
        output = &test_expect(&f->net, MESSAGE_output)->output;
    }
    assert_int_equal(output->state, COMMAND_STATE_done);
    assert_int_equal(output->exit_code, 4);
}

static void the_end_comes_first(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    disconnect(f, BUFFERING_block);
    number = ask_connect(f, NULL);
    assert_int_equal(
        test_expect(&f->host.broker, MESSAGE_shell_connected)->shell_connected.operation, number);
    channel_send(f->host.broker.channel, shell_end);
    assert_int_equal(answer_code(&f->other), ABORTED);
    test_expect(&f->host.broker, MESSAGE_shell_ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_waits_and_what_is_late_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_command_does_not_begin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_send_is_waited_for_and_not_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_answer_waits_for_the_broker, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_broker_decides_whether_it_is_connected, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_connect_that_never_came_is_void, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_took_comes_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_comes_first, set_up, tear_down),
    };

    tested_plugin = "cmd.so";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
