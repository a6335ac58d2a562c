/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-auth asks of PAM and in which order, with this test as the broker (and so as every
 * winrmd-pam) and as a winrmd-net.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "auth/credential.h"
#include "auth/pam_checks.h"
#include "base/memory.h"
#include "pam_results.h"

enum { PATIENCE = 60000, PROCESSES = 4, ROOM = 128 };

/* What the test was told, as broker and as winrmd-net. */
struct told {
    unsigned asks;
    struct {
        uint64_t call;
        uint64_t exchange;
        bool account;
        char name[32];
        char password[32];
    } ask[ROOM];
    unsigned refusals;
    uint64_t refused[ROOM];
    unsigned failures;
    unsigned failed_times;
    char reason[128];
    uint64_t delay;
    unsigned accounts;
    char account[32];
};

static struct loop *loop;
static struct channel *broker; /* as winrmd-auth has it */
static struct channel *auth;   /* as the broker has it */
static struct channel *net;    /* as winrmd-net has it */
static struct net_peer peer = {.number = 3};
static struct cache *cache;
static struct pam_checks *checks;
static struct told told;
static struct loop_timer patience;
static bool impatient;

/* ---- what arrives ---- */

static void on_ask(struct channel *channel, const union message_body *body)
{
    const struct message_pam_ask *ask = &body->pam_ask;
    struct credential credential;

    (void)channel;
    assert_in_range(told.asks, 0, ROOM - 1);
    assert_true(credential_read(ask->credential, &credential));
    close(ask->credential);
    assert_string_equal(credential.name, ask->name);
    assert_string_equal(credential.address, ask->address);
    assert_int_equal(credential.account, ask->account);
    told.ask[told.asks].call = ask->call;
    told.ask[told.asks].exchange = ask->exchange;
    told.ask[told.asks].account = ask->account;
    snprintf(told.ask[told.asks].name, sizeof(told.ask[0].name), "%s", ask->name);
    snprintf(told.ask[told.asks].password, sizeof(told.ask[0].password), "%s", credential.password);
    credential_wipe(&credential);
    told.asks++;
}

static void on_failure(struct channel *channel, const union message_body *body)
{
    (void)channel;
    told.failures++;
    told.failed_times += body->auth_failure.times;
    told.delay = body->auth_failure.delay;
    snprintf(told.reason, sizeof(told.reason), "%s", body->auth_failure.reason);
}

static void on_refused(struct channel *channel, const union message_body *body)
{
    (void)channel;
    assert_in_range(told.refusals, 0, ROOM - 1);
    told.refused[told.refusals++] = body->auth_refused.exchange;
}

static void on_answer(struct channel *channel, const union message_body *body)
{
    (void)channel;
    pam_checks_answer(checks, &body->pam_answer);
}

static void on_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    (void)fault;
    print_error("%s\n", why);
}

static void on_account(void *context, const struct account_answer *answer)
{
    assert_ptr_equal(context, &told);
    told.accounts++;
    snprintf(told.account, sizeof(told.account), "%s",
             answer->fault != NULL ? answer->fault : answer->account);
}

/* ---- the test's side ---- */

static void on_patience_end(struct loop_timer *timer)
{
    (void)timer;
    impatient = true;
    loop_stop(loop);
}

static void turn_ended(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(loop);
}

static void await(const unsigned *counter, unsigned wanted)
{
    struct loop_timer look = {.expired = turn_ended};

    patience.expired = on_patience_end;
    impatient = false;
    loop_timer_start(loop, &patience, PATIENCE);
    while (*counter < wanted && !impatient) {
        loop_timer_start(loop, &look, 1);
        loop_run(loop);
    }
    loop_timer_stop(loop, &patience);
    assert_true(*counter >= wanted);
}

/* In which place it was asked, from 1; 0: not yet. */
static unsigned asked(uint64_t exchange)
{
    for (unsigned i = 0; i < told.asks; i++)
        if (told.ask[i].exchange == exchange)
            return i + 1;
    return 0;
}

static void await_ask(uint64_t exchange)
{
    while (asked(exchange) == 0)
        await(&told.asks, told.asks + 1);
}

static void login_from(uint64_t exchange, const char *address, const char *name)
{
    const struct message_auth_basic request = {
        .exchange = exchange, .address = address, .user = name, .password = "secret"};

    pam_checks_basic(checks, &peer, &request, NULL, NULL);
}

static void answer(unsigned ask, enum pam_result result, uint64_t delay)
{
    channel_send(auth, pam_answer, .call = told.ask[ask].call, .result = result, .delay = delay,
                 .account = result == PAM_RESULT_accepted ? told.ask[ask].name : NULL, .uid = 7);
}

