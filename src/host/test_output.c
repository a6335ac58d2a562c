/* SPDX-License-Identifier: ISC */

/* What commands have put out, until it is fetched. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/loop.h"
#include "host/api.h"
#include "host/output.h"
#include "host/post.h"

enum { ALL = 3 };

static char *streams[] = {"stdout", "stderr"};

static void nothing(void *owner)
{
    (void)owner;
}

static void push(struct output *output, const char *text, bool end)
{
    const struct output_result result = {
        .stream = 0, .data = text, .length = strlen(text), .end = end};

    assert_int_equal(output_push(output, &result), 0);
}

static struct output_chunk *first(struct list *chunks)
{
    return container_of(chunks->next, struct output_chunk, link);
}

static void chunks_are_cut_between_characters(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct list taken;

    (void)state;
    list_init(&taken);
    push(output,
         "0123456789\xe2\x82\xac"
         "abc",
         false);
    output_take(output, ALL, OUTPUT_OVERHEAD + 12, 10, &taken);
    assert_int_equal(first(&taken)->length, 10);
    output_free_chunks(&taken);
    output_take(output, ALL, OUTPUT_OVERHEAD + 12, 10, &taken);
    assert_memory_equal(first(&taken)->data + first(&taken)->offset,
                        "\xe2\x82\xac"
                        "abc",
                        6);
    output_free_chunks(&taken);
    output_detach(output);
    output_unref(output);
}

static void a_chunk_that_fits_a_response_stays_whole(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct list taken;

    (void)state;
    list_init(&taken);
    push(output, "0123456789", false);
    push(output, "abcdefghij", false);
    push(output, "0123456789abcdefghij", false);
    output_take(output, ALL, 2 * OUTPUT_OVERHEAD + 15, 10, &taken);
    assert_ptr_equal(taken.next, taken.previous);
    output_free_chunks(&taken);
    output_take(output, ALL, OUTPUT_OVERHEAD + 15, 10, &taken);
    assert_ptr_equal(taken.next, taken.previous);
    assert_int_equal(first(&taken)->length, 10);
    output_free_chunks(&taken);
    output_take(output, ALL, OUTPUT_OVERHEAD + 15, 10, &taken);
    assert_int_equal(first(&taken)->length, 15);
    output_free_chunks(&taken);
    output_detach(output);
    output_unref(output);
}

static void chunks_given_back_come_first(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct output_view view;
    struct list taken;

    (void)state;
    list_init(&taken);
    push(output, "one", false);
    push(output, "two", true);
    output_take(output, ALL, 10000, 2, &taken);
    push(output, "three", false);
    output_give_back(output, &taken);
    output_look(output, ALL, &view);
    assert_int_equal(view.chunks, 4);
    assert_int_equal(view.ended, 1);
    output_take(output, ALL, 10000, 1, &taken);
    assert_memory_equal(first(&taken)->data, "one", 3);
    output_free_chunks(&taken);
    output_cancel(output);
    assert_int_equal(output_push(output, &(struct output_result){.data = "x", .length = 1}),
                     ERROR_OPERATION_ABORTED);
    output_detach(output);
    output_unref(output);
}

/* An answer can have been nothing but a state that was to be told at once. */
static void a_state_given_back_is_told_again(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct output_result pending = {.stream = OUTPUT_NO_STREAM, .state = COMMAND_STATE_pending};
    struct output_view view;
    struct list taken;

    (void)state;
    list_init(&taken);
    assert_int_equal(output_push(output, &pending), NO_ERROR);
    output_take(output, ALL, 10000, 2, &taken);
    output_look(output, ALL, &view);
    assert_false(view.flush);
    output_give_back(output, &taken);
    output_look(output, ALL, &view);
    assert_true(view.flush);
    output_free_chunks(&taken);
    output_detach(output);
    output_unref(output);
}

static void nobody_waits_when_the_end_is_near(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    static const char block[OUTPUT_PIECE];
    const struct output_result data = {.data = block, .length = sizeof(block)};
    struct output_view view;
    uint64_t begin;

    (void)state;
    output_overflow(output);
    for (int i = 0; i < 10; i++)
        assert_int_equal(output_push(output, &data), NO_ERROR);
    output_look(output, ALL, &view);
    assert_true(view.bytes <= OUTPUT_LIMIT + OUTPUT_PIECE + OUTPUT_OVERHEAD);
    /* Who goes on all the same leaves the lock to others in between. */
    begin = clock_milliseconds();
    for (int i = 0; i < 20; i++)
        assert_int_equal(output_push(output, &data), NO_ERROR);
    assert_true(clock_milliseconds() - begin >= 15);
    assert_int_equal(output_push(output, &(struct output_result){.stream = OUTPUT_NO_STREAM,
                                                                 .state = COMMAND_STATE_done,
                                                                 .exit_code = 9}),
                     NO_ERROR);
    output_look(output, ALL, &view);
    assert_true(view.done);
    assert_int_equal(view.exit_code, 9);
    output_detach(output);
    output_unref(output);
}

static void each_stream_is_fetched_by_itself(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct output_result result = {.stream = 1, .data = "error", .length = 5, .flush = true};
    struct output_view view;
    struct list taken;

    (void)state;
    list_init(&taken);
    push(output, "one", false);
    assert_int_equal(output_push(output, &result), NO_ERROR);
    push(output, "two", true);
    output_look(output, 1, &view);
    assert_int_equal(view.chunks, 3);
    assert_int_equal(view.bytes, 6 + 3 * OUTPUT_OVERHEAD);
    assert_false(view.flush);
    output_take(output, 1, 10000, 10, &taken);
    assert_string_equal(first(&taken)->data, "one");
    assert_string_equal(container_of(first(&taken)->link.next, struct output_chunk, link)->data,
                        "two");
    output_free_chunks(&taken);
    output_look(output, 1, &view);
    assert_int_equal(view.chunks, 0);
    output_look(output, ALL, &view);
    assert_int_equal(view.chunks, 1);
    assert_true(view.flush);
    output_take(output, 2, 10000, 10, &taken);
    assert_string_equal(first(&taken)->data, "error");
    output_free_chunks(&taken);
    output_detach(output);
    output_unref(output);
}

static void streams_together_come_in_their_order(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct list taken;
    unsigned expected = 0;

    (void)state;
    list_init(&taken);
    for (int i = 0; i < 6; i++)
        assert_int_equal(
            output_push(output, &(struct output_result){.stream = i % 2, .data = "x", .length = 1}),
            NO_ERROR);
    output_take(output, ALL, 10000, 10, &taken);
    list_each(link, &taken)
        assert_int_equal(container_of(link, struct output_chunk, link)->stream, expected++ % 2);
    assert_int_equal(expected, 6);
    output_free_chunks(&taken);
    output_detach(output);
    output_unref(output);
}

static int set_up(void **state)
{
    post_open(loop_new());
    *state = NULL;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_cut_between_characters),
        cmocka_unit_test(a_chunk_that_fits_a_response_stays_whole),
        cmocka_unit_test(chunks_given_back_come_first),
        cmocka_unit_test(a_state_given_back_is_told_again),
        cmocka_unit_test(nobody_waits_when_the_end_is_near),
        cmocka_unit_test(each_stream_is_fetched_by_itself),
        cmocka_unit_test(streams_together_come_in_their_order),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
