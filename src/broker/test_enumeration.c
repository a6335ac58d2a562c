/* SPDX-License-Identifier: ISC */

/* What can be enumerated, whose an enumeration is and how it ends; docs/protocol.md, P-4.4. */
#include "broker/test_enumeration_world.h"

#include <stdio.h>

#include "faults.h"
#include "input_limits.h"

/* P-4.4.12 */
static void a_context_that_nobody_knows_is_over(void **state)
{
    struct operation *operation;

    (void)state;
    operation = enumerate(3, 1);
    lost(operation);
    assert_int_equal(ended, 1);
    assert_int_equal(given_back, 1);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.10 */
static void one_pull_at_a_time(void **state)
{
    struct operation *operation, *answer, *another;
    char context[64];

    (void)state;
    operation = enumerate(3, 0);
    snprintf(context, sizeof(context), "%s", operation->enumeration->context);
    assert_string_equal(sent.context, context);
    pull(operation, 1);
    assert_int_equal(refused, FAULT_pull_in_progress);
    written(operation, 0);
    answer = pull(operation, 1);
    another = pull(operation, 1);
    assert_int_equal(refused, FAULT_pull_in_progress);
    assert_ptr_equal(ended_last, another);
    /* Release ends it all the same; what is on its way is not disturbed. */
    enumeration_follow(ask(OPERATION_release, context, 0));
    assert_true(sent.done);
    assert_int_equal(broker.enumerations.count, 0);
    assert_null(answer->enumeration);
    enumeration_fits(answer);
    enumeration_follow(ask(OPERATION_pull, context, 1));
    assert_int_equal(refused, FAULT_enumeration_context);
}

/* P-4.4.10 */
static void nobody_else_s(void **state)
{
    struct operation *operation, *stranger;
    char context[64];

    (void)state;
    operation = enumerate(3, 0);
    snprintf(context, sizeof(context), "%s", operation->enumeration->context);
    written(operation, 0);
    for (enum operation_kind kind = OPERATION_pull; kind <= OPERATION_release; kind++) {
        stranger = ask(kind, context, 1);
        stranger->caller.token = &bob;
        assert_true(enumeration_is_foreign(stranger));
        enumeration_follow(stranger);
        assert_int_equal(refused, FAULT_enumeration_context);
        stranger = ask(kind, context, 1);
        stranger->application = &other_application;
        assert_false(enumeration_is_foreign(stranger));
        enumeration_follow(stranger);
        assert_int_equal(refused, FAULT_enumeration_context);
        enumeration_follow(ask(kind, NULL, 1));
        assert_int_equal(refused, FAULT_enumeration_context);
    }
    assert_open(operation);
}

/* P-4.4.10 */
static void an_administrator_no_more(void **state)
{
    struct record former = {.application = &application, .administrator = true};
    struct operation *operation, *answer;
    char context[64];

    (void)state;
    operation = ask(OPERATION_enumerate, NULL, 0);
    operation->record = &former;
    things = 3;
    enumeration_begin(operation);
    snprintf(context, sizeof(context), "%s", sent.context);
    written(operation, 0);
    answer = ask(OPERATION_pull, context, 1);
    answer->record = &former;
    enumeration_follow(answer);
    assert_sent(1, 1, false);
    written(answer, 1);
    assert_open(operation);
    enumeration_follow(ask(OPERATION_pull, context, 1));
    assert_int_equal(refused, FAULT_enumeration_context);
    assert_int_equal(sent.count, 0);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.11 */
static void its_time_runs_between_pulls_alone(void **state)
{
    struct operation *operation, *answer;
    struct loop_timer *idle;

    (void)state;
    operation = enumerate(3, 0);
    idle = &operation->enumeration->idle;
    assert_int_equal(idle->position, 0);
    written(operation, 0);
    assert_int_not_equal(idle->position, 0);
    answer = pull(operation, 1);
    assert_int_equal(idle->position, 0);
    written(answer, 1);
    assert_int_not_equal(idle->position, 0);
    loop_timer_stop(broker.loop, idle);
    idle->expired(idle);
    assert_int_equal(broker.enumerations.count, 0);
    assert_ptr_equal(ended_last, operation);
}

static void withdrawn_while_it_is_answered(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(3, 0);
    written(operation, 0);
    answer = pull(operation, 1);
    enumeration_close_of_record(&other_record, "another user");
    assert_int_equal(broker.enumerations.count, 1);
    enumeration_close_of_record(&record, "withdrawn");
    assert_int_equal(broker.enumerations.count, 0);
    assert_null(answer->enumeration);
    assert_int_equal(given_back, 1);
    enumeration_fits(answer);
    assert_int_equal(given_back, 1);
}

/* What is being answered when the service stops ends with the answer. */
static void the_service_stops(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    written(enumerate(3, 0), 0);
    operation = enumerate(3, 0);
    written(operation, 0);
    answer = pull(operation, 1);
    broker.stopping = true;
    enumeration_close_all(&broker);
    assert_int_equal(broker.enumerations.count, 1);
    written(answer, 1);
    assert_int_equal(broker.enumerations.count, 0);
    assert_ptr_equal(ended_last, operation);
}

/* P-4.4.14 */
static void requests_alone_count(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    settings.count_requests_only = true;
    operation = enumerate(2, 1);
    assert_int_equal(given_back, 1);
    written(operation, 1);
    answer = pull(operation, 1);
    enumeration_fits(answer);
    lost(answer);
    assert_open(operation);
    assert_int_equal(reserved, 0);
    assert_int_equal(given_back, 1);
}

/* P-4.4.14 */
static void so_many_of_a_user(void **state)
{
    static struct operation many[ENUMERATIONS_OF_USER];
    struct quota_refusal refusal = {0};

    (void)state;
    things = 1;
    for (unsigned i = 0; i < ENUMERATIONS_OF_USER; i++) {
        const struct operation *asked = ask(OPERATION_enumerate, NULL, 0);

        assert_true(enumeration_allowed(asked, &refusal));
        many[i] = *asked;
        enumeration_begin(&many[i]);
        written(&many[i], 0);
    }
    assert_false(enumeration_allowed(ask(OPERATION_enumerate, NULL, 0), &refusal));
    assert_int_equal(refusal.code, FAULT_quota_operations);
    /* One that was allowed before the last of them began. */
    enumeration_begin(ask(OPERATION_enumerate, NULL, 0));
    assert_int_equal(refused, FAULT_quota_operations);
    assert_int_equal(broker.enumerations.count, ENUMERATIONS_OF_USER);
    assert_true(enumeration_allowed(&(struct operation){.broker = &broker,
                                                        .application = &application,
                                                        .caller = {.token = &bob}},
                                    &refusal));
}

/* P-4.4.1 and P-4.4.6 */
static void what_there_is(void **state)
{
    static const struct {
        const char *uri;
        const char *shell;
        uint32_t code;
    } rows[] = {
        {"URN:ALL", NULL, 0},
        {"urn:all", "x", 0},
        {"urn:shell", NULL, 0},
        {"urn:data", NULL, FAULT_action_not_supported},
        {"urn:nobody", NULL, FAULT_invalid_resource_uri},
        {NULL, NULL, FAULT_invalid_resource_uri},
        {"urn:plain", NULL, 0},
        {"urn:plain", "x", FAULT_filtering},
    };
    struct operation *none;

    (void)state;
    things = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct operation *operation = ask(OPERATION_enumerate, NULL, 9);

        operation->resource_uri = rows[i].uri;
        operation->shell_id = rows[i].shell;
        enumeration_begin(operation);
        assert_int_equal(refused, rows[i].code);
        if (rows[i].code != 0)
            continue;
        assert_sent(1, 2, true);
        written(operation, 2);
    }
    things = 0;
    none = ask(OPERATION_enumerate, NULL, 9);
    none->resource_uri = "urn:plain";
    enumeration_begin(none);
    assert_int_equal(refused, FAULT_not_found);
    assert_int_equal(broker.enumerations.count, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_context_that_nobody_knows_is_over),
        CASE(one_pull_at_a_time),
        CASE(nobody_else_s),
        CASE(an_administrator_no_more),
        CASE(its_time_runs_between_pulls_alone),
        CASE(withdrawn_while_it_is_answered),
        CASE(the_service_stops),
        CASE(requests_alone_count),
        CASE(so_many_of_a_user),
        CASE(what_there_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
