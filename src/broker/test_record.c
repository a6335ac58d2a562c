/* SPDX-License-Identifier: ISC */

/* User records against a plug-in that the tests play: refreshes and what becomes of contexts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "broker/record.h"
#include "broker/shell.h"
#include "faults.h"

static struct broker broker;
static struct plugin authorizer = {.supports_quota = true};
static struct application_settings settings = {.authorizer = &authorizer, .record_idle = 1000};
static struct application application;
static struct token *client;

/* The one question that is open, and what was given back and told last. */
static struct {
    authz_answered answered;
    void *asker;
    bool quota;
} question;
static uint64_t released[8];
static unsigned released_count, let_in;
static struct record_refusal refused;

static void ask(authz_answered answered, void *asker, bool quota)
{
    assert_null(question.answered);
    question.answered = answered;
    question.asker = asker;
    question.quota = quota;
}

void authz_ask_user(struct application *asked, const struct authz_sender *sender, uint64_t patience,
                    authz_answered answered, void *asker)
{
    (void)asked;
    (void)patience;
    assert_string_equal(sender->caller->name, "bob");
    ask(answered, asker, false);
}

void authz_ask_quota(struct application *asked, const struct authz_sender *sender,
                     uint64_t patience, authz_answered answered, void *asker)
{
    (void)asked;
    (void)patience;
    assert_string_equal(sender->caller->name, "bob");
    ask(answered, asker, true);
}

void authz_release(struct application *asked, struct authz_context *context)
{
    (void)asked;
    if (context->id != 0)
        released[released_count++] = context->id;
    context->id = 0;
}

const char *authz_lost_reason(enum authz_lost lost, const char *call, char text[128])
{
    snprintf(text, 128, "%s was lost in way %d", call, (int)lost);
    return text;
}

void shell_close_of_record(const struct record *record, const char *reason)
{
    (void)record;
    (void)reason;
}

void enumeration_close_of_record(const struct record *record, const char *reason)
{
    (void)record;
    (void)reason;
}

uint64_t operation_patience(const struct operation *operation)
{
    return operation->timeout;
}

void operation_recorded(struct operation *operation, const struct record_refusal *refusal)
{
    refused = *refusal;
    let_in += refusal->code == 0 ? 1 : 0;
    record_unref(operation->record);
    operation->record = NULL;
}

static void answer(struct authz_answer with)
{
    authz_answered answered = question.answered;

    assert_non_null(answered);
    question.answered = NULL;
    answered(question.asker, &with);
}

static struct caller_certificate certificate; /* of the next message */

static void message(void)
{
    struct operation operation = {.broker = &broker,
                                  .application = &application,
                                  .caller = {.name = "bob",
                                             .mechanism = "Basic",
                                             .address = "here",
                                             .certificate = certificate,
                                             .token = client}};

    list_init(&operation.record_link);
    record_enter(&operation);
    /* An operation that is still waiting has left again; the record lives on without it. */
    list_remove(&operation.record_link);
}

static struct record *the_record(void)
{
    return map_get(&application.records, "Basic\0bob", 9);
}

static int open_record(void **state)
{
    (void)state;
    memset(&question, 0, sizeof(question));
    released_count = let_in = 0;
    broker.loop = loop_new();
    settings.quota_refresh = 1000000;
    application = (struct application){.broker = &broker, .settings = &settings};
    list_init(&application.retired);
    client = token_new_login(&broker, NULL, "bob", NULL, NULL);
    message();
    answer((struct authz_answer){.context = {.id = 1}, .token = TOKEN_client});
    /* Nobody waited for the quota: the next message asks for it. */
    message();
    assert_true(question.quota);
    answer((struct authz_answer){0});
    return 0;
}

static int close_record(void **state)
{
    (void)state;
    record_retire_all(&application);
    assert_int_equal(application.records.count, 0);
    assert_int_equal(application.quotas.count, 0);
    map_free(&application.records);
    map_free(&application.quotas);
    token_unref(client);
    assert_int_equal(token_count(), 0);
    loop_free(broker.loop);
    return 0;
}

/* A message finds the interval over; it runs under the old verdict. Leaves the user call open. */
static void begin_refresh(void)
{
    settings.quota_refresh = 0;
    message();
    settings.quota_refresh = 1000000;
    assert_int_equal(let_in, 1);
    assert_false(question.quota);
    assert_non_null(question.answered);
}

static void the_quota_is_asked_for_after_the_user_was_let_in_again(void **state)
{
    (void)state;
    begin_refresh();
    answer((struct authz_answer){.context = {.id = 2}, .token = TOKEN_client});
    assert_true(question.quota);
    answer((struct authz_answer){.quota_present = true, .quota = {.shells = 7}});
    assert_int_equal(the_record()->limits.shells, 7);
    assert_int_equal(released_count, 1);
    assert_int_equal(released[0], 1);
}

static void a_refused_refresh_gives_both_contexts_back_at_once(void **state)
{
    (void)state;
    begin_refresh();
    answer((struct authz_answer){.code = FAULT_access_denied, .context = {.id = 2}});
    assert_null(question.answered);
    assert_int_equal(released_count, 2);
    message();
    assert_int_equal(refused.code, FAULT_access_denied);
    assert_null(the_record());
}

static void a_redirect_at_a_refresh_is_one_for_the_next_message(void **state)
{
    (void)state;
    begin_refresh();
    answer(
        (struct authz_answer){.code = FAULT_redirect, .extended = "https://other.example/wsman"});
    message();
    assert_int_equal(refused.code, FAULT_redirect);
    assert_non_null(refused.location);
}

static void a_late_refresh_is_told_as_late(void **state)
{
    (void)state;
    begin_refresh();
    answer((struct authz_answer){.lost = AUTHZ_late, .code = FAULT_timed_out});
    message();
    assert_int_equal(refused.lost, AUTHZ_late);
    assert_int_equal(refused.code, FAULT_timed_out);
}

/* Each certificate of an account is authorized for itself, and they share the account's quota. */
static void certificates_have_records_of_their_own(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2; i++) {
        certificate = (struct caller_certificate){.thumbprint = i == 0 ? "AA" : "BB"};
        message();
        assert_non_null(question.answered);
        assert_false(question.quota);
        answer((struct authz_answer){.context = {.id = 2 + i}, .token = TOKEN_client});
    }
    certificate = (struct caller_certificate){0};
    assert_int_equal(application.records.count, 3);
    assert_int_equal(application.quotas.count, 1);
    assert_non_null(map_get(&application.records, "Basic\0bob\0AA", 12));
}

static void what_is_local(void **state)
{
    static const struct {
        const char *address;
        bool local;
    } rows[] = {
        {"127.0.0.1", true},  {"127.255.0.9", true}, {"::1", true},      {"128.0.0.1", false},
        {"10.0.0.1", false},  {"::", false},         {"fe80::1", false}, {"::ffff:1.2.3.4", false},
        {"localhost", false}, {"127.1", false},      {"", false},        {NULL, false}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(caller_is_local(&(struct caller){.address = rows[i].address}),
                         rows[i].local);
}

int main(void)
{
#define RECORD_TEST(test) cmocka_unit_test_setup_teardown(test, open_record, close_record)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_local),
        RECORD_TEST(the_quota_is_asked_for_after_the_user_was_let_in_again),
        RECORD_TEST(a_refused_refresh_gives_both_contexts_back_at_once),
        RECORD_TEST(a_redirect_at_a_refresh_is_one_for_the_next_message),
        RECORD_TEST(a_late_refresh_is_told_as_late),
        RECORD_TEST(certificates_have_records_of_their_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
