/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth as a process, with this test as its broker and as two winrmd-net: who is told what,
 * when the password file changes, and when a client leaves.
 */
#include <crypt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/memory.h"
#include "ipc/channel.h"

enum { NETS = 2, PATIENCE = 20000 };

/* What the test has been told since await() was called last. */
struct told {
    unsigned ready;
    unsigned identities;
    unsigned refusals[NETS];
    unsigned failures;     /* messages */
    unsigned failed_times; /* refusals they stand for */
    unsigned hashes;
    unsigned revocations;
    uint64_t exchange; /* of the last identity or refusal */
    uint32_t net;
    char account[64];
    char group[64];
    char mechanism[64];
    char reason[128];
};

static const char *program;
static struct loop *loop;
static struct channel *auth;       /* as the broker */
static struct channel *nets[NETS]; /* as winrmd-net */
static pid_t process;
static struct told told;
static struct loop_timer patience;
static bool impatient;
static char path[] = "/tmp/winrmd-test-auth-XXXXXX";

static void on_ready(struct channel *channel, const union message_body *body)
{
    (void)body;
    channel_set_state(channel, CHANNEL_serving);
    told.ready++;
    loop_stop(loop);
}

static void on_identity(struct channel *channel, const union message_body *body)
{
    const struct message_auth_identity *identity = &body->auth_identity;

    (void)channel;
    told.identities++;
    told.exchange = identity->exchange;
    told.net = identity->net;
    snprintf(told.account, sizeof(told.account), "%s", identity->account);
    snprintf(told.mechanism, sizeof(told.mechanism), "%s", identity->mechanism);
    snprintf(told.group, sizeof(told.group), "%s",
             identity->groups.count > 0 ? identity->groups.item[0].name : "");
    loop_stop(loop);
}

static void on_failure(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.failures++;
    told.failed_times += body->auth_failure.times;
    told.hashes += body->auth_failure.hashes;
    snprintf(told.reason, sizeof(told.reason), "%s", body->auth_failure.reason);
    loop_stop(loop);
}

static void on_revoked(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.revocations++;
    snprintf(told.account, sizeof(told.account), "%s", body->auth_revoked.account);
    loop_stop(loop);
}

static void on_refused(struct channel *channel, const union message_body *body)
{
    told.refusals[channel == nets[0] ? 0 : 1]++;
    told.exchange = body->auth_refused.exchange;
    loop_stop(loop);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)fault;
    if (channel == auth)
        fprintf(stderr, "winrmd-auth: %s\n", why);
    loop_stop(loop);
}

static void on_patience_end(struct loop_timer *timer)
{
    (void)timer;
    impatient = true;
    loop_stop(loop);
}

/* Runs the loop until `*counter` reaches `wanted`. */
static void await(const unsigned *counter, unsigned wanted)
{
    patience.expired = on_patience_end;
    impatient = false;
    loop_timer_start(loop, &patience, PATIENCE);
    while (*counter < wanted && !impatient && !channel_is_ended(auth))
        loop_run(loop);
    loop_timer_stop(loop, &patience);
    assert_int_equal(*counter, wanted);
}

static const char *lock = ""; /* in front of the hash */

static void file_write(const char *name, const char *password, const char *groups, mode_t mode)
{
    struct crypt_data *data = mem_alloc(sizeof(*data));
    char *beside = mem_printf("%s.new", path);
    FILE *file = fopen(beside, "w");

    assert_non_null(file);
    fprintf(file, "%s:%s%s:%s\n", name, lock,
            crypt_rn(password, "$6$rounds=1000$salt$", data, (int)sizeof(*data)), groups);
    fclose(file);
    assert_int_equal(chmod(beside, mode), 0);
    assert_int_equal(rename(beside, path), 0);
    free(beside);
    free(data);
}