static struct channel *end_of(int fd, enum process self, enum process other,
                              const channel_handler *handlers)
{
    static struct channel_events events[3];
    static unsigned next;
    struct channel_events *own = &events[next++ % 3];
    struct channel *channel;

    *own = (struct channel_events){.handlers = handlers, .ended = on_ended};
    channel = channel_new(loop, fd, self, other, own, NULL);
    channel_set_state(channel, CHANNEL_serving);
    return channel;
}

static int set_up(void **state)
{
    static const channel_handler of_broker[MESSAGE_COUNT] = {
        [MESSAGE_pam_ask] = on_ask, [MESSAGE_auth_failure] = on_failure};
    static const channel_handler of_auth[MESSAGE_COUNT] = {[MESSAGE_pam_answer] = on_answer};
    static const channel_handler of_net[MESSAGE_COUNT] = {[MESSAGE_auth_refused] = on_refused};
    static const channel_handler none[MESSAGE_COUNT];
    static const struct channel_events peer_events = {.handlers = none, .ended = on_ended};
    int pair[2];

    (void)state;
    memset(&told, 0, sizeof(told));
    loop = loop_new();
    assert_true(channel_pair(pair));
    auth = end_of(pair[0], PROCESS_broker, PROCESS_auth, of_broker);
    broker = end_of(pair[1], PROCESS_auth, PROCESS_broker, of_auth);
    assert_true(channel_pair(pair));
    net = end_of(pair[0], PROCESS_net, PROCESS_auth, of_net);
    peer.channel = channel_new(loop, pair[1], PROCESS_auth, PROCESS_net, &peer_events, NULL);
    channel_set_state(peer.channel, CHANNEL_serving);
    cache = cache_new(0);
    checks = pam_checks_new(loop, broker, cache);
    pam_checks_set_processes(checks, PROCESSES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pam_checks_free(checks);
    cache_free(cache);
    channel_free(peer.channel);
    channel_free(net);
    channel_free(broker);
    channel_free(auth);
    loop_free(loop);
    return 0;
}

/* ---- tests ---- */

static void as_many_as_there_are_processes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        login_from(i, "192.0.2.1", "anna");
    login_from(3, "192.0.2.2", "bert");
    login_from(4, "192.0.2.2", "carl");
    await(&told.asks, PROCESSES);
    assert_string_equal(told.ask[0].password, "secret");
    answer(0, PAM_RESULT_accepted, 0);
    await(&told.asks, PROCESSES + 1);
    assert_int_equal(told.ask[4].exchange, 4);
    assert_int_equal(told.refusals + told.failures, 0);
}

static void no_source_has_all_of_them(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        login_from(i, "192.0.2.1", i % 2 == 0 ? "anna" : "bert");
    login_from(50, "192.0.2.2", "carl");
    await(&told.asks, PROCESSES);
    assert_int_equal(told.ask[3].exchange, 50);
}

/* Five wrong passwords of a user at once; then one in a while. His own login has its turn. */
static void guesses_of_one_user(void **state)
{
    uint64_t begun = loop_now(loop);

    (void)state;
    for (unsigned i = 0; i < 12; i++)
        login_from(i, "192.0.2.1", "anna");
    for (unsigned i = 0; i < PAM_USER_BURST; i++) {
        await(&told.asks, i + 1);
        answer(i, PAM_RESULT_wrong_password, 0);
    }
    await(&told.refusals, PAM_USER_BURST);
    assert_int_equal(told.failures, PAM_USER_BURST);
    assert_string_equal(told.reason, "wrong password");
    /* Another user is asked for at once; she from elsewhere has her turn while those wait. */
    login_from(100, "192.0.2.1", "bert");
    login_from(101, "192.0.2.2", "anna");
    await_ask(100);
    await_ask(101);
    assert_true(asked(11) == 0);
    assert_in_range(told.asks, 0, PAM_USER_BURST + 2 + (loop_now(loop) - begun) / PAM_USER_REFILL);
    assert_int_equal(told.refusals, PAM_USER_BURST);
}

/* One address guesses at many: its users differ, it is the same. */
static void guesses_of_one_source(void **state)
{
    uint64_t begun = loop_now(loop);
    char name[32];

    (void)state;
    for (unsigned i = 0; i < PAM_SOURCE_BURST + 5; i++) {
        snprintf(name, sizeof(name), "user%u", i);
        login_from(i, "192.0.2.1", name);
    }
    for (unsigned i = 0; i < PAM_SOURCE_BURST; i++) {
        await(&told.asks, i + 1);
        answer(i, PAM_RESULT_unknown_user, 0);
    }
    await(&told.refusals, PAM_SOURCE_BURST);
    login_from(100, "192.0.2.2", "user0");
    await_ask(100);
    assert_in_range(told.asks, 0,
                    PAM_SOURCE_BURST + 1 + (loop_now(loop) - begun) / PAM_SOURCE_REFILL);
}

