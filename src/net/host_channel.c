/* SPDX-License-Identifier: ISC */

#include "net/host_channel.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/shortage.h"
#include "net/net.h"
#include "net/respond.h"

enum {
    ANSWER_GRACE = 5000, /* milliseconds beyond the operation's own time */
    LEAVING_TIME = 2000, /* for the channel's end, after the broker said that the host goes */
    /* Bytes of what hosts have begun to say and not ended, of all together. */
    INCOMPLETE_LIMIT = 8 * MESSAGE_SIZE_LIMIT,
    /* Bytes that a host has not read and is still asked; far from where its channel would end. */
    UNREAD_LIMIT = CHANNEL_OUT_LIMIT / 2
};

struct host_channel {
    struct net *net;
    uint32_t number;
    struct channel *channel;
    struct list requests; /* struct request.host_link */
    struct loop_timer leaving;
    bool in_order; /* it leaves because its shell has ended */
    uint64_t
        late; /* requests that were answered without it, which it may still answer, each once */
    struct list incomplete; /* in net->incomplete, oldest first */
    size_t memory;          /* that its incomplete message holds */
};

static void host_channel_hold(struct host_channel *host, size_t memory)
{
    struct net *net = host->net;

    net->incomplete_memory += memory - host->memory;
    if (memory > 0 && host->memory == 0)
        list_append(&net->incomplete, &host->incomplete);
    else if (memory == 0)
        list_remove(&host->incomplete);
    host->memory = memory;
}

/*
 * Removes the host; what was asked there and is not answered fails. When the broker has said before
 * that the shell has ended in order, what its host did not read any more is answered as what was
 * waiting there: loops of Receives (PowerShell's) end silently on 995, and on no failure.
 */
static void host_channel_end(struct host_channel *host)
{
    bool in_order = host->in_order;
    struct list orphans;

    map_remove_u64(&host->net->hosts, host->number);
    host_channel_hold(host, 0);
    list_init(&orphans);
    while (!list_empty(&host->requests)) {
        struct request *request = container_of(host->requests.next, struct request, host_link);

        list_remove(&request->host_link);
        list_append(&orphans, &request->host_link);
        request->host = NULL;
        request->output = false;
    }
    loop_timer_stop(host->net->loop, &host->leaving);
    channel_free(host->channel);
    free(host);
    while (!list_empty(&orphans)) {
        struct request *request = container_of(orphans.next, struct request, host_link);

        list_remove(&request->host_link);
        if (request->state == REQUEST_PASSED && in_order)
            respond_code(request, FAULT_aborted, NULL);
        else if (request->state == REQUEST_PASSED)
            respond_code(request, FAULT_provider_failure,
                         "The process that served this shell has ended.");
    }
}

static void host_channel_ended(struct channel *channel, bool fault, const char *why)
{
    struct host_channel *host = channel_owner(channel);

    if (fault) {
        log_error("shell host %u %s", host->number, why);
        channel_send(host->net->broker, host_broke, .host = host->number, .reason = why);
    } else if (host->leaving.position == 0) {
        /* When the broker knows that the host goes, there will be no other channel. */
        channel_send(host->net->broker, channel_lost, .host = host->number);
    }
    host_channel_end(host);
}

/*
 * Part of a message has come. A host that works ends what it has begun at once; when all of them
 * together hold too much, the one that has taken longest is the one that does not want to end it.
 */
static void host_channel_incomplete(struct channel *channel, size_t memory)
{
    struct host_channel *host = channel_owner(channel);
    struct net *net = host->net;

    host_channel_hold(host, memory);
    while (net->incomplete_memory > INCOMPLETE_LIMIT) {
        struct host_channel *oldest =
            container_of(net->incomplete.next, struct host_channel, incomplete);

        channel_break(oldest->channel, "does not end the message that it has begun");
        host_channel_hold(oldest, 0);
    }
}

static void host_channel_patience_over(struct loop_timer *timer)
{
    host_channel_end(container_of(timer, struct host_channel, leaving));
}

/*
 * The request that this host was asked for and has not answered yet; also one whose client has
 * left. An answer to anything else breaks the rules (docs/walls.md, S-31), unless it is to one that
 * this process has stopped waiting for: then NULL without a word.
 */
static struct request *host_channel_asked(struct host_channel *host, uint64_t id)
{
    struct request *request = request_find_in(host->net, id, REQUEST_PASSED);
    char why[96];

    if (request != NULL && request->host == host)
        return request;
    if (request == NULL && host->late > 0) {
        host->late--;
        return NULL;
    }
    snprintf(why, sizeof(why), "answered request %" PRIx64 ", which it was not asked", id);
    channel_break(host->channel, why);
    return NULL;
}

/* Output for what is no Receive, and the like. */
static bool host_channel_kind_is(struct host_channel *host, const struct request *request,
                                 enum operation_kind kind)
{
    char why[96];

    if (request->message.operation.kind == kind)
        return true;
    snprintf(why, sizeof(why), "answered request %" PRIx64 " as if it was another operation",
             request->id);
    channel_break(host->channel, why);
    return false;
}

static void host_channel_answer(struct channel *channel, const union message_body *body)
{
    struct request *request = host_channel_asked(channel_owner(channel), body->host_answer.request);

    if (request != NULL)
        respond_host_answer(request, &body->host_answer);
}

