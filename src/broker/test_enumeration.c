/* SPDX-License-Identifier: ISC */

/*
 * What becomes of an enumeration when its answers are written, lost or taken in part, and how it
 * ends; docs/protocol.md, P-4.4.8 to P-4.4.14. winrmd-net is what the messages are written down
 * for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/broker.h"
#include "broker/configuration_items.h"
#include "broker/enumeration.h"
#include "broker/operation.h"
#include "faults.h"
#include "input_limits.h"

enum { IDLE = 240000, MOST = 16, OPERATIONS = 16 };

static struct broker broker;
static struct application_settings settings;
static struct application application, other_application;
static struct record record = {.application = &application};
static struct record other_record = {.application = &application};
static struct child net;
static struct token alice = {.account = "alice"}, bob = {.account = "bob"};
static struct operation pulls[OPERATIONS];
static unsigned pull_count;

/* What was sent since the last look, and what befell the operations. */
static struct {
    unsigned count;
    uint32_t process[MOST]; /* of the items, which are shells with that number */
    bool end, last, done;
    char context[64];
} sent;
static uint32_t refused;
static unsigned ended, reserved, given_back, audited;
static const struct operation *ended_last;
static bool gone[MOST + 1]; /* the things that are no more */
static const char *owner;   /* a text of each item */
static unsigned things;
static size_t backlog_of_item; /* bytes of each in the channel, which nobody reads */

/* ---- what an enumeration calls ---- */

bool channel_write(struct channel *channel, enum message_type type, const void *body)
{
    const struct message_items_end *end = body;
    const struct message_shell_item *item = body;

    (void)channel;
    switch (type) {
    case MESSAGE_shell_item:
        assert_false(sent.end);
        assert_int_not_equal(item->request, 0);
        assert_true(sent.count < MOST);
        sent.process[sent.count++] = item->process;
        return true;
    case MESSAGE_items_end:
        assert_false(sent.end);
        sent.end = true;
        sent.last = end->last;
        snprintf(sent.context, sizeof(sent.context), "%s", end->context);
        return true;
    case MESSAGE_operation_ended:
        sent.done = true;
        return true;
    default:
        fail_msg("message %d", (int)type);
        return false;
    }
}

bool channel_is_ended(const struct channel *channel)
{
    (void)channel;
    return false;
}

size_t channel_backlog(const struct channel *channel)
{
    (void)channel;
    return sent.count * backlog_of_item;
}

void operation_end(struct operation *operation)
{
    assert_null(operation->enumeration);
    ended_last = operation;
    ended++;
}

void operation_refuse(struct operation *operation, uint32_t code, const char *text)
{
    (void)text;
    refused = code;
    operation_end(operation);
}

void operation_refuse_enumeration(struct operation *operation)
{
    operation_refuse(operation, FAULT_enumeration_context, NULL);
}

void operation_reserve_again(struct operation *operation)
{
    if (operation->slots.account == NULL)
        reserved++;
    operation->slots.account = (struct quota_account *)&record;
}

void quota_return(struct quota_slots *slots)
{
    given_back += slots->account != NULL ? 1 : 0;
    slots->account = NULL;
}

void quota_return_operation(struct quota_slots *slots)
{
    quota_return(slots);
}

uint32_t quota_operations(const struct quota_account *account)
{
    (void)account;
    return 0;
}

const struct resource *application_find_resource(const struct application_settings *of,
                                                 const char *uri, const struct plugin **plugin)
{
    static const struct resource shells = {.capabilities = CAPABILITY_shell}, data;

    (void)of;
    (void)plugin;
    return strcmp(uri, "urn:shell") == 0 ? &shells : strcmp(uri, "urn:data") == 0 ? &data : NULL;
}

void operation_audit(const struct operation *operation)
{
    assert_int_equal(operation->kind, OPERATION_enumerate);
}

void audit_begin(struct audit *audit, const char *event)
{
    (void)audit;
    assert_string_equal(event, "enumeration-end");
    audited++;
}

void audit_text(struct audit *audit, const char *name, const char *value)
{
    (void)audit;
    (void)name;
    assert_non_null(value);
}

void audit_number(struct audit *audit, const char *name, uint64_t value)
{
    (void)audit;
    (void)name;
    (void)value;
}

void audit_end(struct audit *audit)
{
    (void)audit;
}

static void collect(struct enumeration *enumeration)
{
    for (unsigned i = things; i > 0; i--)
        enumeration_add(enumeration, i);
}

static enum message_type describe(const struct enumeration *enumeration, uint64_t number,
                                  union message_body *item)
{
    (void)enumeration;
    if (gone[number])
        return MESSAGE_none;
    item->shell_item =
        (struct message_shell_item){.process = (uint32_t)number, .owner = (char *)(uintptr_t)owner};
    return MESSAGE_shell_item;
}

static bool refuse(struct operation *operation)
{
    if (things > 0)
        return false;
    operation_refuse(operation, FAULT_not_found, NULL);
    return true;
}

