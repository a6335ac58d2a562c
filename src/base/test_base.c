/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/loop.h"
#include "base/map.h"

static void arena_gives_zeroed_aligned_memory_up_to_its_limit(void **state)
{
    struct arena arena;
    char *text;

    (void)state;
    arena_init(&arena, 10000);
    text = arena_printf(&arena, "%d-%s", 7, "seven");
    assert_string_equal(text, "7-seven");
    for (int i = 0; i < 20; i++) {
        uint64_t *word = arena_alloc(&arena, sizeof(*word));

        assert_non_null(word);
        assert_int_equal((uintptr_t)word % sizeof(*word), 0);
        assert_int_equal(*word, 0);
        *word = UINT64_MAX;
    }
    assert_null(arena_alloc(&arena, 10001));
    assert_non_null(arena_alloc(&arena, 5000));
    assert_null(arena_alloc(&arena, 5000));
    assert_null(arena_alloc(&arena, SIZE_MAX));
    arena_reset(&arena);
    assert_int_equal(*(uint64_t *)arena_alloc(&arena, sizeof(uint64_t)), 0);
    arena_free(&arena);
    arena_free(NULL);
}

static void buffer_failure_is_sticky(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 600);
    assert_true(buffer_text(&buffer, "hello"));
    buffer_consume(&buffer, 2);
    assert_int_equal(buffer_length(&buffer), 3);
    assert_memory_equal(buffer_bytes(&buffer), "llo", 3);
    for (int i = 0; i < 199; i++)
        assert_true(buffer_text(&buffer, "abc"));
    assert_int_equal(buffer_length(&buffer), 600);
    assert_false(buffer_text(&buffer, "x"));
    buffer_consume(&buffer, 100);
    assert_false(buffer_text(&buffer, "x"));
    assert_true(buffer.failed);
    buffer_reset(&buffer);
    assert_true(buffer_printf(&buffer, "%s", "again"));
    buffer_free(&buffer);
    buffer_free(NULL);
}

/* No byte of a secret stays behind once it was consumed, wherever it lay. */
static void buffer_wipes_what_was_consumed(void **state)
{
    struct buffer buffer;

    (void)state;
    buffer_init(&buffer, 600);
    buffer.secret = true;
    assert_true(buffer_text(&buffer, "opensesame"));
    buffer_consume(&buffer, 4);
    assert_true(buffer_append(&buffer, "0123456789", 10));
    while (buffer.end < buffer.capacity)
        assert_true(buffer_append(&buffer, "s", 1));
    /* Moves the rest to the front. */
    assert_true(buffer_append(&buffer, "e", 1));
    assert_int_equal(buffer.start, 0);
    for (size_t i = buffer.end; i < buffer.capacity; i++)
        assert_int_equal(buffer.data[i], 0);
    buffer_consume(&buffer, buffer_length(&buffer));
    for (size_t i = 0; i < buffer.capacity; i++)
        assert_int_equal(buffer.data[i], 0);
    assert_true(buffer_text(&buffer, "opensesame"));
    buffer_reset(&buffer);
    assert_int_equal(buffer.data[0], 0);
    buffer_free(&buffer);
}

/* The reference vector of the SipHash paper, appendix A. */
static void hash_is_siphash_2_4(void **state)
{
    uint8_t key[HASH_KEY_SIZE];
    uint8_t text[15];

    (void)state;
    for (uint8_t i = 0; i < sizeof(key); i++)
        key[i] = i;
    for (uint8_t i = 0; i < sizeof(text); i++)
        text[i] = i;
    assert_true(hash_keyed(key, text, sizeof(text)) == 0xa129ca6149be45e5u);
}

static void count_visit(void *value, void *context)
{
    (void)value;
    (*(int *)context)++;
}

static void map_keeps_what_it_was_given(void **state)
{
    struct map map;
    int values[1000];
    int visited = 0;

    (void)state;
    map_init(&map);
    for (uint64_t i = 0; i < 1000; i++)
        map_put_u64(&map, i, &values[i]);
    for (uint64_t i = 0; i < 1000; i++)
        assert_ptr_equal(map_get_u64(&map, i), &values[i]);
    assert_null(map_get_u64(&map, 1000));
    map_put_u64(&map, 5, &values[6]);
    assert_ptr_equal(map_remove_u64(&map, 5), &values[6]);
    assert_null(map_remove_u64(&map, 5));
    map_each(&map, count_visit, &visited);
    assert_int_equal(visited, 999);
    map_free(&map);
}