static void host_channel_output(struct channel *channel, const union message_body *body)
{
    struct host_channel *host = channel_owner(channel);
    struct request *request = host_channel_asked(host, body->output.request);

    if (request == NULL) {
        if (!channel_is_ended(channel))
            host_channel_output_written(host, body->output.request, false);
    } else if (host_channel_kind_is(host, request, OPERATION_receive)) {
        request->output = true;
        respond_output(request, &body->output);
    }
}

static void host_channel_connected(struct channel *channel, const union message_body *body)
{
    const struct message_connect_answer *answer = &body->connect_answer;
    struct host_channel *host = channel_owner(channel);
    struct request *request = host_channel_asked(host, answer->request);

    if (request != NULL && host_channel_kind_is(host, request, OPERATION_connect))
        respond_connected(request, answer);
}

static struct host_channel *host_channel_new(struct net *net, uint32_t number, int fd)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_host_answer] = host_channel_answer,
        [MESSAGE_output] = host_channel_output,
        [MESSAGE_connect_answer] = host_channel_connected,
    };
    static const struct channel_events events = {handlers, host_channel_ended,
                                                 host_channel_incomplete};
    struct host_channel *host = mem_alloc(sizeof(*host));

    host->net = net;
    host->number = number;
    host->leaving.expired = host_channel_patience_over;
    list_init(&host->requests);
    list_init(&host->incomplete);
    host->channel = channel_new(net->loop, fd, PROCESS_net, PROCESS_shell_host, &events, host);
    if (host->channel == NULL) {
        log_error("shell host %u cannot be reached (%s)", number, shortage_text(errno));
        free(host);
        return NULL;
    }
    channel_set_state(host->channel, CHANNEL_serving);
    map_put_u64(&net->hosts, number, host);
    return host;
}

struct host_channel *host_channel_find(struct net *net, uint32_t number, int fd)
{
    struct host_channel *host = map_get_u64(&net->hosts, number);

    if (fd < CHANNEL_FD)
        return host;
    /* The broker's newest word holds: the old channel may have ended without our noticing yet. */
    if (host != NULL)
        host_channel_end(host);
    return host_channel_new(net, number, fd);
}

uint32_t host_channel_number(const struct host_channel *host)
{
    return host->number;
}

/* What winrmd-net sends to a shell host, by kind of operation: P(kind, message). */
#define PAYLOAD_TABLE(P)       \
    P(shell, shell_create)     \
    P(command, command_create) \
    P(send, send_input)        \
    P(receive, receive_output) \
    P(signal, signal_command)  \
    P(connect, connect_shell)  \
    P(reconnect, reconnect_shell)

/* Bytes of the answer as it goes out; the limit of a request is that of its UTF-8. */
static uint32_t answer_limit(const struct wsman_request *message)
{
    size_t limit = message->response_limit;

    if (message->encoding != SOAP_UTF8)
        limit *= 2;
    return limit < UINT32_MAX ? (uint32_t)limit : UINT32_MAX;
}

static bool payload_send(struct channel *channel, struct request *request)
{
    const struct grant *grant = &request->grant;

    switch (request->message.operation.kind) {
#define P(kind, name)                                                    \
    case OPERATION_##kind: {                                             \
        struct message_##name *payload = &request->message.payload.name; \
        payload->request = request->id;                                  \
        payload->operation = request->operation;                         \
        payload->sequence = grant->sequence;                             \
        payload->ticket = grant->ticket;                                 \
        payload->operation_id = request->message.operation.operation_id; \
        payload->sequence_id = request->message.sequence_id;             \
        payload->max_envelope = answer_limit(&request->message);         \
        return channel_write(channel, MESSAGE_##name, payload);          \
    }
        PAYLOAD_TABLE(P)
#undef P
    default:
        return false;
    }
}

static void host_channel_late(struct loop_timer *timer)
{
    struct request *request = container_of(timer, struct request, timer);

    host_channel_cancel(request->host, request->id);
    request->host->late++;
    respond_code(request, FAULT_timed_out, NULL);
}

bool host_channel_pass(struct host_channel *host, struct request *request)
{
    if (request->message.operation.kind == OPERATION_command)
        request->message.payload.command_create.command_id = request->grant.command_id;
    if (channel_is_ended(host->channel) || !payload_send(host->channel, request))
        return false;
    request->state = REQUEST_PASSED;
    request->host = host;
    list_append(&host->requests, &request->host_link);
    request->timer.expired = host_channel_late;
    loop_timer_start(request->net->loop, &request->timer,
                     request->message.operation.timeout + ANSWER_GRACE);
    return true;
}

bool host_channel_reads(const struct host_channel *host)
{
    return channel_backlog(host->channel) <= UNREAD_LIMIT;
}

void host_channel_cancel(struct host_channel *host, uint64_t request)
{
    channel_send(host->channel, request_cancel, .request = request);
}

void host_channel_output_written(struct host_channel *host, uint64_t request, bool delivered)
{
    if (host != NULL)
        channel_send(host->channel, output_written, .request = request, .delivered = delivered);
}

void host_channel_leaving(struct net *net, uint32_t number, bool in_order)
{
    struct host_channel *host = map_get_u64(&net->hosts, number);

    if (host == NULL)
        return;
    host->in_order = in_order;
    loop_timer_start(net->loop, &host->leaving, LEAVING_TIME);
}
