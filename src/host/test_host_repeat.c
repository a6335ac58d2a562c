/* SPDX-License-Identifier: ISC */

/*
 * Messages that come again (docs/protocol.md, P-3.4.1 to P-3.4.5 and P-4.9.9 to P-4.9.11), through
 * a real winrmd-host: two winrmd-nets, either of which may end at any moment.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "faults.h"
#include "host/test_client.h"

#define AGAIN(sequence_text) .operation_id = "uuid:O", .sequence_id = (sequence_text)

static void feed(struct fixture *f, struct test_link *link, const char *sequence, const char *data,
                 bool end)
{
    struct ipc_item item = {.name = "stdin",
                            .value = data,
                            .length = (uint32_t)strlen(data),
                            .flags = end ? ITEM_END : 0};
    uint64_t number = next_message(f);

    channel_send(link->channel, send_input, TICKET(OPERATION_send, number), .timeout = 5000,
                 .command_id = "C1", .streams = {.item = &item, .count = 1}, AGAIN(sequence));
}

static void ask_again(struct fixture *f, struct test_link *link, const char *sequence)
{
    uint64_t number = next_message(f);

    channel_send(link->channel, receive_output, TICKET(OPERATION_receive, number), .timeout = 5000,
                 .command_id = "C1", .room = ROOM, AGAIN(sequence));
}

/* Has the command end and expects all of its output, whatever messages that takes. */
static void expect_all_output(struct fixture *f, uint64_t number, const char *data)
{
    const struct message_output *output;
    char all[4096] = "";
    bool done = false;

    feed(f, &f->net, "end", "", true);
    assert_int_equal(answer_code(&f->net), 0);
    ask_output(f, &f->net, "C1", 5000, ROOM);
    note_end(f, number);
    for (;; ask_output(f, &f->net, "C1", 5000, ROOM)) {
        output = &test_expect(&f->net, MESSAGE_output)->output;
        for (uint32_t i = 0; i < output->chunks.count; i++)
            strncat(all, output->chunks.item[i].value, output->chunks.item[i].length);
        done = output->state == COMMAND_STATE_done;
        written(f, &f->net, true);
        if (done)
            break;
    }
    assert_string_equal(all, data);
}

/* P-3.4.1: the latest 64; what is older is carried out as any other. */
static void so_many_are_remembered(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "cat", NULL);
    char sequence[16];
    char wanted[128] = "";

    ask_output(f, &f->other, "C1", 60000, ROOM);
    channel_send(f->other.channel, request_cancel, .request = f->request);
    assert_int_equal(answer_code(&f->other), ABORTED);
    for (int i = 0; i < 65; i++) {
        snprintf(sequence, sizeof(sequence), "%d", i);
        feed(f, &f->net, sequence, i == 0 ? "a" : i == 1 ? "b" : "c", false);
        assert_int_equal(answer_code(&f->net), 0);
        strcat(wanted, i == 0 ? "a" : i == 1 ? "b" : "c");
    }
    feed(f, &f->other, "1", "b", false); /* the oldest that is remembered */
    assert_int_equal(answer_code(&f->other), 0);
    feed(f, &f->other, "0", "a", false); /* forgotten */
    assert_int_equal(answer_code(&f->other), 0);
    strcat(wanted, "a");
    expect_all_output(f, number, wanted);
}

/* P-3.4.2: the first winrmd-net has ended before the answer came. */
static void the_answer_goes_where_it_is_asked_for_last(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "hang", NULL);

    next_message(f);
    channel_send(f->other.channel, signal_command, TICKET(OPERATION_signal, f->operation),
                 .timeout = 5000, .command_id = "C1", .code = TERMINATE, AGAIN("1"));
    test_expect(&f->host.broker, MESSAGE_command_ended);
    channel_free(f->other.channel);
    f->other.channel = NULL;
    next_message(f);
    channel_send(f->net.channel, signal_command, TICKET(OPERATION_signal, f->operation),
                 .timeout = 5000, .command_id = "C1", .code = TERMINATE, AGAIN("1"));
    assert_true(test_quiet(&f->net, 20));
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    assert_int_equal(answer_code(&f->net), 0);
    /* And once more, of a command that there is no more. */
    next_message(f);
    channel_send(f->net.channel, signal_command, TICKET(OPERATION_signal, f->operation),
                 .timeout = 5000, .command_id = "C1", .code = TERMINATE, AGAIN("1"));
    assert_int_equal(answer_code(&f->net), 0);
}

/* P-3.4.2: however many messages are answered meanwhile. */
static void a_repetition_that_waits_is_not_forgotten(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C2", "hang", NULL);
    char sequence[16];

    start_command(f, "C1", "cat", NULL);
    ask_output(f, &f->other, "C1", 60000, ROOM);
    channel_send(f->other.channel, request_cancel, .request = f->request);
    assert_int_equal(answer_code(&f->other), ABORTED);
    next_message(f);
    channel_send(f->other.channel, signal_command, TICKET(OPERATION_signal, f->operation),
                 .timeout = 60000, .command_id = "C2", .code = TERMINATE, AGAIN("1"));
    test_expect(&f->host.broker, MESSAGE_command_ended);
    next_message(f);
    channel_send(f->net.channel, signal_command, TICKET(OPERATION_signal, f->operation),
                 .timeout = 60000, .command_id = "C2", .code = TERMINATE, AGAIN("1"));
    assert_int_equal(answer_code(&f->other), ABORTED);
    for (int i = 0; i < 70; i++) {
        snprintf(sequence, sizeof(sequence), "%d", 100 + i);
        feed(f, &f->other, sequence, "x", false);
        assert_int_equal(answer_code(&f->other), 0);
    }
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    assert_int_equal(answer_code(&f->net), 0);
    assert_true(test_quiet(&f->other, 20));
}

