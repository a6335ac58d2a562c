/* SPDX-License-Identifier: ISC */

/*
 * winrmd-auth: checks who somebody is. It sees names, passwords and certificates from every
 * winrmd-net and tells the broker, and nobody else, who has proved what; it knows nothing of
 * operations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/basic.h"
#include "auth/certificates.h"
#include "auth/negotiate.h"
#include "base/guard.h"
#include "base/log.h"
#include "base/memory.h"
#include "confine/confine.h"
#include "ipc/log_level.h"

struct service {
    struct loop *loop;
    struct channel *broker;
    struct cache *cache;
    struct pam_checks *pam;
    struct basic *basic; /* NULL: not told its task yet */
    struct listeners *listeners;
    struct certificates *certificates;
    struct negotiate *negotiate;
    struct list peers; /* struct net_peer */
};

static struct service service;

/* ---- winrmd-net ---- */

static void peer_free(struct net_peer *peer)
{
    basic_abandon_all(service.basic, peer);
    certificates_abandon_all(service.certificates, peer);
    negotiate_abandon_all(service.negotiate, peer);
    list_remove(&peer->link);
    channel_free(peer->channel);
    free(peer);
}

static void on_basic(struct channel *channel, const union message_body *body)
{
    basic_check(service.basic, channel_owner(channel), &body->auth_basic);
}

static void on_certificate(struct channel *channel, const union message_body *body)
{
    certificates_check(service.certificates, channel_owner(channel), &body->auth_certificate);
}

static void on_abandon(struct channel *channel, const union message_body *body)
{
    basic_abandon(service.basic, channel_owner(channel), body->auth_abandon.exchange);
    certificates_abandon(service.certificates, channel_owner(channel), body->auth_abandon.exchange);
    negotiate_abandon(service.negotiate, channel_owner(channel), body->auth_abandon.exchange);
}

static void on_token(struct channel *channel, const union message_body *body)
{
    negotiate_take(service.negotiate, channel_owner(channel), &body->auth_token);
}

static void on_token_end(struct channel *channel, const union message_body *body)
{
    negotiate_end(service.negotiate, channel_owner(channel), body->auth_token_end.connection);
}

static void on_peer_ended(struct channel *channel, bool fault, const char *why)
{
    struct net_peer *peer = channel_owner(channel);

    if (fault)
        log_error("winrmd-net %u %s", peer->number, why);
    peer_free(peer);
}

/* ---- the broker ---- */

/*
 * What it may see is settled when it is first told its task. A reload that configures a file
 * elsewhere is for another process, which the broker starts at once; whoever is logging in waits.
 */
static void see(const struct message_auth_start *task)
{
    if (service.basic == NULL) {
        confine_auth(task->users, task->certificate_map);
    } else if (!confine_sees(task->users) || !confine_sees(task->certificate_map)) {
        log_info("a file is configured in a folder that it does not see; another one begins");
        _exit(0);
    }
}

static void on_start(struct channel *channel, const union message_body *body)
{
    see(&body->auth_start);
    if (service.basic == NULL) {
        service.cache = cache_new(0);
        service.pam = pam_checks_new(service.loop, channel, service.cache);
        service.basic = basic_new(service.loop, channel, service.pam, service.cache);
    }
    if (service.basic == NULL) {
        log_error("no thread can be started to check passwords in");
        _exit(1);
    }
    if (service.certificates == NULL) {
        service.listeners = listeners_new(channel);
        service.certificates =
            certificates_new(service.loop, channel, service.listeners, service.basic);
        service.negotiate = negotiate_new(service.loop, channel, service.listeners, service.basic);
    }
    cache_reset(service.cache, body->auth_start.basic_cache);
    /* PAM begins or ceases to say which accounts may be used. */
    if ((pam_checks_processes(service.pam) > 0) != (body->auth_start.pam > 0))
        certificates_revoke_all(service.certificates);
    pam_checks_set_processes(service.pam, body->auth_start.pam);
    basic_set_path(service.basic, body->auth_start.users);
    certificates_set_map(service.certificates, body->auth_start.certificate_map);
    negotiate_configure(service.negotiate, &body->auth_start.realms,
                        body->auth_start.negotiate_lifetime);
    channel_set_state(channel, CHANNEL_serving);
    channel_send(channel, auth_ready, .end_of_message = 0);
}

