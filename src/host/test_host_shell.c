/* SPDX-License-Identifier: ISC */

/*
 * A shell through a real winrmd-host: the test plays the broker and one or two winrmd-net, the
 * plug-in is test_plugins/shell.c. WINRMD_HOST and TEST_PLUGINS come from the build.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/test_client.h"

static void expect_echo(const struct message_output *output, const char *text)
{
    assert_int_equal(output->chunks.count, 4);
    expect_chunk(output, 0, "stdout", text, 0);
    expect_chunk(output, 1, "stderr", "err", 0);
    expect_chunk(output, 2, "stderr", "", ITEM_END);
    expect_chunk(output, 3, "stdout", "", ITEM_END);
    assert_int_equal(output->state, COMMAND_STATE_done);
    assert_int_equal(output->exit_code, 7);
}

/* ---- shells ---- */

static void a_shell_that_fails_says_why(void **state)
{
    struct fixture *f = *state;
    const struct message_host_answer *answer;

    begin_shell(f, "refuse");
    answer = &test_expect(&f->net, MESSAGE_host_answer)->host_answer;
    assert_int_equal(answer->code, 99);
    assert_string_equal(answer->extended, "no shell today");
    assert_string_equal(answer->provider, "Test");
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_shell_ended)->shell_ended.code, 99);
}

static void a_ticket_is_needed(void **state)
{
    struct fixture *f = *state;

    channel_send(f->net.channel, command_create, .request = 1, .operation = 5000, .sequence = 77,
                 .ticket = 1, .command_id = "C", .command_line = "echo");
    assert_int_equal(answer_code(&f->net), DENIED);
    test_expect(&f->host.broker, MESSAGE_authz_stray);
}

static void ending_releases_bottom_up(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "hang", NULL);
    char line[128] = "";
    FILE *file;

    ask_output(f, &f->net, "C1", 5000, ROOM);
    test_quiet(&f->net, 10);
    channel_send(f->host.broker.channel, shell_end);
    assert_int_equal(answer_code(&f->net), ABORTED);
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_command_ended)->command_ended.operation,
                     number);
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_shell_ended)->shell_ended.operation,
                     SHELL_NUMBER);
    channel_send(f->host.broker.channel, host_stop, .reason = 2);
    assert_int_equal(test_host_wait(&f->host), 0);
    file = fopen(f->marker, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "shutdown 2 context 0 shells 0 commands 0\n");
    fclose(file);
}

static void stop_ends_the_shell_first(void **state)
{
    struct fixture *f = *state;

    start_command(f, "C1", "hang", NULL);
    channel_send(f->host.broker.channel, host_stop, .reason = 1);
    test_await(&f->host.broker, MESSAGE_shell_ended);
    assert_int_equal(test_host_wait(&f->host), 0);
}

/* ---- commands ---- */

/* Has the command begin its output, and waits for its end with nobody waiting for that output. */
static struct message_command_ended run_to_the_end(struct fixture *f, const char *id,
                                                   uint64_t number)
{
    struct message_command_ended ended;

    ask_output(f, &f->net, id, 5000, ROOM);
    channel_send(f->net.channel, request_cancel, .request = f->request);
    assert_int_equal(answer_code(&f->net), ABORTED);
    ended = note_end(f, number);
    ask_output(f, &f->net, id, 5000, ROOM);
    return ended;
}

static void output_and_end_come_in_one_answer(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "echo", "hello");
    struct message_command_ended ended;

    ended = run_to_the_end(f, "C1", number);
    assert_true(ended.exited);
    assert_int_equal(ended.exit_code, 7);
    expect_echo(&test_expect(&f->net, MESSAGE_output)->output, "hello");
    written(f, &f->net, true);
    send_signal(f, &f->net, "C1", TERMINATE);
    assert_int_equal(answer_code(&f->net), 0);
    ask_output(f, &f->net, "C1", 1000, ROOM);
    assert_int_equal(answer_code(&f->net), NO_SUCH);
    send_signal(f, &f->net, "C1", TERMINATE);
    assert_int_equal(answer_code(&f->net), NO_SUCH);
}

