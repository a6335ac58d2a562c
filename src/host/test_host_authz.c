/* SPDX-License-Identifier: ISC */

/*
 * Authorization calls through a real winrmd-host and a plug-in that misbehaves on demand
 * (test_plugins/authz.c).
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/test_authz_fixture.h"

enum { DENIED = 5, INVALID = 87, BUSY = 170 };

static const struct ipc_item group_items[] = {{.name = "staff", .value = ""},
                                              {.name = "wheel", .value = ""}};

static uint64_t send_user(struct fixture *f, const char *name)
{
    channel_send(f->host.broker.channel, authz_user, .call = ++f->call, .name = name,
                 .mechanism = "Basic", .url = "http://localhost/wsman?x=1", .address = "192.0.2.7",
                 .locale = "de-DE", .account = name, .groups = {.item = group_items, .count = 2});
    return f->call;
}

static void close_call(struct fixture *f, uint64_t call)
{
    channel_send(f->host.broker.channel, authz_close, .call = call);
}

static const struct message_authz_user_answer *ask_user(struct fixture *f, const char *name)
{
    uint64_t call = send_user(f, name);
    const struct message_authz_user_answer *answer =
        &test_await(&f->host.broker, MESSAGE_authz_user_answer)->authz_user_answer;

    assert_int_equal(answer->call, call);
    return answer;
}

static void send_operation(struct fixture *f, const char *action, uint32_t operation)
{
    channel_send(f->host.broker.channel, authz_operation, .call = ++f->call, .name = "alice",
                 .mechanism = "Basic", .url = "u", .operation = operation, .action = action,
                 .resource_uri = "http://example.org/r");
}

static const struct message_authz_operation_answer *operation_answer(struct fixture *f)
{
    return &test_await(&f->host.broker, MESSAGE_authz_operation_answer)->authz_operation_answer;
}

static const struct message_authz_operation_answer *
ask_operation(struct fixture *f, const char *action, uint32_t operation)
{
    send_operation(f, action, operation);
    return operation_answer(f);
}

/* What the plug-in's last noted service call returned. */
static uint32_t last_result(struct fixture *f)
{
    return ask_operation(f, "last", 1)->code;
}

static void expect_stray(struct fixture *f, const char *function, const char *part)
{
    const struct message_authz_stray *stray =
        &test_await(&f->host.broker, MESSAGE_authz_stray)->authz_stray;

    assert_string_equal(stray->function, function);
    assert_non_null(strstr(stray->cause, part));
}

/* ---- completions ---- */

static void completion_inside_the_call(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_user_answer *answer = ask_user(f, "alice");

    assert_int_equal(answer->code, 0);
    assert_true(answer->context != 0);
    assert_int_equal(answer->token, TOKEN_client);
    assert_true(answer->administrator);
    assert_null(answer->extended);
}

static void completion_from_another_thread(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask_user(f, "thread")->code, 0);
    for (int i = 0; i < 5000 && last_result(f) != 0; i++)
        test_quiet(&f->host.broker, 2); /* the thread may not have noted it yet */
    assert_int_equal(last_result(f), 0);
}

static void refusal_keeps_its_reason(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_user_answer *answer = ask_user(f, "refuse");

    assert_int_equal(answer->code, DENIED);
    assert_int_equal(answer->context, 0);
    assert_string_equal(answer->extended, "r\xc3\xa9"
                                          "fus\xc3\xa9");
}

static void second_completion_changes_nothing(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask_user(f, "twice")->token, TOKEN_client);
    expect_stray(f, "WSManPluginAuthzUserComplete", "complete already");
    assert_int_equal(last_result(f), INVALID);
    assert_true(test_quiet(&f->host.broker, 20));
}

static void completion_of_the_wrong_kind_leaves_the_call_open(void **state)
{
    struct fixture *f = *state;

    send_user(f, "wrong");
    expect_stray(f, "WSManPluginAuthzOperationComplete", "something else");
    assert_int_equal(
        test_expect(&f->host.broker, MESSAGE_authz_user_answer)->authz_user_answer.code, 0);
    assert_int_equal(last_result(f), INVALID);
}

