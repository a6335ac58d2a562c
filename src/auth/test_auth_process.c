/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process: who is told what about names and passwords, when the password file
 * changes, and when a client leaves.
 */
#include "auth/test_world.h"

#include <unistd.h>

static const char *program;

static int set_up(void **state)
{
    (void)state;
    return world_begin(program, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    return world_end();
}

static void check(unsigned net, uint64_t exchange, const char *user, const char *password)
{
    assert_true(channel_send(nets[net], auth_basic, .exchange = exchange, .address = "10.0.0.1",
                             .user = user, .password = password));
}

static void the_right_password(void **state)
{
    (void)state;
    check(1, 77, "anna", "secret");
    await(&told.identities, 1);
    assert_int_equal(told.net, 1);
    assert_int_equal(told.exchange, 77);
    assert_string_equal(told.account, "anna");
    assert_string_equal(told.group, "admins");
    assert_string_equal(told.mechanism, "Basic");
    assert_int_equal(told.failures + told.refusals[0] + told.refusals[1], 0);
}

static void wrong_ones(void **state)
{
    static const struct {
        const char *user;
        const char *password;
        const char *reason;
    } cases[] = {
        {"anna", "Secret", "wrong password"},
        {"anna", "secret ", "wrong password"},
        {"anna", "", "empty password"},
        {"anna", NULL, "empty password"},
        {"", "secret", "empty name"},
        {NULL, "secret", "empty name"},
        {"Anna", "secret", "unknown user"},
        {"anna ", "secret", "unknown user"},
        {"an\tna", "secret", "a name with characters that no name has"},
        {"bert", "secret", "unknown user"},
    };
    char endless[1000];
    unsigned i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(0, i, cases[i].user, cases[i].password);
        await(&told.failures, i + 1);
        await(&told.refusals[0], i + 1);
        assert_string_equal(told.reason, cases[i].reason);
        assert_int_equal(told.exchange, i);
    }
    memset(endless, 'x', sizeof(endless));
    endless[sizeof(endless) - 1] = '\0';
    check(1, 5, "anna", endless);
    await(&told.refusals[1], 1);
    await(&told.failures, i + 1);
    assert_string_equal(told.reason, "a password longer than 511 bytes");
    assert_int_equal(told.identities, 0);
    /* Each was as much work as a wrong password of a user who exists. */
    assert_int_equal(told.hashes, told.failures);
}

static void the_file_changes(void **state)
{
    (void)state;
    file_write("anna", "", "other", "", 0600);
    /* Noticed although nobody asks: who was let in with the old password is to be asked again. */
    await(&told.revocations, 1);
    assert_string_equal(told.account, "anna");
    check(0, 1, "anna", "other");
    await(&told.identities, 1);
    assert_string_equal(told.group, "");
    check(0, 2, "anna", "secret");
    await(&told.refusals[0], 1);

    /* One that others may read is not taken; what was read before holds. */
    file_write("anna", "", "third", "", 0644);
    check(0, 3, "anna", "other");
    await(&told.identities, 2);
    check(0, 4, "anna", "third");
    await(&told.refusals[0], 2);

    assert_int_equal(told.revocations, 1);
    file_write("bert", "", "secret", "", 0600);
    await(&told.revocations, 2);
    check(0, 5, "bert", "secret");
    await(&told.identities, 3);
    check(0, 6, "anna", "other");
    await(&told.refusals[0], 3);
    /* Others who come are no reason to ask again. */
    file_write("bert", "", "secret", "", 0600);
    unlink(users_path);
    check(0, 7, "bert", "secret");
    await(&told.identities, 4);
    assert_int_equal(told.revocations, 2);
}

/* Whoever is locked loses what is open, and costs as much as before. */
static void a_user_is_locked(void **state)
{
    (void)state;
    file_write("anna", "!", "secret", "", 0600);
    await(&told.revocations, 1);
    check(0, 1, "anna", "secret");
    await(&told.failures, 1);
    assert_string_equal(told.reason, "locked account");
    assert_int_equal(told.hashes, 1);
    file_write("anna", "", "secret", "", 0600);
    check(0, 2, "anna", "secret");
    await(&told.identities, 1);
}

/* What is being checked then is refused, and the next file counts. */
static void the_file_is_taken_away(void **state)
{
    (void)state;
    check(0, 1, "anna", "secret");
    assert_true(channel_send(auth, auth_start, .users = NULL));
    await(&told.ready, 2);
    await(&told.revocations, 1);
    check(0, 2, "anna", "secret");
    await(&told.refusals[0], told.identities == 0 ? 2 : 1);
    assert_true(channel_send(auth, auth_start, .users = users_path));
    await(&told.ready, 3);
    memset(&told, 0, sizeof(told));
    check(0, 3, "anna", "secret");
    await(&told.identities, 1);
}

/* Whoever leaves gets no answer; the others still do. A new winrmd-net takes a number over. */
static void clients_leave(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        check(0, i, "anna", "wrong");
    for (unsigned i = 0; i < 40; i++)
        channel_send(nets[0], auth_abandon, .exchange = i);
    check(0, 100, "anna", "secret");
    await(&told.identities, 1);
    assert_int_equal(told.exchange, 100);
    assert_true(told.refusals[0] < 40);

    for (unsigned i = 0; i < 40; i++)
        check(1, i, "anna", "secret");
    channel_flush(nets[1]);
    channel_free(nets[1]);
    connect_net(1);
    memset(&told, 0, sizeof(told));
    check(1, 200, "anna", "wrong");
    await(&told.refusals[1], 1);
    assert_int_equal(told.exchange, 200);
}

static bool crowd_answered(void)
{
    return told.identities + told.refusals[0] + told.refusals[1] >= 600;
}

/* More checks than the queue holds: each is answered, one way or the other. */
static void a_crowd(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 600; i++)
        check(i % 2, i, "anna", "secret");
    assert_true(await_that(crowd_answered));
    assert_true(told.identities >= 256);
    assert_int_equal(told.identities + told.failed_times, 600);
    assert_true(told.failures < 20);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_right_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_ones, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_file_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_user_is_locked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_file_is_taken_away, set_up, tear_down),
        cmocka_unit_test_setup_teardown(clients_leave, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_crowd, set_up, tear_down),
    };

    if (count != 2) {
        fprintf(stderr, "usage: test_auth_process WINRMD-AUTH\n");
        return 2;
    }
    program = arguments[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
