/* SPDX-License-Identifier: ISC */

#include "gss/logins.h"

#include <stdlib.h>

#include "base/list.h"
#include "base/map.h"
#include "base/memory.h"

struct entry {
    struct list link; /* logins->entries, the oldest first */
    uint64_t number;
    uint64_t began; /* loop_now() */
    struct login login;
};

struct logins {
    struct loop *loop;
    struct map numbers;
    struct list entries;
    struct loop_timer timer; /* for the oldest */
};

static void entry_free(struct logins *logins, struct entry *entry)
{
    map_remove_u64(&logins->numbers, entry->number);
    list_remove(&entry->link);
    login_clear(&entry->login);
    free(entry);
}

static void timer_set(struct logins *logins)
{
    uint64_t now = loop_now(logins->loop);
    const struct entry *oldest;
    uint64_t age;

    if (list_empty(&logins->entries)) {
        loop_timer_stop(logins->loop, &logins->timer);
        return;
    }
    oldest = container_of(logins->entries.next, struct entry, link);
    age = now - oldest->began;
    loop_timer_start(logins->loop, &logins->timer, age < LOGIN_TIME ? LOGIN_TIME - age : 0);
}

static void timer_expired(struct loop_timer *timer)
{
    struct logins *logins = container_of(timer, struct logins, timer);
    uint64_t now = loop_now(logins->loop);

    list_each(link, &logins->entries) {
        struct entry *entry = container_of(link, struct entry, link);

        if (now - entry->began < LOGIN_TIME)
            break;
        entry_free(logins, entry);
    }
    timer_set(logins);
}

struct logins *logins_new(struct loop *loop)
{
    struct logins *logins = mem_alloc(sizeof(*logins));

    logins->loop = loop;
    logins->timer.expired = timer_expired;
    map_init(&logins->numbers);
    list_init(&logins->entries);
    return logins;
}

void logins_free(struct logins *logins)
{
    if (logins == NULL)
        return;
    loop_timer_stop(logins->loop, &logins->timer);
    list_each(link, &logins->entries)
        entry_free(logins, container_of(link, struct entry, link));
    map_free(&logins->numbers);
    free(logins);
}

struct login *logins_find(struct logins *logins, uint64_t number)
{
    struct entry *entry = map_get_u64(&logins->numbers, number);

    return entry != NULL ? &entry->login : NULL;
}

struct login *logins_begin(struct logins *logins, uint64_t number)
{
    struct entry *entry;

    if (logins->numbers.count >= LOGINS_LIMIT)
        return NULL;
    entry = mem_alloc(sizeof(*entry));
    entry->number = number;
    entry->began = loop_now(logins->loop);
    map_put_u64(&logins->numbers, number, entry);
    list_append(&logins->entries, &entry->link);
    if (logins->numbers.count == 1)
        timer_set(logins);
    return &entry->login;
}

void logins_end(struct logins *logins, uint64_t number)
{
    struct entry *entry = map_get_u64(&logins->numbers, number);

    if (entry == NULL)
        return;
    entry_free(logins, entry);
    timer_set(logins);
}

size_t logins_count(const struct logins *logins)
{
    return logins->numbers.count;
}