static void the_end_is_held_back_until_noted(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "silent", NULL);

    ask_output(f, &f->net, "C1", 5000, ROOM);
    test_expect(&f->host.broker, MESSAGE_command_ended);
    assert_true(test_quiet(&f->net, 50));
    send_signal(f, &f->other, "C1", TERMINATE);
    assert_true(test_quiet(&f->other, 50));
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    assert_int_equal(test_expect(&f->net, MESSAGE_output)->output.state, COMMAND_STATE_done);
    assert_int_equal(f->net.body.output.exit_code, 0);
    assert_int_equal(answer_code(&f->other), 0);
}

static void what_was_not_delivered_comes_again(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "echo", "again");

    run_to_the_end(f, "C1", number);
    expect_echo(&test_expect(&f->net, MESSAGE_output)->output, "again");
    ask_output(f, &f->other, "C1", 5000, ROOM);
    assert_true(test_quiet(&f->other, 30));
    written(f, &f->net, false);
    expect_echo(&test_expect(&f->other, MESSAGE_output)->output, "again");
    test_link_close(&f->other); /* that winrmd-net dies before it writes */
    ask_output(f, &f->net, "C1", 5000, ROOM);
    expect_echo(&test_expect(&f->net, MESSAGE_output)->output, "again");
}

static void output_is_cut_to_the_room(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "cat", NULL);
    char text[4000];
    char got[8000];
    size_t length = 0;

    for (size_t i = 0; i + 2 < sizeof(text); i += 3)
        memcpy(text + i, "\xe2\x82\xac", 3);
    text[3999] = '\0';
    send_input(f, "C1", "stdin", text, true, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    do {
        const struct message_output *output;

        ask_output(f, &f->net, "C1", 5000, 700);
        if (number != 0) {
            note_end(f, number);
            number = 0;
        }
        output = &test_expect(&f->net, MESSAGE_output)->output;
        for (uint32_t i = 0; i < output->chunks.count; i++) {
            assert_true(output->chunks.item[i].length <= 700);
            assert_int_equal(output->chunks.item[i].length % 3, 0);
            memcpy(got + length, output->chunks.item[i].value, output->chunks.item[i].length);
            length += output->chunks.item[i].length;
        }
        written(f, &f->net, true);
    } while (f->net.body.output.state != COMMAND_STATE_done);
    assert_int_equal(length, 3999);
    assert_memory_equal(got, text, length);
}

static void a_poll_without_output_times_out(void **state)
{
    struct fixture *f = *state;

    start_command(f, "C1", "hang", NULL);
    ask_output(f, &f->net, "C1", 50, ROOM);
    assert_int_equal(answer_code(&f->net), TIMED_OUT);
    ask_output(f, &f->net, "C1", 5000, ROOM);
    ask_output(f, &f->other, "C1", 5000, ROOM);
    assert_int_equal(answer_code(&f->other), IN_PROGRESS);
    channel_send(f->net.channel, request_cancel, .request = f->request - 1);
    assert_int_equal(answer_code(&f->net), ABORTED);
}

static void output_goes_out_within_milliseconds(void **state)
{
    struct fixture *f = *state;
    uint64_t best = UINT64_MAX;

    for (int i = 0; i < TRIES && best >= 200; i++) {
        char id[16];
        uint64_t number;
        uint64_t begin;

        snprintf(id, sizeof(id), "S%d", i);
        number = start_command(f, id, "slow", NULL);
        ask_output(f, &f->other, id, 5000, ROOM);
        begin = clock_milliseconds();
        expect_chunk(&test_expect(&f->other, MESSAGE_output)->output, 0, "stdout", "a", 0);
        if (clock_milliseconds() - begin < best)
            best = clock_milliseconds() - begin;
        assert_int_equal(f->other.body.output.state, COMMAND_STATE_running);
        written(f, &f->other, true);
        ask_output(f, &f->other, id, 5000, ROOM);
        send_input(f, id, "stdin", "x", false, 5000);
        assert_int_equal(answer_code(&f->net), 0);
        note_end(f, number);
        expect_chunk(&test_expect(&f->other, MESSAGE_output)->output, 0, "stdout", "b", 0);
        written(f, &f->other, true);
    }
    assert_true(best < 200);
}

