/* SPDX-License-Identifier: ISC */

/*
 * What becomes of an enumeration when its answers are written, lost or taken in part;
 * docs/protocol.md, P-4.4.8 to P-4.4.15.
 */
#include "broker/test_enumeration_world.h"

#include <string.h>

/* P-4.4.14 */
static void one_answer_is_all_of_it(void **state)
{
    struct operation *operation;

    (void)state;
    operation = enumerate(3, 9);
    assert_sent(1, 3, true);
    assert_int_equal(given_back, 0);
    enumeration_fits(operation);
    assert_int_equal(given_back, 1);
    assert_int_equal(ended, 0);
    written(operation, 3);
    assert_int_equal(ended, 1);
    assert_int_equal(broker.enumerations.count, 0);
    assert_int_equal(audited, 0);
}

static void page_by_page(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(3, 0);
    assert_sent(1, 0, false);
    assert_int_equal(operation->enumeration->idle.position, 0);
    written(operation, 0);
    assert_open(operation);
    answer = pull(operation, 2);
    assert_sent(1, 2, false);
    assert_int_equal(operation->enumeration->idle.position, 0);
    enumeration_fits(answer);
    assert_int_equal(given_back, 0);
    written(answer, 2);
    assert_open(operation);
    assert_ptr_equal(ended_last, answer);
    answer = pull(operation, 9);
    assert_sent(3, 1, true);
    enumeration_fits(answer);
    assert_int_equal(given_back, 1);
    written(answer, 1);
    assert_int_equal(ended, 3);
    assert_ptr_equal(ended_last, operation);
    assert_int_equal(broker.enumerations.count, 0);
    assert_int_equal(audited, 1);
}

/* P-4.4.8 and P-4.4.12 */
static void what_was_not_taken_comes_again(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(4, 9);
    written(operation, 1);
    assert_open(operation);
    answer = pull(operation, 9);
    assert_sent(2, 3, true);
    written(answer, 0);
    assert_open(operation);
    answer = pull(operation, 9);
    assert_sent(2, 3, true);
    written(answer, 2);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    lost(answer);
    assert_open(operation);
    assert_int_equal(reserved, 0);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    enumeration_fits(answer);
    lost(answer);
    /* Its slot was free for as long as the client could have had the end. */
    assert_open(operation);
    assert_int_equal(reserved, 1);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    written(answer, 1);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.15 */
static void a_repeated_pull_is_answered_again(void **state)
{
    static const struct {
        const char *operation_id, *sequence_id;
        unsigned first; /* of the two items */
    } rows[] = {
        {"uuid:A", "2", 1}, {"uuid:A", "2", 1},  {"uuid:A", "3", 3},  {"uuid:A", "3", 3},
        {"uuid:B", "3", 5}, {"uuid:B", NULL, 7}, {"uuid:B", NULL, 9}, {NULL, "3", 11},
    };
    struct operation *operation;

    (void)state;
    operation = enumerate(16, 0);
    written(operation, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct operation *answer = ask(OPERATION_pull, operation->enumeration->context, 2);

        answer->operation_id = rows[i].operation_id;
        answer->sequence_id = rows[i].sequence_id;
        enumeration_follow(answer);
        assert_sent(rows[i].first, 2, false);
        written(answer, 2);
    }
    assert_open(operation);
}

static void a_lost_end_without_items_comes_again(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(1, 0);
    written(operation, 0);
    gone[1] = true;
    answer = pull(operation, 1);
    assert_sent(1, 0, true);
    lost(answer);
    assert_open(operation);
    answer = pull(operation, 1);
    assert_sent(1, 0, true);
    written(answer, 0);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.9 */
static void what_has_gone_is_left_out(void **state)
{
    struct operation *operation;

    (void)state;
    operation = enumerate(8, 0);
    written(operation, 0);
    gone[1] = gone[3] = gone[4] = gone[8] = true;
    written(pull(operation, 2), 2);
    assert_int_equal(sent.count, 2);
    assert_int_equal(sent.process[0], 2);
    assert_int_equal(sent.process[1], 5);
    assert_false(sent.last);
    gone[6] = true;
    written(pull(operation, 2), 1);
    assert_sent(7, 1, true);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.8: no more is sent than could be written. */
static void an_answer_has_so_much_room(void **state)
{
    struct operation *operation = ask(OPERATION_enumerate, NULL, 9);
    char text[101];

    (void)state;
    memset(text, 'x', 100);
    text[100] = '\0';
    owner = text;
    things = 9;
    operation->room = 300;
    enumeration_begin(operation);
    assert_sent(1, 3, false);
    written(operation, 2);
    assert_open(operation);
}

/* P-4.4.8: what a slow winrmd-net has no room for comes later, and at least one item goes. */
static void an_answer_waits_for_the_reader(void **state)
{
    struct operation *operation;

    (void)state;
    backlog_of_item = CHANNEL_OUT_LIMIT / 4;
    operation = enumerate(5, 9);
    assert_sent(1, 2, false);
    written(operation, 2);
    backlog_of_item = CHANNEL_OUT_LIMIT;
    written(pull(operation, 9), 1);
    assert_sent(3, 1, false);
    backlog_of_item = 0;
    written(pull(operation, 9), 2);
    assert_sent(4, 2, true);
    assert_int_equal(broker.enumerations.count, 0);
}

/* batch-items of the application, whatever its client asks for. */
static void an_answer_has_no_more_than_a_batch(void **state)
{
    struct operation *operation;

    (void)state;
    settings.batch_items = 2;
    operation = enumerate(5, UINT32_MAX);
    assert_sent(1, 2, false);
    written(operation, 2);
    written(pull(operation, 3), 2);
    assert_sent(3, 2, false);
    assert_open(operation);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(one_answer_is_all_of_it),
        CASE(page_by_page),
        CASE(what_was_not_taken_comes_again),
        CASE(a_repeated_pull_is_answered_again),
        CASE(a_lost_end_without_items_comes_again),
        CASE(what_has_gone_is_left_out),
        CASE(an_answer_has_so_much_room),
        CASE(an_answer_waits_for_the_reader),
        CASE(an_answer_has_no_more_than_a_batch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