/* Without the tokens given back, the last of them would be asked after a minute. */
static void what_pam_accepts_does_not_count(void **state)
{
    uint64_t begun = loop_now(loop);

    (void)state;
    for (unsigned i = 0; i < 60 + PAM_USER_BURST; i++) {
        login_from(i, "192.0.2.1", "anna");
        await(&told.asks, i + 1);
        answer(i, PAM_RESULT_accepted, 0);
    }
    assert_in_range(loop_now(loop) - begun, 0, 30 * PAM_USER_REFILL);
}

static void a_refusal_is_held_back(void **state)
{
    (void)state;
    login_from(1, "192.0.2.1", "anna");
    login_from(2, "192.0.2.1", "bert");
    await(&told.asks, 2);
    answer(0, PAM_RESULT_wrong_password, 86400000);
    await(&told.failures, 1);
    assert_int_equal(told.delay, PAM_DELAY);
    answer(1, PAM_RESULT_wrong_password, 20);
    await(&told.refusals, 1);
    assert_int_equal(told.refused[0], 2);
    /* It holds nobody up. */
    for (unsigned i = 0; i < 3; i++)
        login_from(10 + i, "192.0.2.1", "carl");
    await(&told.asks, 5);
    pam_checks_abandon(checks, &peer, 1);
}

static void who_leaves_while_he_waits_is_not_asked_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++)
        login_from(i, "192.0.2.1", "anna");
    await(&told.asks, 3);
    /* One that is being asked; one that waits. */
    pam_checks_abandon(checks, &peer, 0);
    pam_checks_abandon(checks, &peer, 3);
    answer(0, PAM_RESULT_wrong_password, 0);
    await(&told.asks, 4);
    assert_int_equal(told.ask[3].exchange, 4);
    /* The guess is in the audit, and nobody is told. */
    assert_int_equal(told.failures, 1);
    assert_int_equal(told.refusals, 0);
    pam_checks_abandon_all(checks, &peer);
    for (unsigned i = 1; i < 4; i++)
        answer(i, PAM_RESULT_wrong_password, 5000);
    await(&told.failures, 4);
    assert_int_equal(told.refusals, 0);
}

static void a_crowd(void **state)
{
    (void)state;
    pam_checks_set_processes(checks, 1);
    for (unsigned i = 0; i < PAM_SOURCE_WAITING + 1 + 10; i++)
        login_from(i, "192.0.2.1", "anna");
    await(&told.refusals, 10);
    assert_int_equal(told.refused[0], PAM_SOURCE_WAITING + 1);
    await(&told.failures, 1);
    assert_string_equal(told.reason, "too many passwords of this address wait for PAM");
}

static void accounts(void **state)
{
    uint64_t number;

    (void)state;
    assert_true(account_check(checks, "anna", "192.0.2.1", on_account, &told) > 0);
    assert_true(account_check(checks, "bert", "192.0.2.1", on_account, &told) > 0);
    number = account_check(checks, "carl", "192.0.2.1", on_account, &told);
    await(&told.asks, 3);
    assert_true(told.ask[0].account);
    assert_string_equal(told.ask[0].password, "");
    answer(0, PAM_RESULT_accepted, 0);
    await(&told.accounts, 1);
    assert_string_equal(told.account, "anna");
    answer(1, PAM_RESULT_account_expired, 5000);
    await(&told.accounts, 2);
    assert_string_equal(told.account, "the account has expired");
    account_check_cancel(checks, number);
    answer(2, PAM_RESULT_accepted, 0);
    login_from(1, "192.0.2.1", "anna");
    await(&told.asks, 4);
    assert_int_equal(told.accounts, 2);
    /* It is no login: nobody is refused and nothing of it is in the audit. */
    assert_int_equal(told.failures + told.refusals, 0);
    pam_checks_set_processes(checks, 0);
    assert_int_equal(account_check(checks, "anna", NULL, on_account, &told), 0);
    assert_string_equal(told.account, "PAM is not configured");
}

static void answers_that_make_no_sense(void **state)
{
    (void)state;
    login_from(1, "192.0.2.1", "anna");
    await(&told.asks, 1);
    channel_send(auth, pam_answer, .call = 4711, .result = PAM_RESULT_accepted, .account = "x");
    answer(0, (enum pam_result)4711, 0);
    await(&told.refusals, 1);
    assert_string_equal(told.reason, "PAM fails, or has no such service");
    answer(0, PAM_RESULT_accepted, 0);
    login_from(2, "192.0.2.1", "anna");
    await(&told.asks, 2);
    assert_int_equal(told.failures, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(as_many_as_there_are_processes),
        TEST(no_source_has_all_of_them),
        TEST(guesses_of_one_user),
        TEST(guesses_of_one_source),
        TEST(what_pam_accepts_does_not_count),
        TEST(a_refusal_is_held_back),
        TEST(who_leaves_while_he_waits_is_not_asked_for),
        TEST(a_crowd),
        TEST(accounts),
        TEST(answers_that_make_no_sense),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
