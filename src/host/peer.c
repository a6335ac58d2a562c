/* SPDX-License-Identifier: ISC */

#include "host/peer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "host/host.h"
#include "host/repeat.h"
#include "host/shell.h"

struct peer {
    struct list link;
    uint64_t number;
    uint32_t net;
    struct channel *channel;
};

static struct list peers = {&peers, &peers};
static uint64_t last_number;

static void peer_free(struct peer *peer)
{
    uint64_t number = peer->number;

    list_remove(&peer->link);
    channel_free(peer->channel);
    free(peer);
    shell_peer_gone(number);
}

static void peer_ended(struct channel *channel, bool fault, const char *why)
{
    struct peer *peer = channel_owner(channel);

    if (fault)
        log_error("winrmd-net %u %s", peer->net, why);
    peer_free(peer);
}

void peer_add(uint32_t net, int fd, const channel_handler *handlers)
{
    static struct channel_events events = {.ended = peer_ended};
    struct peer *peer;

    if (fd < 0)
        return;
    events.handlers = handlers;
    peer_revoke(net);
    peer = mem_alloc(sizeof(*peer));
    peer->net = net;
    peer->number = ++last_number;
    peer->channel = channel_new(host.loop, fd, PROCESS_shell_host, PROCESS_net, &events, peer);
    if (peer->channel == NULL) {
        log_error("cannot watch the channel to winrmd-net %u", net);
        free(peer);
        return;
    }
    channel_set_state(peer->channel, CHANNEL_serving);
    list_append(&peers, &peer->link);
}

void peer_revoke(uint32_t net)
{
    list_each(link, &peers) {
        struct peer *peer = container_of(link, struct peer, link);

        if (peer->net == net)
            peer_free(peer);
    }
}

struct reply reply_to(const struct channel *channel, uint64_t request)
{
    const struct peer *peer = channel_owner(channel);

    return (struct reply){.open = true, .peer = peer->number, .request = request};
}

bool reply_matches(const struct reply *reply, const struct channel *channel, uint64_t request)
{
    const struct peer *peer = channel_owner(channel);
    const struct reply to = repeat_destination(reply);

    return reply->open && to.open && to.peer == peer->number && to.request == request;
}

struct channel *reply_channel(const struct reply *reply)
{
    list_each(link, &peers) {
        struct peer *peer = container_of(link, struct peer, link);

        if (peer->number == reply->peer)
            return peer->channel;
    }
    return NULL;
}

static void (*watcher)(void);

void reply_watch(void (*answered)(void))
{
    watcher = answered;
}

void reply_send_answer(struct reply *reply, struct message_host_answer *answer)
{
    const struct reply to = repeat_destination(reply);
    struct channel *channel = reply->open && to.open ? reply_channel(&to) : NULL;

    if (reply->open)
        repeat_answered(reply, answer);
    reply->open = false;
    answer->request = to.request;
    if (channel != NULL)
        channel_write(channel, MESSAGE_host_answer, answer);
    if (watcher != NULL)
        watcher();
}

void reply_abandon(struct reply *reply)
{
    struct reply to = repeat_destination(reply);

    if (!repeat_is_known(reply->name)) {
        reply_send(reply, ERROR_OPERATION_ABORTED);
        return;
    }
    repeat_abandon(reply);
    to.name = 0;
    reply_send(&to, ERROR_OPERATION_ABORTED);
}

void reply_send(struct reply *reply, uint32_t code)
{
    reply_send_answer(reply, &(struct message_host_answer){.code = code});
}

void reply_send_plugin(struct reply *reply, uint32_t code, const char *extended)
{
    reply_send_answer(reply, &(struct message_host_answer){.code = code,
                                                           .extended = extended,
                                                           .provider = host.plugin.name,
                                                           .provider_path = host.plugin.path});
}