static void input_reaches_the_command_piece_by_piece(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "cat", NULL);

    ask_output(f, &f->other, "C1", 5000, ROOM);
    send_input(f, "C1", "stdin", "one", false, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    expect_chunk(&test_expect(&f->other, MESSAGE_output)->output, 0, "stdout", "one", 0);
    written(f, &f->other, true);
    send_input(f, "C1", "nowhere", "x", false, 5000);
    assert_int_equal(answer_code(&f->net), BAD_INPUT);
    send_input(f, "C9", "stdin", "x", false, 5000);
    assert_int_equal(answer_code(&f->net), NO_SUCH);
    ask_output(f, &f->other, "C1", 5000, ROOM);
    send_input(f, "C1", "stdin", "", true, 5000);
    assert_int_equal(answer_code(&f->net), 0);
    note_end(f, number);
    assert_int_equal(test_expect(&f->other, MESSAGE_output)->output.state, COMMAND_STATE_done);
}

static void one_send_at_a_time(void **state)
{
    struct fixture *f = *state;
    uint32_t code = BUSY;

    start_command(f, "C1", "hang", NULL);
    send_input(f, "C1", "stdin", "x", false, 50);
    send_input(f, "C1", "stdin", "y", false, 5000);
    assert_int_equal(answer_code(&f->net), BUSY);
    assert_int_equal(answer_code(&f->net), TIMED_OUT);
    /* What timed out is the one until the plug-in has completed it. */
    for (int i = 0; i < 500 && code == BUSY; i++) {
        test_quiet(&f->net, 20);
        send_input(f, "C1", "stdin", "z", false, 5000);
        code = answer_code(&f->net);
    }
    assert_int_equal(code, 0);
}

static void a_producer_waits_for_its_reader(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "flood", NULL);

    for (int i = 0; i < 50; i++) {
        ask_output(f, &f->net, "C1", 5000, ROOM);
        assert_true(test_expect(&f->net, MESSAGE_output)->output.chunks.count > 0);
        written(f, &f->net, true);
    }
    send_signal(f, &f->net, "C1", TERMINATE); /* the plug-in does not end it: it is cancelled */
    note_end(f, number);
    assert_int_equal(answer_code(&f->net), 0);
}

static void completing_a_receive_wakes_its_producer(void **state)
{
    struct fixture *f = *state;
    uint64_t took = UINT64_MAX;

    for (int i = 0; i < TRIES && took >= 500; i++) {
        uint64_t number = start_command(f, "C1", "gush", NULL);

        ask_output(f, &f->net, "C1", 5000, ROOM);
        test_expect(&f->net, MESSAGE_output);
        written(f, &f->net, true);
        test_quiet(&f->net, 100);
        took = time_of_terminate(f, "C1", number);
    }
    assert_true(took < 500);
}

static void terminate_ends_a_command(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "hang", NULL);

    ask_output(f, &f->other, "C1", 5000, ROOM);
    send_signal(f, &f->net, "C1", SHELL "/signal/terminate");
    note_end(f, number);
    assert_int_equal(answer_code(&f->net), 0);
    test_await(&f->other, MESSAGE_host_answer);
    number = start_command(f, "C1", "deaf", NULL); /* the id is free again */
    send_signal(f, &f->net, "C1", TERMINATE);
    note_end(f, number);
    assert_int_equal(answer_code(&f->net), 0);
}

static void a_command_s_failure_reaches_the_reader(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "break", NULL);
    const struct message_host_answer *answer;

    assert_int_equal(run_to_the_end(f, "C1", number).code, 42);
    answer = &test_expect(&f->net, MESSAGE_host_answer)->host_answer;
    assert_int_equal(answer->code, 42);
    assert_string_equal(answer->extended, "it broke");
}

