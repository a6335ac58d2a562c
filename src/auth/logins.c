/* SPDX-License-Identifier: ISC */

#include "auth/logins.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Without padding: it is compared as bytes. */
struct connection_key {
    uint64_t net;
    uint64_t connection;
};

struct ipc_bytes bytes_copy(const struct ipc_bytes *bytes)
{
    uint8_t *data = bytes->length > 0 ? mem_alloc(bytes->length) : NULL;

    if (data != NULL)
        memcpy(data, bytes->data, bytes->length);
    return (struct ipc_bytes){.data = data, .length = bytes->length};
}

void bytes_wipe(struct ipc_bytes *bytes)
{
    void *data = (void *)(uintptr_t)bytes->data;

    if (data != NULL)
        explicit_bzero(data, bytes->length);
    free(data);
    *bytes = (struct ipc_bytes){0};
}

void logins_init(struct logins *logins, struct loop *loop, void *owner)
{
    *logins = (struct logins){.loop = loop, .owner = owner};
    list_init(&logins->all);
    list_init(&logins->open);
    map_init(&logins->by_connection);
    map_init(&logins->by_context);
}

struct login *login_new(struct logins *logins, const struct net_peer *peer, uint64_t connection,
                        const char *address)
{
    const struct connection_key key = {peer->number, connection};
    struct login *login = mem_alloc(sizeof(*login));

    login->logins = logins;
    login->state = LOGIN_waiting;
    login->peer = peer;
    login->net = peer->number;
    login->connection = connection;
    login->context = ++logins->last_context;
    source_of(address != NULL ? address : "", login->source);
    list_init(&login->open_link);
    list_append(&logins->all, &login->link);
    map_put(&logins->by_connection, &key, sizeof(key), login);
    map_put_u64(&logins->by_context, login->context, login);
    return login;
}

void login_take(struct login *login, const struct message_auth_token *leg)
{
    free(login->address);
    free(login->tls);
    bytes_wipe(&login->token);
    login->exchange = leg->exchange;
    login->came = loop_now(login->logins->loop);
    login->listener = leg->listener;
    login->kerberos = leg->kerberos;
    login->must_seal = leg->must_seal;
    login->address = mem_text(leg->address != NULL ? leg->address : "");
    login->tls = mem_text(leg->tls);
    login->token = bytes_copy(&leg->token);
}

struct login *login_of_connection(const struct logins *logins, const struct net_peer *peer,
                                  uint64_t connection)
{
    const struct connection_key key = {peer->number, connection};

    return map_get(&logins->by_connection, &key, sizeof(key));
}

struct login *login_of_context(const struct logins *logins, uint64_t context)
{
    return map_get_u64(&logins->by_context, context);
}

struct login *login_of_exchange(const struct logins *logins, const struct net_peer *peer,
                                uint64_t exchange)
{
    list_each(link, (struct list *)(uintptr_t)&logins->all) {
        struct login *login = container_of(link, struct login, link);

        if (login->peer == peer && login->exchange == exchange && login->state != LOGIN_open)
            return login;
    }
    return NULL;
}

struct login *login_open(struct login *login)
{
    struct logins *logins = login->logins;
    struct login *oldest = NULL;
    size_t count = 0;

    login->state = LOGIN_open;
    list_append(&logins->open, &login->open_link);
    logins->open_count++;
    list_each(link, &logins->open) {
        struct login *other = container_of(link, struct login, open_link);

        if (strcmp(other->source, login->source) != 0)
            continue;
        if (oldest == NULL)
            oldest = other;
        count++;
    }
    if (count > LOGINS_SOURCE_OPEN)
        return oldest;
    return logins->open_count > LOGINS_OPEN
               ? container_of(logins->open.next, struct login, open_link)
               : NULL;
}

void login_close(struct login *login)
{
    if (login->state != LOGIN_open)
        return;
    list_remove(&login->open_link);
    login->logins->open_count--;
    login->state = LOGIN_waiting;
    loop_timer_stop(login->logins->loop, &login->timer);
}

void login_leave(struct login *login)
{
    const struct connection_key key = {login->net, login->connection};
    struct map *map = &login->logins->by_connection;

    login->peer = NULL;
    if (map_get(map, &key, sizeof(key)) == login)
        map_remove(map, &key, sizeof(key));
}

void login_free(struct login *login)
{
    login_close(login);
    login_leave(login);
    map_remove_u64(&login->logins->by_context, login->context);
    loop_timer_stop(login->logins->loop, &login->timer);
    list_remove(&login->link);
    bytes_wipe(&login->token);
    bytes_wipe(&login->answer);
    bytes_wipe(&login->exported);
    free(login->principal);
    free(login->address);
    free(login->tls);
    free(login);
}