static void connect_net(uint32_t number)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_auth_refused] = on_refused};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    assert_true(channel_pair(pair));
    nets[number] = channel_new(loop, pair[0], PROCESS_net, PROCESS_auth, &events, NULL);
    channel_set_state(nets[number], CHANNEL_serving);
    assert_true(channel_send(auth, auth_net, .net = number, .channel = pair[1]));
}

static int set_up(void **state)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_auth_ready] = on_ready,
                                                            [MESSAGE_auth_identity] = on_identity,
                                                            [MESSAGE_auth_failure] = on_failure,
                                                            [MESSAGE_auth_revoked] = on_revoked};
    static const struct channel_events events = {.handlers = handlers, .ended = on_ended};
    int pair[2];

    (void)state;
    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    file_write("anna", "secret", "admins,staff", 0600);
    memset(&told, 0, sizeof(told));
    assert_true(channel_pair(pair));
    process = fork();
    if (process == 0) {
        dup2(pair[1], CHANNEL_FD);
        execl(program, program, (char *)NULL);
        _exit(127);
    }
    close(pair[1]);
    loop = loop_new();
    auth = channel_new(loop, pair[0], PROCESS_broker, PROCESS_auth, &events, NULL);
    channel_send(auth, auth_start, .users = path);
    await(&told.ready, 1);
    for (uint32_t i = 0; i < NETS; i++)
        connect_net(i);
    return 0;
}

static int tear_down(void **state)
{
    int status = -1;

    (void)state;
    for (unsigned i = 0; i < NETS; i++)
        channel_free(nets[i]);
    channel_free(auth);
    loop_free(loop);
    waitpid(process, &status, 0);
    unlink(path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
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
    file_write("anna", "other", "", 0600);
    /* Noticed although nobody asks: who was let in with the old password is to be asked again. */
    await(&told.revocations, 1);
    assert_string_equal(told.account, "anna");
    check(0, 1, "anna", "other");
    await(&told.identities, 1);
    assert_string_equal(told.group, "");
    check(0, 2, "anna", "secret");
    await(&told.refusals[0], 1);

    /* One that others may read is not taken; what was read before holds. */
    file_write("anna", "third", "", 0644);
    check(0, 3, "anna", "other");
    await(&told.identities, 2);
    check(0, 4, "anna", "third");
    await(&told.refusals[0], 2);

    assert_int_equal(told.revocations, 1);
    file_write("bert", "secret", "", 0600);
    await(&told.revocations, 2);
    check(0, 5, "bert", "secret");
    await(&told.identities, 3);
    check(0, 6, "anna", "other");
    await(&told.refusals[0], 3);
    /* Others who come are no reason to ask again. */
    file_write("bert", "secret", "", 0600);
    unlink(path);
    check(0, 7, "bert", "secret");
    await(&told.identities, 4);
    assert_int_equal(told.revocations, 2);
}

/* Whoever is locked loses what is open, and costs as much as before. */
static void a_user_is_locked(void **state)
{
    (void)state;
    lock = "!";
    file_write("anna", "secret", "", 0600);
    lock = "";
    await(&told.revocations, 1);
    check(0, 1, "anna", "secret");
    await(&told.failures, 1);
    assert_string_equal(told.reason, "locked account");
    assert_int_equal(told.hashes, 1);
    file_write("anna", "secret", "", 0600);
    check(0, 2, "anna", "secret");
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

/* More checks than the queue holds: each is answered, one way or the other. */
static void a_crowd(void **state)
{
    unsigned answered = 0;

    (void)state;
    for (unsigned i = 0; i < 600; i++)
        check(i % 2, i, "anna", "secret");
    patience.expired = on_patience_end;
    impatient = false;
    loop_timer_start(loop, &patience, PATIENCE);
    while (answered < 600 && !impatient) {
        loop_run(loop);
        answered = told.identities + told.refusals[0] + told.refusals[1];
    }
    loop_timer_stop(loop, &patience);
    assert_int_equal(answered, 600);
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
