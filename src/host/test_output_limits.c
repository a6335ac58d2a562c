/* SPDX-License-Identifier: ISC */

/* How much a host keeps of what commands have put out, and what becomes of more. */

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/loop.h"
#include "host/api.h"
#include "host/output.h"
#include "host/post.h"
#include "input_limits.h"

enum { ALL = 3, OUTPUTS = 24, BLOCK = 256 * 1024, BLOCKS = 16 };

static char *streams[] = {"stdout", "stderr"};

static void nothing(void *owner)
{
    (void)owner;
}

static size_t held(struct output *const *outputs)
{
    struct output_view view;
    size_t bytes = 0;

    for (int i = 0; i < OUTPUTS; i++) {
        output_look(outputs[i], ALL, &view);
        bytes += view.bytes;
    }
    return bytes;
}

/* As a thread of a plug-in: more than one command may keep, in blocks. */
static void *put_out(void *argument)
{
    static const char block[BLOCK];

    for (int i = 0; i < BLOCKS; i++) {
        const struct output_result result = {.data = block, .length = sizeof(block)};

        if (output_push(argument, &result) != NO_ERROR)
            return argument;
    }
    return NULL;
}

/* Takes everything until the thread has put out all; returns how much that was. */
static size_t fetch_all(struct output *output)
{
    struct list taken;
    size_t got = 0;

    list_init(&taken);
    while (got < (size_t)BLOCK * BLOCKS) {
        output_take(output, ALL, 100000, 100, &taken);
        list_each(link, &taken)
            got += container_of(link, struct output_chunk, link)->length -
                   container_of(link, struct output_chunk, link)->offset;
        output_free_chunks(&taken);
        sched_yield();
    }
    return got;
}

static void all_together_are_bounded(void **state)
{
    struct output *outputs[OUTPUTS];
    pthread_t threads[OUTPUTS];
    size_t before = 0;
    void *failed;

    (void)state;
    for (int i = 0; i < OUTPUTS; i++) {
        outputs[i] = output_new(streams, 2, nothing, &streams);
        assert_int_equal(pthread_create(&threads[i], NULL, put_out, outputs[i]), 0);
    }
    while (held(outputs) < SHELL_OUTPUT_BYTES)
        sched_yield();
    /* Full, as it is, every command gets on when somebody reads it, and all of it arrives. */
    for (int i = OUTPUTS - 1; i >= OUTPUTS / 2; i--) {
        assert_int_equal(fetch_all(outputs[i]), (size_t)BLOCK * BLOCKS);
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
        before = held(outputs);
        assert_true(before <= SHELL_OUTPUT_BYTES + OUTPUT_PIECE + OUTPUT_OVERHEAD +
                                  OUTPUTS * (OUTPUT_LEAST + OUTPUT_OVERHEAD));
    }
    /* Who is told to end does not wait for a reader. */
    for (int i = 0; i < OUTPUTS / 2; i++) {
        output_detach(outputs[i]);
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_ptr_equal(failed, outputs[i]);
    }
    for (int i = 0; i < OUTPUTS; i++) {
        output_detach(outputs[i]);
        output_unref(outputs[i]);
    }
}

/* What is on its way to a client counts, and what is freed makes room for the others. */
static void chunks_taken_count_until_they_are_freed(void **state)
{
    enum { FULL = SHELL_OUTPUT_BYTES / OUTPUT_LIMIT };
    static char block[OUTPUT_PIECE];
    const struct output_result data = {.data = block, .length = sizeof(block)};
    struct output *outputs[FULL];
    struct output *late = output_new(streams, 2, nothing, &streams);
    struct output_view view;
    struct list taken;
    pthread_t thread;
    void *failed;

    (void)state;
    list_init(&taken);
    for (int i = 0; i < FULL; i++) {
        outputs[i] = output_new(streams, 2, nothing, &streams);
        assert_int_equal(output_push(outputs[i], &data), NO_ERROR);
        assert_int_equal(output_push(outputs[i], &data), NO_ERROR);
        output_take(outputs[i], ALL, SIZE_MAX, 10, &taken);
    }
    assert_int_equal(pthread_create(&thread, NULL, put_out, late), 0);
    do {
        output_look(late, ALL, &view);
        sched_yield();
    } while (view.chunks == 0);
    assert_int_equal(view.bytes, OUTPUT_LEAST + OUTPUT_OVERHEAD);
    output_free_chunks(&taken);
    do {
        output_look(late, ALL, &view);
        sched_yield();
    } while (view.bytes < OUTPUT_LIMIT);
    output_detach(late);
    assert_int_equal(pthread_join(thread, &failed), 0);
    output_unref(late);
    for (int i = 0; i < FULL; i++)
        output_unref(outputs[i]);
}