static void flags_leave_the_call_open(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask_user(f, "flags")->code, 0);
    assert_int_equal(last_result(f), INVALID);
}

static void pointers_of_strangers_are_refused(void **state)
{
    struct fixture *f = *state;

    send_operation(f, "stranger", 1);
    expect_stray(f, "WSManPluginAuthzUserComplete", "never handed out");
    assert_int_equal(operation_answer(f)->code, INVALID);
}

/* Ten thousand calls later its address has not been given to anybody else. */
static void late_completion_meets_no_other_call(void **state)
{
    struct fixture *f = *state;
    uint64_t late = send_user(f, "never");

    for (int i = 0; i < 10000; i++)
        ask_operation(f, "last", 1);
    close_call(f, late);
    send_operation(f, "complete-kept", 1);
    expect_stray(f, "WSManPluginAuthzUserComplete", "deadline");
    assert_int_equal(operation_answer(f)->code, INVALID);
    send_operation(f, "complete-kept", 1);
    expect_stray(f, "WSManPluginAuthzUserComplete", "complete already");
    assert_int_equal(operation_answer(f)->code, INVALID);
    assert_int_equal(ask_operation(f, "contexts", 1)->code, 0);
    assert_true(test_quiet(&f->host.broker, 20));
}

static void quota_is_copied_or_absent(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_quota_answer *answer;

    channel_send(f->host.broker.channel, authz_quota, .call = 900, .name = "alice");
    answer = &test_expect(&f->host.broker, MESSAGE_authz_quota_answer)->authz_quota_answer;
    assert_true(answer->present);
    assert_int_equal(answer->shells, 1);
    assert_int_equal(answer->operations, 2);
    assert_int_equal(answer->slot_seconds, 3);
    assert_int_equal(answer->slot_operations, 4);
    channel_send(f->host.broker.channel, authz_quota, .call = 901, .name = "none");
    answer = &test_await(&f->host.broker, MESSAGE_authz_quota_answer)->authz_quota_answer;
    assert_int_equal(answer->code, 0);
    assert_false(answer->present);
    assert_int_equal(last_result(f), INVALID);
}

static void operation_sees_its_number(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_operation_answer *answer = ask_operation(f, "Create", 7);

    assert_int_equal(answer->code, 0);
    assert_true(answer->context != 0);
    assert_int_equal(ask_operation(f, "Create", 6)->code, 1);
}

/* ---- tokens ---- */

static void token_for_a_permitted_account(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_user_answer *answer = ask_user(f, "map");

    assert_int_equal(answer->code, 0);
    assert_int_equal(answer->token, TOKEN_account);
    assert_string_equal(answer->account, "svc-deploy");
}

static void token_for_another_account_is_not_made(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ask_user(f, "map-other")->code, DENIED);
    assert_int_equal(last_result(f), DENIED);
}

static void token_of_another_call_refuses(void **state)
{
    struct fixture *f = *state;
    const struct message_authz_user_answer *answer;

    assert_int_equal(ask_user(f, "keep-token")->token, TOKEN_none);
    answer = ask_user(f, "old-token");
    assert_int_equal(answer->code, DENIED);
    assert_true(answer->context != 0);
    expect_stray(f, "WSManPluginAuthzUserComplete", "token");
    ask_user(f, "map");
    assert_int_equal(ask_user(f, "old-token")->code, DENIED);
}

/* ---- contexts, limits, the end ---- */

static void contexts_come_back_once(void **state)
{
    struct fixture *f = *state;
    uint64_t context = ask_user(f, "alice")->context;

    assert_int_equal(ask_operation(f, "contexts", 1)->code, 1);
    for (int i = 0; i < 3; i++)
        channel_send(f->host.broker.channel, authz_release, .context = context);
    for (int i = 0; i < 5000 && ask_operation(f, "contexts", 1)->code != 0; i++)
        test_quiet(&f->host.broker, 2);
    assert_true(test_quiet(&f->host.broker, 20));
    assert_int_equal(ask_operation(f, "contexts", 1)->code, 0);
}

static void create_marker(struct fixture *f)
{
    FILE *file = fopen(f->marker, "w");

    assert_non_null(file);
    fclose(file);
}

