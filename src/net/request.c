/* SPDX-License-Identifier: ISC */

#include "net/request.h"

#include "base/memory.h"
#include "net/authentication.h"
#include "net/connection.h"
#include "net/host_channel.h"
#include "net/net.h"

/*
 * The first block of a request's arena, which an ordinary request fits in. So many unused requests
 * keep theirs: after a rush memory is given back.
 */
enum { ARENA_KEPT = 16 * 1024, ARENAS_KEPT = 64, GENERATION_SHIFT = 32 };

static struct request *table_add(struct net *net)
{
    struct request_table *table = &net->requests;
    struct request *request = mem_alloc(sizeof(*request));

    table->slots = mem_resize(table->slots, table->size + 1, sizeof(struct request *));
    table->free = mem_resize(table->free, table->size + 1, sizeof(size_t));
    table->slots[table->size] = request;
    request->id = table->size++;
    request->net = net;
    list_init(&request->host_link);
    arena_init(&request->arena, 4 * (size_t)site_max_envelope(&net->site) + 1024 * 1024);
    return request;
}

static void prepare_arena(struct arena *arena)
{
    if (arena->blocks == NULL) {
        arena_alloc(arena, ARENA_KEPT);
        arena_reset(arena);
    }
}

struct request *request_new(struct net *net, struct connection *connection,
                            const struct http_request *http)
{
    struct request_table *table = &net->requests;
    struct request *request =
        table->free_count > 0 ? table->slots[table->free[--table->free_count]] : table_add(net);

    prepare_arena(&request->arena);
    request->id += (uint64_t)1 << GENERATION_SHIFT;
    request->state = REQUEST_STARTED;
    request->step = 0;
    request->connection = connection;
    request->http = *http;
    request->application = site_application(&net->site, http->target, http->path_length);
    request->listener = site_listener(&net->site, http->listener);
    request->guest_identify = false;
    request->content_type = http->content_type;
    request->body = http->body;
    request->body_length = http->body_length;
    request->sealed = SEALED_none;
    /* Faults look at what was read; the rest is filled by wsman_read_request(). */
    request->message.encoding = SOAP_UTF8;
    request->message.sequence_id = NULL;
    request->message.operation = (struct message_operation){.request = request->id};
    connection->request = request;
    return request;
}

struct request *request_find(const struct net *net, uint64_t id)
{
    size_t slot = (size_t)(uint32_t)id;
    struct request *request = slot < net->requests.size ? net->requests.slots[slot] : NULL;

    return request != NULL && request->id == id && request->state != REQUEST_none ? request : NULL;
}

struct request *request_find_in(const struct net *net, uint64_t id, enum request_state state)
{
    struct request *request = request_find(net, id);

    return request != NULL && request->state == state ? request : NULL;
}

void request_each(struct net *net, enum request_state state, void (*visit)(struct request *request))
{
    for (size_t i = 0; i < net->requests.size; i++)
        if (net->requests.slots[i]->state == state)
            visit(net->requests.slots[i]);
}

void request_keep_details(struct request *request, const struct message_shell_details *details)
{
    request->details = message_keep(&request->arena, MESSAGE_shell_details, details);
}

void request_end(struct request *request, bool delivered)
{
    struct net *net = request->net;

    if (request->output)
        host_channel_output_written(request->host, request->id, delivered);
    if (request->output && delivered && request->host != NULL && request->connection != NULL) {
        request->connection->output_host = host_channel_number(request->host);
        request->connection->output_request = request->id;
    }
    if (request->operation != 0)
        channel_send(net->broker, operation_written, .operation = request->operation,
                     .delivered = delivered && request->items.delivered,
                     .taken = request->items.taken);
    negotiate_forget(request);
    if (request->connection != NULL) {
        request->connection->request = NULL;
        request->connection->answered = loop_now(net->loop);
    }
    loop_timer_stop(net->loop, &request->timer);
    list_remove(&request->host_link);
    if (net->requests.free_count < ARENAS_KEPT)
        arena_reset(&request->arena);
    else
        arena_free(&request->arena);
    request->state = REQUEST_none;
    request->connection = NULL;
    request->host = NULL;
    request->details = NULL;
    request->items = (struct items){0};
    request->operation = 0;
    request->output = false;
    net->requests.free[net->requests.free_count++] = (size_t)(uint32_t)request->id;
}

void request_answer(struct request *request, unsigned status, const struct http_headers *headers,
                    const void *body, size_t length)
{
    struct net *net = request->net;
    uint64_t id = request->id;

    if (request->connection == NULL) {
        request_end(request, false);
        return;
    }
    loop_timer_stop(net->loop, &request->timer);
    request->state = REQUEST_ANSWERED;
    if (!http_answer(net->server, request->http.handle, id, status, headers, body, length)) {
        request = request_find_in(net, id, REQUEST_ANSWERED);
        if (request != NULL)
            request_end(request, false);
    }
}

void request_client_gone(struct request *request)
{
    struct net *net = request->net;

    request->connection->request = NULL;
    request->connection = NULL;
    switch (request->state) {
    case REQUEST_AUTHENTICATING:
        authentication_abandon(request);
        request_end(request, false);
        break;
    case REQUEST_ASKED:
        channel_send(net->broker, operation_cancel, .request = request->id);
        break;
    case REQUEST_PASSED:
        host_channel_cancel(request->host, request->id);
        break;
    case REQUEST_none:
    case REQUEST_STARTED:
    case REQUEST_ANSWERED:
        break;
    }
}