static uint32_t put(struct output *output, char letter, size_t length, bool boundary)
{
    char *data = malloc(length);
    uint32_t code;

    memset(data, letter, length);
    code = output_push(
        output, &(struct output_result){.data = data, .length = length, .boundary = boundary});
    free(data);
    return code;
}

/* The first letters of what is there, in its order. */
static void letters(struct output *output, char *text)
{
    struct list taken;
    size_t used = 0;

    list_init(&taken);
    output_take(output, ALL, 64 * OUTPUT_LIMIT, 1000, &taken);
    list_each(link, &taken)
        text[used++] = container_of(link, struct output_chunk, link)->data[0];
    text[used] = '\0';
    output_free_chunks(&taken);
}

/* W-15.4 */
static void the_oldest_gives_way(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    char text[64];

    (void)state;
    output_keep_as(BUFFERING_drop);
    for (char letter = 'a'; letter <= 'f'; letter++)
        assert_int_equal(put(output, letter, OUTPUT_LIMIT / 3, false), NO_ERROR);
    letters(output, text);
    assert_string_equal(text, "def");
    /* Objects of two results each go whole. */
    for (char letter = 'a'; letter <= 'f'; letter++)
        assert_int_equal(put(output, letter, OUTPUT_LIMIT / 3, (letter - 'a') % 2 == 1), NO_ERROR);
    letters(output, text);
    assert_string_equal(text, "ef");
    for (char letter = 'a'; letter <= 'g'; letter++)
        assert_int_equal(put(output, letter, OUTPUT_LIMIT / 3, (letter - 'a') % 2 == 1), NO_ERROR);
    letters(output, text);
    assert_string_equal(text, "efg");
    output_keep_as(BUFFERING_none);
    output_detach(output);
    output_unref(output);
}

/* W-15.4: a plug-in that goes on behind the end of a stream does not fill the memory. */
static void what_follows_an_end_is_bounded(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    struct output_view view;

    (void)state;
    output_keep_as(BUFFERING_drop);
    assert_int_equal(output_push(output, &(struct output_result){.stream = 0, .end = true}),
                     NO_ERROR);
    for (int i = 0; i < 30; i++)
        assert_int_equal(put(output, 'a', OUTPUT_LIMIT / 3, false), NO_ERROR);
    output_look(output, UINT64_MAX, &view);
    assert_in_range(view.bytes, 1, 2 * OUTPUT_LIMIT);
    output_keep_as(BUFFERING_none);
    output_detach(output);
    output_unref(output);
}

/* W-15.4 */
static void nothing_is_taken_while_nobody_is_there(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    char text[64];

    (void)state;
    assert_int_equal(put(output, 'a', 10, false), NO_ERROR);
    output_keep_as(BUFFERING_refuse);
    assert_int_equal(put(output, 'b', 10, false), ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED);
    assert_int_equal(output_push(output, &(struct output_result){.stream = OUTPUT_NO_STREAM,
                                                                 .state = COMMAND_STATE_done}),
                     ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED);
    output_keep_as(BUFFERING_none);
    assert_int_equal(put(output, 'c', 10, false), NO_ERROR);
    output_cancel(output);
    assert_int_equal(put(output, 'd', 10, false), ERROR_OPERATION_ABORTED);
    output_reopen(output);
    assert_int_equal(put(output, 'e', 10, false), NO_ERROR);
    letters(output, text);
    assert_string_equal(text, "ace");
    output_detach(output);
    output_unref(output);
}

static void *put_one_more(void *output)
{
    return (void *)(uintptr_t)put(output, 'z', 10, false);
}

/* W-15.4: a thread that waits as the client goes. */
static void who_waits_is_refused(void **state)
{
    struct output *output = output_new(streams, 2, nothing, &streams);
    pthread_t thread;
    void *code;

    (void)state;
    assert_int_equal(put(output, 'a', OUTPUT_PIECE, false), NO_ERROR);
    assert_int_equal(put(output, 'b', OUTPUT_PIECE, false), NO_ERROR);
    assert_int_equal(pthread_create(&thread, NULL, put_one_more, output), 0);
    output_keep_as(BUFFERING_refuse);
    assert_int_equal(pthread_join(thread, &code), 0);
    assert_int_equal((uintptr_t)code, ERROR_WSMAN_SERVICE_STREAM_DISCONNECTED);
    output_keep_as(BUFFERING_none);
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
        cmocka_unit_test(all_together_are_bounded),
        cmocka_unit_test(chunks_taken_count_until_they_are_freed),
        cmocka_unit_test(the_oldest_gives_way),
        cmocka_unit_test(what_follows_an_end_is_bounded),
        cmocka_unit_test(nothing_is_taken_while_nobody_is_there),
        cmocka_unit_test(who_waits_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