static void on_pam_answer(struct channel *channel, const union message_body *body)
{
    (void)channel;
    pam_checks_answer(service.pam, &body->pam_answer);
}

/* An administrator has it forgotten. */
static void on_forget(struct channel *channel, const union message_body *body)
{
    const struct message_auth_forget *forget = &body->auth_forget;
    uint32_t failures = 0;

    if (forget->passwords)
        cache_clear(service.cache);
    if (forget->who != NULL)
        failures = pam_checks_forget(service.pam, forget->who) +
                   negotiate_forget(service.negotiate, forget->who);
    channel_send(channel, auth_forgotten, .call = forget->call, .failures = failures);
}

static void on_listener(struct channel *channel, const union message_body *body)
{
    struct listeners_change change = listeners_take(service.listeners, &body->auth_listener);

    (void)channel;
    if (change.authorities)
        certificates_revoke_all(service.certificates);
    if (change.binding)
        negotiate_revoke_all(service.negotiate);
}

static void on_listener_end(struct channel *channel, const union message_body *body)
{
    (void)channel;
    listeners_end(service.listeners, body->auth_listener_end.listener);
}

/*
 * Without room for a channel there is no work that comes through it: this process ends, and the
 * one that is started in its place has room. Who waits for an answer asks that one.
 */
static void channel_needed(int fd)
{
    if (fd >= CHANNEL_FD)
        return;
    log_error("this process ends, because it cannot be reached any more");
    _exit(1);
}

static void on_gss(struct channel *channel, const union message_body *body)
{
    (void)channel;
    channel_needed(body->auth_gss.channel);
    negotiate_set_gss(service.negotiate, body->auth_gss.channel);
}

static void on_net(struct channel *channel, const union message_body *body)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_basic] = on_basic,
        [MESSAGE_auth_certificate] = on_certificate,
        [MESSAGE_auth_abandon] = on_abandon,
        [MESSAGE_auth_token] = on_token,
        [MESSAGE_auth_token_end] = on_token_end};
    static const struct channel_events events = {.handlers = handlers, .ended = on_peer_ended};
    struct net_peer *peer;

    (void)channel;
    /* A restarted winrmd-net has the number of its predecessor. */
    list_each(link, &service.peers) {
        peer = container_of(link, struct net_peer, link);
        if (peer->number == body->auth_net.net)
            peer_free(peer);
    }
    channel_needed(body->auth_net.channel);
    peer = mem_alloc(sizeof(*peer));
    peer->number = body->auth_net.net;
    peer->channel =
        channel_new(service.loop, body->auth_net.channel, PROCESS_auth, PROCESS_net, &events, peer);
    if (peer->channel == NULL) {
        log_error("the channel to winrmd-net %u cannot be watched", peer->number);
        free(peer);
        return;
    }
    channel_set_state(peer->channel, CHANNEL_serving);
    list_append(&service.peers, &peer->link);
}

static void on_broker_ended(struct channel *channel, bool fault, const char *why)
{
    (void)channel;
    if (fault)
        log_error("the broker %s", why);
    /* Now, without waiting for a hash that is being computed. */
    _exit(fault ? 1 : 0);
}

int main(int count, char **arguments)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {
        [MESSAGE_auth_start] = on_start,
        [MESSAGE_auth_net] = on_net,
        [MESSAGE_pam_answer] = on_pam_answer,
        [MESSAGE_auth_listener] = on_listener,
        [MESSAGE_auth_listener_end] = on_listener_end,
        [MESSAGE_auth_gss] = on_gss,
        [MESSAGE_auth_forget] = on_forget,
        [MESSAGE_log_level] = log_level_take,
    };
    static const struct channel_events events = {.handlers = handlers, .ended = on_broker_ended};

    (void)arguments;
    log_open("winrmd-auth");
    guard_memory();
    guard_end_with_parent();
    list_init(&service.peers);
    service.loop = count > 1 ? NULL : loop_new();
    if (service.loop != NULL)
        service.broker =
            channel_new(service.loop, CHANNEL_FD, PROCESS_auth, PROCESS_broker, &events, NULL);
    if (service.broker == NULL) {
        fprintf(stderr, "winrmd-auth is started by winrmd, not by hand\n");
        return 2;
    }
    loop_run(service.loop);
    return 0;
}