static void a_refused_command_is_answered_when_noted(void **state)
{
    struct fixture *f = *state;
    uint64_t number = begin_command(f, "C1", "refuse", NULL);
    const struct message_host_answer *answer;

    assert_int_equal(test_expect(&f->host.broker, MESSAGE_command_ended)->command_ended.code, 77);
    assert_true(test_quiet(&f->net, 30));
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    answer = &test_expect(&f->net, MESSAGE_host_answer)->host_answer;
    assert_int_equal(answer->code, 77);
    assert_string_equal(answer->extended, "not that one");
}

static void command_ids_do_not_collide(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    start_command(f, "C1", "hang", NULL);
    number = begin_command(f, "C1", "echo", NULL);
    note_end(f, number);
    assert_int_equal(answer_code(&f->net), CONFLICT);
}

static void voided_commands_do_not_begin(void **state)
{
    struct fixture *f = *state;

    channel_send(f->host.broker.channel, command_void, .operation = f->operation + 1,
                 .sequence = f->sequence + 1);
    note_end(f, f->operation + 1);
    begin_command(f, "C1", "echo", NULL);
    assert_int_equal(answer_code(&f->net), DENIED);
}

static void unknown_streams_are_refused(void **state)
{
    struct fixture *f = *state;
    uint64_t number;

    start_command(f, "C1", "hang", NULL);
    number = next_message(f);
    channel_send(f->net.channel, receive_output, TICKET(OPERATION_receive, number), .timeout = 1000,
                 .command_id = "C1", .streams = "stdout pr", .room = ROOM);
    assert_int_equal(answer_code(&f->net), BAD_OUTPUT);
}

/* ---- processes ---- */

static pid_t start_daemon(struct fixture *f)
{
    char text[32] = "";

    start_command(f, "D1", "daemon", NULL);
    ask_output(f, &f->net, "D1", 5000, ROOM);
    test_expect(&f->net, MESSAGE_output);
    memcpy(text, f->net.body.output.chunks.item[0].value, f->net.body.output.chunks.item[0].length);
    return (pid_t)atoi(text);
}

static void daemons_end_with_the_shell(void **state)
{
    struct fixture *f = *state;
    pid_t daemon = start_daemon(f);

    assert_false(is_gone(daemon));
    channel_send(f->host.broker.channel, shell_end);
    test_await(&f->host.broker, MESSAGE_shell_ended);
    wait_until_gone(daemon);
}

static void daemons_end_with_the_broker(void **state)
{
    struct fixture *f = *state;
    pid_t daemon = start_daemon(f);
    uint64_t begin;

    start_command(f, "C1", "flood", NULL);
    begin = clock_milliseconds();
    channel_free(f->host.broker.channel);
    f->host.broker.channel = NULL;
    assert_true(WIFEXITED(test_host_wait(&f->host)));
    wait_until_gone(daemon);
    /* Less than a plug-in has to complete what was cancelled. */
    assert_true(clock_milliseconds() - begin < 4000);
}

#define TEST(name)      cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define HOST_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_host, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOST_TEST(a_shell_that_fails_says_why),
        TEST(a_ticket_is_needed),
        TEST(ending_releases_bottom_up),
        TEST(stop_ends_the_shell_first),
        TEST(output_and_end_come_in_one_answer),
        TEST(the_end_is_held_back_until_noted),
        TEST(what_was_not_delivered_comes_again),
        TEST(output_is_cut_to_the_room),
        TEST(a_poll_without_output_times_out),
        TEST(output_goes_out_within_milliseconds),
        TEST(input_reaches_the_command_piece_by_piece),
        TEST(one_send_at_a_time),
        TEST(a_producer_waits_for_its_reader),
        TEST(completing_a_receive_wakes_its_producer),
        TEST(terminate_ends_a_command),
        TEST(a_command_s_failure_reaches_the_reader),
        TEST(a_refused_command_is_answered_when_noted),
        TEST(command_ids_do_not_collide),
        TEST(voided_commands_do_not_begin),
        TEST(unknown_streams_are_refused),
        TEST(daemons_end_with_the_shell),
        TEST(daemons_end_with_the_broker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