/* P-3.4.3: the broker takes note of the end of what was not started before the client hears. */
static void a_repeated_command_is_answered_when_noted(void **state)
{
    struct fixture *f = *state;
    uint64_t first = next_message(f);
    uint64_t second;

    channel_send(f->net.channel, command_create, TICKET(OPERATION_command, first), .timeout = 5000,
                 .command_id = "C1", .command_line = "cat", AGAIN("1"));
    assert_string_equal(test_expect(&f->net, MESSAGE_host_answer)->host_answer.command_id, "C1");
    test_expect(&f->host.broker, MESSAGE_command_started);
    second = next_message(f);
    channel_send(f->other.channel, command_create, TICKET(OPERATION_command, second),
                 .timeout = 5000, .command_id = "C2", .command_line = "cat", AGAIN("1"));
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_command_ended)->command_ended.operation,
                     second);
    assert_true(test_quiet(&f->other, 20));
    channel_send(f->host.broker.channel, command_noted, .operation = second);
    assert_int_equal(answer_code(&f->other), 0);
    assert_string_equal(f->other.body.host_answer.command_id, "C1");
    expect_all_output(f, first, "");
}

/* P-3.4.3, P-3.4.5: one without a slot is the first one once more, or nothing. */
static void a_command_without_a_slot_is_not_begun(void **state)
{
    struct fixture *f = *state;
    uint64_t first = start_command(f, "C1", "cat", NULL);
    uint64_t number = next_message(f);

    channel_send(f->net.channel, command_create, TICKET(TICKET_COMMAND_AGAIN, number),
                 .timeout = 5000, .command_id = "C2", .command_line = "cat", AGAIN("1"));
    assert_int_equal(test_expect(&f->host.broker, MESSAGE_command_ended)->command_ended.operation,
                     number);
    assert_true(test_quiet(&f->net, 20));
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    assert_int_equal(answer_code(&f->net), FAULT_quota_plugin_commands);
    expect_all_output(f, first, "");
    number = next_message(f);
    channel_send(f->net.channel, command_create, TICKET(OPERATION_command, number), .timeout = 5000,
                 .command_id = "C3", .command_line = "cat", AGAIN("2"));
    assert_int_equal(answer_code(&f->net), 0);
    test_expect(&f->host.broker, MESSAGE_command_started);
    number = next_message(f);
    channel_send(f->other.channel, command_create, TICKET(TICKET_COMMAND_AGAIN, number),
                 .timeout = 5000, .command_id = "C4", .command_line = "cat", AGAIN("2"));
    test_expect(&f->host.broker, MESSAGE_command_ended);
    channel_send(f->host.broker.channel, command_noted, .operation = number);
    assert_int_equal(answer_code(&f->other), 0);
    assert_string_equal(f->other.body.host_answer.command_id, "C3");
}

/* P-4.9.9: also before it is known what became of the first, and that does not count any more. */
static void output_is_told_again_before_it_is_known_to_be_lost(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "cat", NULL);

    feed(f, &f->net, "1", "x", false);
    assert_int_equal(answer_code(&f->net), 0);
    ask_again(f, &f->other, "2");
    expect_chunk(&test_expect(&f->other, MESSAGE_output)->output, 0, "stdout", "x", 0);
    ask_again(f, &f->net, "2");
    expect_chunk(&test_expect(&f->net, MESSAGE_output)->output, 0, "stdout", "x", 0);
    written(f, &f->other, false);
    test_quiet(&f->other, 20);
    written(f, &f->net, true);
    expect_all_output(f, number, "");
}

/* P-4.9.11: the repetition was lost, too. */
static void output_that_is_lost_twice_comes_a_third_time(void **state)
{
    struct fixture *f = *state;
    uint64_t number = start_command(f, "C1", "cat", NULL);

    feed(f, &f->net, "1", "x", false);
    assert_int_equal(answer_code(&f->net), 0);
    ask_again(f, &f->other, "2");
    test_expect(&f->other, MESSAGE_output);
    written(f, &f->other, true);
    test_quiet(&f->other, 20);
    ask_again(f, &f->net, "2");
    expect_chunk(&test_expect(&f->net, MESSAGE_output)->output, 0, "stdout", "x", 0);
    written(f, &f->net, false);
    expect_all_output(f, number, "x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(so_many_are_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_answer_goes_where_it_is_asked_for_last, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_repetition_that_waits_is_not_forgotten, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_repeated_command_is_answered_when_noted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_command_without_a_slot_is_not_begun, set_up, tear_down),
        cmocka_unit_test_setup_teardown(output_is_told_again_before_it_is_known_to_be_lost, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(output_that_is_lost_twice_comes_a_third_time, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
