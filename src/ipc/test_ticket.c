/* SPDX-License-Identifier: ISC */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ipc/ticket.h"

static uint8_t key[TICKET_KEY_SIZE] = {1, 2, 3};

static bool accept(struct ticket_window *window, uint64_t sequence)
{
    return ticket_accept(window, key, sequence, OPERATION_receive, 77,
                         ticket_make(key, sequence, OPERATION_receive, 77));
}

static void a_ticket_is_good_once_and_in_any_order(void **state)
{
    static struct ticket_window window;

    (void)state;
    assert_true(accept(&window, 3));
    assert_true(accept(&window, 1));
    assert_true(accept(&window, 2));
    assert_false(accept(&window, 1));
    assert_false(accept(&window, 3));
    assert_true(accept(&window, TICKET_WINDOW + 10));
    assert_false(accept(&window, 10));
    assert_true(accept(&window, 11));
    assert_true(accept(&window, 5 * TICKET_WINDOW));
    assert_false(accept(&window, TICKET_WINDOW + 10));
    assert_true(accept(&window, 5 * TICKET_WINDOW - 1));
}

/* Stepping up to the last number there is must come to an end. */
static void the_last_number_is_good_too(void **state)
{
    static struct ticket_window window;

    (void)state;
    assert_true(accept(&window, UINT64_MAX - 2));
    assert_true(accept(&window, UINT64_MAX));
    assert_true(accept(&window, UINT64_MAX - 1));
    assert_false(accept(&window, UINT64_MAX));
}

static void a_ticket_is_good_for_what_it_names_only(void **state)
{
    static struct ticket_window window;
    uint64_t ticket = ticket_make(key, 1, OPERATION_receive, 77);
    uint8_t other[TICKET_KEY_SIZE] = {1, 2, 4};

    (void)state;
    assert_false(ticket_accept(&window, key, 1, OPERATION_command, 77, ticket));
    assert_false(ticket_accept(&window, key, 1, OPERATION_receive, 78, ticket));
    assert_false(ticket_accept(&window, key, 2, OPERATION_receive, 77, ticket));
    assert_false(ticket_accept(&window, other, 1, OPERATION_receive, 77, ticket));
    assert_true(ticket_accept(&window, key, 1, OPERATION_receive, 77, ticket));
}

static void a_void_ticket_is_good_for_nothing(void **state)
{
    static struct ticket_window window;

    (void)state;
    ticket_void(&window, 2);
    assert_true(accept(&window, 1));
    assert_false(accept(&window, 2));
    assert_true(accept(&window, 3));
    ticket_void(&window, 3);
    ticket_void(&window, TICKET_WINDOW + 3);
    assert_false(accept(&window, 3));
    assert_false(accept(&window, TICKET_WINDOW + 3));
    assert_true(accept(&window, TICKET_WINDOW + 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_good_once_and_in_any_order),
        cmocka_unit_test(the_last_number_is_good_too),
        cmocka_unit_test(a_ticket_is_good_for_what_it_names_only),
        cmocka_unit_test(a_void_ticket_is_good_for_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