struct recorder {
    struct loop *loop;
    struct loop_timer timers[5];
    struct loop_task task;
    char order[16];
    size_t count;
};

static struct recorder recorder;

static void record_timer(struct loop_timer *timer)
{
    recorder.order[recorder.count++] = (char)('0' + (timer - recorder.timers));
    if (recorder.count == 4)
        loop_stop(recorder.loop);
}

static void record_task(struct loop_task *task)
{
    (void)task;
    recorder.order[recorder.count++] = 't';
}

static void loop_fires_timers_in_their_order(void **state)
{
    static const uint64_t delays[] = {30, 10, 20, 40, 5};

    (void)state;
    recorder = (struct recorder){.loop = loop_new(), .task.run = record_task};
    for (size_t i = 0; i < 5; i++) {
        recorder.timers[i].expired = record_timer;
        loop_timer_start(recorder.loop, &recorder.timers[i], delays[i]);
    }
    loop_timer_stop(recorder.loop, &recorder.timers[3]);
    loop_timer_stop(recorder.loop, &recorder.timers[3]);
    loop_timer_start(recorder.loop, &recorder.timers[1], 50);
    recorder.count = 0;
    loop_run(recorder.loop);
    assert_string_equal(recorder.order, "4201");
    loop_free(recorder.loop);
}

static struct loop_task ordered[3];
static char order[8];

static void note_order(struct loop_task *task)
{
    size_t length = strlen(order);

    order[length] = (char)('a' + (task - ordered));
    /* Asked for while the others wait: still before them. */
    if (length == 0)
        loop_defer_first(recorder.loop, task);
    if (length + 1 == 4)
        loop_stop(recorder.loop);
}

static void loop_runs_the_first_task_first(void **state)
{
    (void)state;
    recorder = (struct recorder){.loop = loop_new()};
    memset(order, 0, sizeof(order));
    for (size_t i = 0; i < 3; i++) {
        ordered[i] = (struct loop_task){.run = note_order};
        loop_defer(recorder.loop, &ordered[i]);
    }
    loop_defer_first(recorder.loop, &ordered[1]);
    loop_run(recorder.loop);
    assert_string_equal(order, "bbac");
    loop_free(recorder.loop);
}

static void unwatched(struct loop_watch *watch, uint32_t events)
{
    (void)watch;
    (void)events;
    fail();
}

static struct loop_watch other = {.ready = unwatched};

static void unwatch_other(struct loop_watch *watch, uint32_t events)
{
    (void)events;
    other.ready = unwatched;
    loop_unwatch(recorder.loop, &other);
    loop_unwatch(recorder.loop, watch);
    loop_stop(recorder.loop);
}

/* Both descriptors are ready in one turn; whichever handler runs first takes the other out. */
static void loop_does_not_call_what_was_unwatched_in_this_turn(void **state)
{
    struct loop_watch first = {.ready = unwatch_other};
    int pair[2];

    (void)state;
    recorder = (struct recorder){.loop = loop_new()};
    assert_int_equal(pipe(pair), 0);
    assert_int_equal(write(pair[1], "x", 1), 1);
    first.fd = pair[0];
    other.fd = dup(pair[0]);
    assert_true(loop_watch(recorder.loop, &first, EPOLLIN));
    assert_true(loop_watch(recorder.loop, &other, EPOLLIN));
    loop_run(recorder.loop);
    close(pair[0]);
    close(pair[1]);
    close(other.fd);
    loop_free(recorder.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory_up_to_its_limit),
        cmocka_unit_test(buffer_failure_is_sticky),
        cmocka_unit_test(buffer_wipes_what_was_consumed),
        cmocka_unit_test(hash_is_siphash_2_4),
        cmocka_unit_test(map_keeps_what_it_was_given),
        cmocka_unit_test(loop_fires_timers_in_their_order),
        cmocka_unit_test(loop_runs_the_first_task_first),
        cmocka_unit_test(loop_does_not_call_what_was_unwatched_in_this_turn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
