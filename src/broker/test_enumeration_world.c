/* SPDX-License-Identifier: ISC */

#include "broker/test_enumeration_world.h"

#include <stdio.h>
#include <string.h>

#include "broker/configuration_items.h"
#include "faults.h"

enum { IDLE = 240000, OPERATIONS = 16 };

struct broker broker;
struct application_settings settings;
struct application application, other_application;
struct record record = {.application = &application};
struct record other_record = {.application = &application};
struct token alice = {.account = "alice"}, bob = {.account = "bob"};
struct sent sent;
uint32_t refused;
unsigned ended, reserved, given_back, audited;
const struct operation *ended_last;
bool gone[MOST + 1];
const char *owner;
unsigned things;
size_t backlog_of_item;

static struct child net;
static struct operation asked[OPERATIONS];
static unsigned asked_count;

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

struct operation *ask(enum operation_kind kind, const char *context, uint32_t most)
{
    struct operation *operation = &asked[asked_count++ % OPERATIONS];

    memset(&sent, 0, sizeof(sent));
    refused = 0;
    *operation = (struct operation){.kind = kind,
                                    .id = asked_count,
                                    .request = 1000 + asked_count,
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

struct operation *enumerate(unsigned count, uint32_t most)
{
    struct operation *operation = ask(OPERATION_enumerate, NULL, most);

    things = count;
    enumeration_begin(operation);
    assert_true(sent.end);
    return operation;
}

struct operation *pull(const struct operation *enumerated, uint32_t most)
{
    struct operation *operation = ask(OPERATION_pull, enumerated->enumeration->context, most);

    enumeration_follow(operation);
    return operation;
}

void written(struct operation *operation, uint32_t taken)
{
    operation->delivered = true;
    operation->taken = taken;
    enumeration_answered(operation);
}

void lost(struct operation *operation)
{
    operation->delivered = false;
    enumeration_answered(operation);
}

void assert_sent(unsigned first, unsigned count, bool last)
{
    assert_true(sent.end);
    assert_int_equal(sent.count, count);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(sent.process[i], first + i);
    assert_int_equal(sent.last, last);
}

void assert_open(const struct operation *operation)
{
    assert_non_null(operation->enumeration);
    assert_int_equal(broker.enumerations.count, 1);
    assert_int_equal(operation->state, OPERATION_living);
    assert_int_not_equal(operation->enumeration->idle.position, 0);
}

int world_setup(void **state)
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

int world_teardown(void **state)
{
    (void)state;
    enumeration_close_of_application(&application, "the test is over");
    assert_int_equal(broker.enumerations.count, 0);
    map_free(&broker.enumerations);
    loop_free(broker.loop);
    return 0;
}
