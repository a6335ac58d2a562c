/* SPDX-License-Identifier: ISC */

#include "host/repeat.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/memory.h"
#include "host/api.h"

struct exchange {
    struct list link; /* oldest first */
    struct reply to;  /* who gets the answer; not open: nobody at present */
    bool answered;
    uint32_t code;
    char *extended;
    char *provider;
    char *provider_path;
    char *command_id;
};

static struct list exchanges = {&exchanges, &exchanges};
static size_t exchange_count;

/* ---- names ---- */

static uint64_t name_add(uint64_t name, const void *bytes, size_t length)
{
    static uint8_t key[HASH_KEY_SIZE];
    static bool made;
    uint64_t mixed[2];

    if (!made)
        random_bytes(key, sizeof(key));
    made = true;
    mixed[0] = name;
    mixed[1] = hash_keyed(key, bytes, length);
    name = hash_keyed(key, mixed, sizeof(mixed));
    return name != 0 ? name : 1;
}

uint64_t repeat_name(enum operation_kind kind, const char *operation_id, const char *sequence_id)
{
    uint32_t number = kind;
    uint64_t name;

    if (operation_id == NULL || sequence_id == NULL)
        return 0;
    name = name_add(1, &number, sizeof(number));
    return repeat_name_text(repeat_name_text(name, operation_id), sequence_id);
}

uint64_t repeat_name_text(uint64_t name, const char *text)
{
    return name == 0 ? 0 : name_add(name, text, text != NULL ? strlen(text) + 1 : 0);
}

uint64_t repeat_name_items(uint64_t name, const struct ipc_items *items)
{
    for (uint32_t i = 0; name != 0 && i < items->count; i++) {
        const struct ipc_item *item = &items->item[i];

        name = repeat_name_text(name, item->name);
        name = name_add(name, &item->flags, sizeof(item->flags));
        name = name_add(name, item->value, item->length);
    }
    return name;
}

/* ---- what is remembered ---- */

static struct exchange *exchange_find(uint64_t name)
{
    list_each(link, &exchanges) {
        struct exchange *exchange = container_of(link, struct exchange, link);

        if (name != 0 && exchange->to.name == name)
            return exchange;
    }
    return NULL;
}

static void exchange_free(struct exchange *exchange)
{
    list_remove(&exchange->link);
    exchange_count--;
    free(exchange->extended);
    free(exchange->provider);
    free(exchange->provider_path);
    free(exchange->command_id);
    free(exchange);
}

/*
 * Room for one more: the oldest that is answered goes. Who waits for an answer keeps his exchange,
 * because it alone knows where the answer goes. False when nobody is answered.
 */
static bool exchanges_make_room(void)
{
    if (exchange_count < REPEAT_LIMIT)
        return true;
    list_each(link, &exchanges) {
        struct exchange *exchange = container_of(link, struct exchange, link);

        if (!exchange->answered)
            continue;
        exchange_free(exchange);
        return true;
    }
    return false;
}

bool repeat_is_known(uint64_t name)
{
    return exchange_find(name) != NULL;
}

void repeat_begin(const struct reply *reply, const char *command_id)
{
    struct exchange *exchange;

    if (reply->name == 0 || !exchanges_make_room())
        return;
    exchange = mem_alloc(sizeof(*exchange));
    exchange->to = *reply;
    exchange->command_id = mem_text(command_id);
    list_append(&exchanges, &exchange->link);
    exchange_count++;
}

bool repeat_answers(struct reply *reply)
{
    if (repeat_is_known(reply->name)) {
        repeat_follow(reply);
        return true;
    }
    repeat_begin(reply, NULL);
    return false;
}

static void exchange_say(const struct exchange *exchange, struct reply *reply)
{
    reply_send_answer(reply, &(struct message_host_answer){.code = exchange->code,
                                                           .extended = exchange->extended,
                                                           .provider = exchange->provider,
                                                           .provider_path = exchange->provider_path,
                                                           .command_id = exchange->command_id});
}

void repeat_follow(struct reply *reply)
{
    struct exchange *exchange = exchange_find(reply->name);
    struct reply before;
    struct reply now = *reply;

    reply->open = false;
    now.name = 0;
    if (exchange == NULL) {
        reply_send(&now, ERROR_OPERATION_ABORTED);
        return;
    }
    if (exchange->answered) {
        exchange_say(exchange, &now);
        return;
    }
    before = exchange->to;
    exchange->to = *reply;
    exchange->to.open = true;
    before.name = 0;
    reply_send(&before, ERROR_OPERATION_ABORTED);
}

/* ---- answers ---- */

struct reply repeat_destination(const struct reply *reply)
{
    const struct exchange *exchange = exchange_find(reply->name);

    return exchange != NULL && !exchange->answered ? exchange->to : *reply;
}

void repeat_answered(const struct reply *reply, struct message_host_answer *answer)
{
    struct exchange *exchange = exchange_find(reply->name);

    if (exchange == NULL || exchange->answered)
        return;
    exchange->answered = true;
    exchange->code = answer->code;
    exchange->extended = mem_text(answer->extended);
    exchange->provider = mem_text(answer->provider);
    exchange->provider_path = mem_text(answer->provider_path);
    answer->command_id = exchange->command_id;
}

void repeat_abandon(const struct reply *reply)
{
    struct exchange *exchange = exchange_find(reply->name);

    if (exchange != NULL)
        exchange->to.open = false;
}