const struct enumeration_source shells_source = {
    .uri = "urn:all", .takes_shell = true, .collect = collect, .describe = describe};
const struct enumeration_source commands_source = {
    .uri = "urn:plain", .refuse = refuse, .collect = collect, .describe = describe};
const struct enumeration_source listeners_source = {
    .uri = "urn:listeners", .collect = collect, .describe = describe};
const struct enumeration_source plugins_source = {
    .uri = "urn:plugins", .collect = collect, .describe = describe};

/* ---- what a client does ---- */

static struct operation *ask(enum operation_kind kind, const char *context, uint32_t most)
{
    struct operation *operation = &pulls[pull_count++ % OPERATIONS];

    memset(&sent, 0, sizeof(sent));
    refused = 0;
    *operation = (struct operation){.kind = kind,
                                    .id = pull_count,
                                    .request = 1000 + pull_count,
                                    .broker = &broker,
                                    .application = &application,
                                    .net = &net,
                                    .caller = {.token = &alice},
                                    .record = &record,
                                    .resource_uri = "urn:all",
                                    .enumeration_context = context,
                                    .max_elements = most,
                                    .room = 100000,
                                    .slots = {.account = (struct quota_account *)&record}};
    return operation;
}

static struct operation *enumerate(unsigned count, uint32_t most)
{
    struct operation *operation = ask(OPERATION_enumerate, NULL, most);

    things = count;
    enumeration_begin(operation);
    assert_true(sent.end);
    return operation;
}

static struct operation *pull(const struct operation *enumerated, uint32_t most)
{
    struct operation *operation = ask(OPERATION_pull, enumerated->enumeration->context, most);

    enumeration_follow(operation);
    return operation;
}

static void written(struct operation *operation, uint32_t taken)
{
    operation->delivered = true;
    operation->taken = taken;
    enumeration_answered(operation);
}

static void lost(struct operation *operation)
{
    operation->delivered = false;
    enumeration_answered(operation);
}