static void full_means_refused_at_once(void **state)
{
    struct fixture *f = *state;
    unsigned accepted = 0;

    for (int i = 0; i < 64 + 1024; i++)
        send_user(f, "block");
    assert_true(test_quiet(&f->host.broker, 50));
    assert_int_equal(ask_user(f, "block")->code, BUSY);
    create_marker(f);
    for (int i = 0; i < 64 + 1024; i++)
        accepted +=
            test_expect(&f->host.broker, MESSAGE_authz_user_answer)->authz_user_answer.code == 0;
    assert_int_equal(accepted, 64 + 1024);
}

static void blocked_calls_stop_nobody(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 63; i++)
        send_user(f, "block");
    for (int i = 0; i < 100; i++)
        assert_int_equal(last_result(f), 12345);
}

static void calls_closed_while_they_wait_are_not_asked(void **state)
{
    struct fixture *f = *state;
    uint64_t waiting;

    for (int i = 0; i < 64; i++)
        send_user(f, "block");
    waiting = send_user(f, "alice");
    send_user(f, "bob");
    assert_true(test_quiet(&f->host.broker, 20));
    close_call(f, waiting);
    test_quiet(&f->host.broker, 20);
    create_marker(f);
    for (int i = 0; i < 65; i++)
        test_expect(&f->host.broker, MESSAGE_authz_user_answer);
    assert_int_equal(ask_operation(f, "contexts", 1)->code, 65);
}

static void stop_shuts_down_once(void **state)
{
    struct fixture *f = *state;
    uint64_t context = ask_user(f, "alice")->context;
    char line[64] = "";
    FILE *file;
    int status;

    channel_send(f->host.broker.channel, host_stop, .reason = 2);
    channel_set_state(f->host.broker.channel, CHANNEL_stopping);
    assert_true(test_quiet(&f->host.broker, 50));
    assert_int_not_equal(access(f->marker, F_OK), 0);
    channel_send(f->host.broker.channel, authz_release, .context = context);
    status = test_host_wait(&f->host);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    file = fopen(f->marker, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_string_equal(line, "shutdown 2 1\n");
    assert_null(fgets(line, sizeof(line), file));
    fclose(file);
}

static void stop_waits_for_calls_to_return(void **state)
{
    struct fixture *f = *state;
    char line[64] = "";
    FILE *file;

    ask_user(f, "linger");
    channel_send(f->host.broker.channel, host_stop, .reason = 2);
    channel_set_state(f->host.broker.channel, CHANNEL_stopping);
    assert_true(WIFEXITED(test_host_wait(&f->host)));
    file = fopen(f->marker, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    assert_string_equal(line, "shutdown 2 1\n");
}

static void a_crash_ends_the_process_only(void **state)
{
    struct fixture *f = *state;

    send_user(f, "crash");
    assert_true(WIFSIGNALED(test_host_wait(&f->host)));
}

static void the_broker_s_end_is_the_host_s(void **state)
{
    struct fixture *f = *state;

    send_user(f, "block");
    test_quiet(&f->host.broker, 20);
    channel_free(f->host.broker.channel);
    f->host.broker.channel = NULL;
    assert_true(WIFEXITED(test_host_wait(&f->host)));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(completion_inside_the_call),
        TEST(completion_from_another_thread),
        TEST(refusal_keeps_its_reason),
        TEST(second_completion_changes_nothing),
        TEST(completion_of_the_wrong_kind_leaves_the_call_open),
        TEST(flags_leave_the_call_open),
        TEST(pointers_of_strangers_are_refused),
        TEST(late_completion_meets_no_other_call),
        TEST(quota_is_copied_or_absent),
        TEST(operation_sees_its_number),
        TEST(token_for_a_permitted_account),
        TEST(token_for_another_account_is_not_made),
        TEST(token_of_another_call_refuses),
        TEST(contexts_come_back_once),
        TEST(full_means_refused_at_once),
        TEST(blocked_calls_stop_nobody),
        TEST(calls_closed_while_they_wait_are_not_asked),
        TEST(stop_shuts_down_once),
        TEST(stop_waits_for_calls_to_return),
        TEST(a_crash_ends_the_process_only),
        TEST(the_broker_s_end_is_the_host_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
