/* SPDX-License-Identifier: ISC */

#include "auth/listeners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_load.h"
#include "base/log.h"
#include "base/map.h"
#include "base/memory.h"

struct listener {
    struct authorities *authorities;
    char *pem; /* that they were read from, to see whether it is another */
    size_t length;
    struct binding binding;
    enum channel_binding level;
};

struct listeners {
    struct channel *broker;
    struct map by_number; /* struct listener */
};

struct listeners *listeners_new(struct channel *broker)
{
    struct listeners *listeners = mem_alloc(sizeof(*listeners));

    listeners->broker = broker;
    map_init(&listeners->by_number);
    return listeners;
}

static struct listener *listener_get(struct listeners *listeners, uint32_t number)
{
    struct listener *listener = map_get_u64(&listeners->by_number, number);

    if (listener == NULL) {
        listener = mem_alloc(sizeof(*listener));
        map_put_u64(&listeners->by_number, number, listener);
    }
    return listener;
}

void listeners_end(struct listeners *listeners, uint32_t number)
{
    struct listener *listener = map_remove_u64(&listeners->by_number, number);

    if (listener == NULL)
        return;
    authorities_free(listener->authorities);
    free(listener->pem);
    free(listener);
}

/* NULL: there is none, or `fault` says why it cannot be read. */
static char *pem_load(int fd, size_t *length, struct file_fault *fault)
{
    const char *why = "";
    char *pem = fd >= 0 ? file_load(fd, length, &why) : NULL;

    *fault = (struct file_fault){0};
    if (fd >= 0 && pem == NULL)
        snprintf(fault->text, sizeof(fault->text), "%s", why);
    return pem;
}

static bool authorities_take(struct listener *listener, const char *name, int fd)
{
    struct file_fault fault;
    size_t length = 0;
    char *pem = pem_load(fd, &length, &fault);
    bool same = (pem == NULL) == (listener->pem == NULL) && length == listener->length &&
                (pem == NULL || memcmp(pem, listener->pem, length) == 0);
    bool had = listener->authorities != NULL;

    if (same) {
        free(pem);
        return false;
    }
    authorities_free(listener->authorities);
    free(listener->pem);
    listener->authorities = pem != NULL ? authorities_parse(pem, length, &fault) : NULL;
    listener->pem = pem;
    listener->length = length;
    if (fault.text[0] != '\0')
        log_error("client-ca of listener \"%s\": %s; no client certificate is accepted on it", name,
                  fault.text);
    else if (listener->authorities != NULL)
        log_info("client-ca of listener \"%s\": %zu certificate%s", name,
                 authorities_count(listener->authorities),
                 authorities_count(listener->authorities) == 1 ? "" : "s");
    return had;
}

static void binding_take(struct listener *listener, const char *name, int fd)
{
    struct file_fault fault;
    size_t length = 0;
    char *pem = pem_load(fd, &length, &fault);

    memset(&listener->binding, 0, sizeof(listener->binding));
    if (pem != NULL)
        binding_make(pem, length, &listener->binding, &fault);
    if (fault.text[0] != '\0')
        log_error("certificate of listener \"%s\": %s", name, fault.text);
    /* Its key may stand there, too, and is none of this process's business. */
    if (pem != NULL)
        explicit_bzero(pem, length);
    free(pem);
}

/* A number that is none asks for the most there is. */
static bool level_take(struct listener *listener, uint32_t level)
{
    enum channel_binding before = listener->level;

    listener->level = level < CHANNEL_BINDING_strict ? level : CHANNEL_BINDING_strict;
    return listener->level > before;
}

struct listeners_change listeners_take(struct listeners *listeners,
                                       const struct message_auth_listener *message)
{
    bool known = map_get_u64(&listeners->by_number, message->listener) != NULL;
    struct listener *listener = listener_get(listeners, message->listener);
    const char *name = message->name != NULL ? message->name : "";
    char value[2 * BINDING_DIGEST_LIMIT + 1];
    struct listeners_change change = {.binding =
                                          level_take(listener, message->channel_binding) && known};

    if (message->part == LISTENER_FILE_client_ca) {
        change.authorities = authorities_take(listener, name, message->file);
    } else if (message->part == LISTENER_FILE_certificate) {
        binding_take(listener, name, message->file);
        binding_write(&listener->binding, value);
        channel_send(listeners->broker, auth_bound, .listener = message->listener, .value = value);
    }
    if (message->file >= 0)
        close(message->file);
    return change;
}

const struct authorities *listeners_authorities(const struct listeners *listeners, uint32_t number)
{
    const struct listener *listener = map_get_u64(&listeners->by_number, number);

    return listener != NULL ? listener->authorities : NULL;
}

const struct binding *listeners_binding(const struct listeners *listeners, uint32_t number)
{
    const struct listener *listener = map_get_u64(&listeners->by_number, number);

    return listener != NULL && listener->binding.length > 0 ? &listener->binding : NULL;
}

enum channel_binding listeners_channel_binding(const struct listeners *listeners, uint32_t number)
{
    const struct listener *listener = map_get_u64(&listeners->by_number, number);

    return listener != NULL ? listener->level : CHANNEL_BINDING_none;
}