static void assert_sent(unsigned first, unsigned count, bool last)
{
    assert_true(sent.end);
    assert_int_equal(sent.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(sent.process[i], first + i);
    assert_int_equal(sent.last, last);
}

static void assert_open(const struct operation *operation)
{
    assert_non_null(operation->enumeration);
    assert_int_equal(broker.enumerations.count, 1);
    assert_int_equal(operation->state, OPERATION_living);
    assert_int_not_equal(operation->enumeration->idle.position, 0);
}

static int begin(void **state)
{
    (void)state;
    broker = (struct broker){.loop = loop_new()};
    settings = (struct application_settings){.enumerate_idle = IDLE, .batch_items = 32000};
    application = (struct application){.broker = &broker, .settings = &settings};
    other_application = application;
    ended = reserved = given_back = audited = 0;
    memset(gone, 0, sizeof(gone));
    owner = NULL;
    backlog_of_item = 0;
    return 0;
}

static int end(void **state)
{
    (void)state;
    enumeration_close_of_application(&application, "the test is over");
    assert_int_equal(broker.enumerations.count, 0);
    map_free(&broker.enumerations);
    loop_free(broker.loop);
    return 0;
}

/* ---- tests ---- */

/* P-4.4.14 */
static void one_answer_is_all_of_it(void **state)
{
    struct operation *operation;

    (void)state;
    operation = enumerate(3, 9);
    assert_sent(1, 3, true);
    assert_int_equal(given_back, 0);
    enumeration_fits(operation);
    assert_int_equal(given_back, 1);
    assert_int_equal(ended, 0);
    written(operation, 3);
    assert_int_equal(ended, 1);
    assert_int_equal(broker.enumerations.count, 0);
    assert_int_equal(audited, 0);
}

static void page_by_page(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(3, 0);
    assert_sent(1, 0, false);
    assert_int_equal(operation->enumeration->idle.position, 0);
    written(operation, 0);
    assert_open(operation);
    answer = pull(operation, 2);
    assert_sent(1, 2, false);
    assert_int_equal(operation->enumeration->idle.position, 0);
    enumeration_fits(answer);
    assert_int_equal(given_back, 0);
    written(answer, 2);
    assert_open(operation);
    assert_ptr_equal(ended_last, answer);
    answer = pull(operation, 9);
    assert_sent(3, 1, true);
    enumeration_fits(answer);
    assert_int_equal(given_back, 1);
    written(answer, 1);
    assert_int_equal(ended, 3);
    assert_ptr_equal(ended_last, operation);
    assert_int_equal(broker.enumerations.count, 0);
    assert_int_equal(audited, 1);
}

/* P-4.4.8 and P-4.4.12 */
static void what_was_not_taken_comes_again(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(4, 9);
    written(operation, 1);
    assert_open(operation);
    answer = pull(operation, 9);
    assert_sent(2, 3, true);
    written(answer, 0);
    assert_open(operation);
    answer = pull(operation, 9);
    assert_sent(2, 3, true);
    written(answer, 2);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    lost(answer);
    assert_open(operation);
    assert_int_equal(reserved, 0);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    enumeration_fits(answer);
    lost(answer);
    /* Its slot was free for as long as the client could have had the end. */
    assert_open(operation);
    assert_int_equal(reserved, 1);
    answer = pull(operation, 9);
    assert_sent(4, 1, true);
    written(answer, 1);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.15 */
static void a_repeated_pull_is_answered_again(void **state)
{
    static const struct {
        const char *operation_id, *sequence_id;
        unsigned first; /* of the two items */
    } rows[] = {
        {"uuid:A", "2", 1}, {"uuid:A", "2", 1},  {"uuid:A", "3", 3},  {"uuid:A", "3", 3},
        {"uuid:B", "3", 5}, {"uuid:B", NULL, 7}, {"uuid:B", NULL, 9}, {NULL, "3", 11},
    };
    struct operation *operation;

    (void)state;
    operation = enumerate(16, 0);
    written(operation, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct operation *answer = ask(OPERATION_pull, operation->enumeration->context, 2);

        answer->operation_id = rows[i].operation_id;
        answer->sequence_id = rows[i].sequence_id;
        enumeration_follow(answer);
        assert_sent(rows[i].first, 2, false);
        written(answer, 2);
    }
    assert_open(operation);
}

static void a_lost_end_without_items_comes_again(void **state)
{
    struct operation *operation, *answer;

    (void)state;
    operation = enumerate(1, 0);
    written(operation, 0);
    gone[1] = true;
    answer = pull(operation, 1);
    assert_sent(1, 0, true);
    lost(answer);
    assert_open(operation);
    answer = pull(operation, 1);
    assert_sent(1, 0, true);
    written(answer, 0);
    assert_int_equal(broker.enumerations.count, 0);
}

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

/* P-4.4.9 */
static void what_has_gone_is_left_out(void **state)
{
    struct operation *operation;

    (void)state;
    operation = enumerate(8, 0);
    written(operation, 0);
    gone[1] = gone[3] = gone[4] = gone[8] = true;
    written(pull(operation, 2), 2);
    assert_int_equal(sent.count, 2);
    assert_int_equal(sent.process[0], 2);
    assert_int_equal(sent.process[1], 5);
    assert_false(sent.last);
    gone[6] = true;
    written(pull(operation, 2), 1);
    assert_sent(7, 1, true);
    assert_int_equal(broker.enumerations.count, 0);
}

/* P-4.4.8: no more is sent than could be written. */
static void an_answer_has_so_much_room(void **state)
{
    struct operation *operation = ask(OPERATION_enumerate, NULL, 9);
    char text[101];

    (void)state;
    memset(text, 'x', 100);
    text[100] = '\0';
    owner = text;
    things = 9;
    operation->room = 300;
    enumeration_begin(operation);
    assert_sent(1, 3, false);
    written(operation, 2);
    assert_open(operation);
}

/* P-4.4.8: what a slow winrmd-net has no room for comes later, and at least one item goes. */
static void an_answer_waits_for_the_reader(void **state)
{
    struct operation *operation;

    (void)state;
    backlog_of_item = CHANNEL_OUT_LIMIT / 4;
    operation = enumerate(5, 9);
    assert_sent(1, 2, false);
    written(operation, 2);
    backlog_of_item = CHANNEL_OUT_LIMIT;
    written(pull(operation, 9), 1);
    assert_sent(3, 1, false);
    backlog_of_item = 0;
    written(pull(operation, 9), 2);
    assert_sent(4, 2, true);
    assert_int_equal(broker.enumerations.count, 0);
}

/* batch-items of the application, whatever its client asks for. */
static void an_answer_has_no_more_than_a_batch(void **state)
{
    struct operation *operation;

    (void)state;
    settings.batch_items = 2;
    operation = enumerate(5, UINT32_MAX);
    assert_sent(1, 2, false);
    written(operation, 2);
    written(pull(operation, 3), 2);
    assert_sent(3, 2, false);
    assert_open(operation);
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
    pulls[0].caller.token = &bob;
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
    ask(OPERATION_enumerate, NULL, 9)->resource_uri = "urn:plain";
    enumeration_begin(&pulls[(pull_count - 1) % OPERATIONS]);
    assert_int_equal(refused, FAULT_not_found);
    assert_int_equal(broker.enumerations.count, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        CASE(one_answer_is_all_of_it),
        CASE(page_by_page),
        CASE(what_was_not_taken_comes_again),
        CASE(a_repeated_pull_is_answered_again),
        CASE(a_lost_end_without_items_comes_again),
        CASE(a_context_that_nobody_knows_is_over),
        CASE(what_has_gone_is_left_out),
        CASE(an_answer_has_so_much_room),
        CASE(an_answer_has_no_more_than_a_batch),
        CASE(an_answer_waits_for_the_reader),
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
