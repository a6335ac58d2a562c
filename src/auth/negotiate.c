/* SPDX-License-Identifier: ISC */

#include "auth/negotiate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/acceptors.h"
#include "auth/logins.h"
#include "auth/negotiate_rules.h"
#include "auth/refusals.h"
#include "base/log.h"
#include "base/memory.h"
#include "methods.h"

struct negotiate {
    struct loop *loop;
    struct channel *broker;
    struct negotiate_rules rules;
    struct basic *basic;
    struct refusals *refusals;
    struct admission *admission;
    struct loop_timer later; /* when somebody who has to wait may be asked */
    struct logins logins;
    struct acceptors acceptors;
    unsigned asked;
};

static void negotiate_work(struct negotiate *negotiate);

static struct negotiate *owner_of(const struct login *login)
{
    return login->logins->owner;
}

/* ---- refusals ---- */

/* winrmd-gss has nothing of it any more. */
static void login_over(struct login *login)
{
    if (login->acceptor != NULL)
        acceptor_drop_login(login->acceptor);
    login->acceptor = NULL;
}

/* winrmd-gss is to have nothing of it any more. */
static void login_forget(struct login *login)
{
    if (login->acceptor != NULL)
        channel_send(login->acceptor->channel, gss_drop, .context = login->context);
    login_over(login);
}

static void refusal_tell(struct login *login)
{
    if (login->peer != NULL)
        channel_send(login->peer->channel, auth_refused, .exchange = login->exchange);
    login_free(login);
}

static void delay_over(struct loop_timer *timer)
{
    refusal_tell(container_of(timer, struct login, timer));
}

/* It is in no queue. A refusal is audited although the client has left: that must hide nothing. */
static void login_refuse(struct login *login, const char *mechanism, const char *reason)
{
    struct negotiate *negotiate = owner_of(login);
    uint64_t passed = loop_now(negotiate->loop) - login->came;
    bool known = mechanism != NULL && mechanism[0] != '\0';

    login_forget(login);
    login->state = LOGIN_refused;
    refusals_tell(
        negotiate->refusals,
        &(struct message_auth_failure){.net = login->net,
                                       .address = login->address,
                                       .tls = login->tls,
                                       .mechanism = known ? mechanism : "Negotiate",
                                       .name = login->account[0] != '\0' ? login->account : NULL,
                                       .principal = login->principal,
                                       .reason = reason});
    loop_timer_stop(negotiate->loop, &login->timer);
    if (login->peer == NULL || passed >= NEGOTIATE_DELAY) {
        refusal_tell(login);
        return;
    }
    login->timer.expired = delay_over;
    loop_timer_start(negotiate->loop, &login->timer, NEGOTIATE_DELAY - passed);
}

/* ---- whose turn it is ---- */

/* winrmd-gss has said what it makes of the token, or never will. */
static void login_answered(struct login *login, bool well)
{
    struct negotiate *negotiate = owner_of(login);

    negotiate->asked--;
    loop_timer_stop(negotiate->loop, &login->timer);
    admission_end(negotiate->admission, &login->job, well, loop_now(negotiate->loop));
}

static void answer_missing(struct loop_timer *timer)
{
    struct login *login = container_of(timer, struct login, timer);
    struct negotiate *negotiate = owner_of(login);

    login_answered(login, false);
    login_refuse(login, NULL, "winrmd-gss does not answer");
    negotiate_work(negotiate);
}

static void login_ask(struct login *login)
{
    struct negotiate *negotiate = owner_of(login);
    uint8_t room[BINDING_LIMIT];

    negotiate->asked++;
    login->state = LOGIN_asked;
    if (login->acceptor == NULL) {
        login->acceptor = negotiate->acceptors.current;
        acceptor_take_login(login->acceptor);
    }
    login->timer.expired = answer_missing;
    loop_timer_start(negotiate->loop, &login->timer, NEGOTIATE_WAIT);
    channel_send(login->acceptor->channel, gss_accept, .context = login->context,
                 .kerberos = login->kerberos,
                 .binding = negotiate_rules_binding(&negotiate->rules, login, room),
                 .token = login->token);
    bytes_wipe(&login->token);
}

static void later_expired(struct loop_timer *timer)
{
    negotiate_work(container_of(timer, struct negotiate, later));
}

static void negotiate_work(struct negotiate *negotiate)
{
    uint64_t wait = 0;

    while (negotiate->acceptors.current != NULL && negotiate->asked < NEGOTIATE_ASKED) {
        struct admission_job *job =
            admission_next(negotiate->admission, NEGOTIATE_ASKED, loop_now(negotiate->loop), &wait);

        if (job == NULL)
            break;
        login_ask(container_of(job, struct login, job));
    }
    if (wait > 0)
        loop_timer_start(negotiate->loop, &negotiate->later, wait);
    else
        loop_timer_stop(negotiate->loop, &negotiate->later);
}

static void turn_missing(struct loop_timer *timer)
{
    struct login *login = container_of(timer, struct login, timer);
    struct negotiate *negotiate = owner_of(login);
    const char *reason = "too many logins wait for winrmd-gss";

    if (negotiate->acceptors.current == NULL)
        reason = "there is no winrmd-gss";
    else if (admission_why(negotiate->admission, &login->job, loop_now(negotiate->loop)) ==
             ADMISSION_source)
        reason = "too many failed logins from this address";
    admission_drop(negotiate->admission, &login->job);
    login_refuse(login, NULL, reason);
}

static void login_queue(struct login *login)
{
    struct negotiate *negotiate = owner_of(login);
    struct admission_job *crowded;

    login->state = LOGIN_waiting;
    login->timer.expired = turn_missing;
    loop_timer_start(negotiate->loop, &login->timer, NEGOTIATE_WAIT);
    crowded =
        admission_add(negotiate->admission, &login->job, login->address, loop_now(negotiate->loop));
    if (crowded != NULL)
        login_refuse(container_of(crowded, struct login, job), NULL,
                     "too many logins of this address wait");
    negotiate_work(negotiate);
}

/* ---- what winrmd-gss says ---- */

static struct negotiate *negotiate_of(const struct channel *channel)
{
    const struct acceptor *acceptor = channel_owner(channel);

    return acceptor->acceptors->owner;
}

/* The login that it has been asked about; NULL: nobody wants to know. */
static struct login *login_asked(const struct channel *channel, uint64_t context)
{
    struct login *login = login_of_context(&negotiate_of(channel)->logins, context);

    return login != NULL && login->state == LOGIN_asked && login->acceptor == channel_owner(channel)
               ? login
               : NULL;
}

static void open_too_long(struct loop_timer *timer)
{
    struct login *login = container_of(timer, struct login, timer);

    login_forget(login);
    login_free(login);
}

static void on_continue(struct channel *channel, const union message_body *body)
{
    const struct message_gss_continue *answer = &body->gss_continue;
    struct negotiate *negotiate = negotiate_of(channel);
    struct login *login = login_asked(channel, answer->context);
    struct login *oldest;

    if (login == NULL)
        return;
    login_answered(login, true);
    if (login->peer == NULL) {
        login_forget(login);
        login_free(login);
    } else {
        channel_send(login->peer->channel, auth_continue, .exchange = login->exchange,
                     .token = answer->token);
        login->timer.expired = open_too_long;
        loop_timer_start(negotiate->loop, &login->timer, LOGINS_OPEN_TIME);
        oldest = login_open(login);
        if (oldest != NULL)
            open_too_long(&oldest->timer);
    }
    negotiate_work(negotiate);
}

static void on_failed(struct channel *channel, const union message_body *body)
{
    const struct message_gss_failed *answer = &body->gss_failed;
    struct negotiate *negotiate = negotiate_of(channel);
    struct login *login = login_asked(channel, answer->context);

    if (login == NULL)
        return;
    login_over(login);
    login_answered(login, false);
    if (answer->detail != NULL && answer->detail[0] != '\0')
        log_info("login from %s refused: %s", login->address, answer->detail);
    login_refuse(login, answer->mechanism,
                 answer->reason != NULL ? answer->reason : "it is not accepted");
    negotiate_work(negotiate);
}

static void login_accept(struct login *login, const struct account_answer *answer)
{
    struct negotiate *negotiate = owner_of(login);

    if (login->peer != NULL) {
        channel_send(login->peer->channel, auth_context, .exchange = login->exchange,
                     .lifetime = login->lifetime, .seals = login->seals, .token = login->answer,
                     .context = login->exported);
        channel_send(negotiate->broker, auth_identity, .net = login->net,
                     .exchange = login->exchange, .address = login->address, .tls = login->tls,
                     .mechanism = login->mechanism, .name = answer->account,
                     .account = answer->account, .uid = answer->uid, .groups = answer->groups,
                     .principal = login->principal, .bound = login->bound);
    }
    login_free(login);
}

static void account_known(void *context, const struct account_answer *answer)
{
    struct login *login = context;

    login->question = 0;
    if (answer->fault != NULL)
        login_refuse(login, login->mechanism, answer->fault);
    else
        login_accept(login, answer);
}

static void on_done(struct channel *channel, const union message_body *body)
{
    const struct message_gss_done *answer = &body->gss_done;
    struct negotiate *negotiate = negotiate_of(channel);
    struct login *login = login_asked(channel, answer->context);
    uint64_t question;
    uint64_t context;
    const char *fault;

    if (login == NULL)
        return;
    login_over(login);
    fault = negotiate_rules_judge(&negotiate->rules, login, answer);
    login_answered(login, fault == NULL);
    if (fault != NULL) {
        login_refuse(login, login->mechanism, fault);
        negotiate_work(negotiate);
        return;
    }
    login->state = LOGIN_proved;
    login->answer = bytes_copy(&answer->token);
    login->exported = bytes_copy(&answer->exported);
    context = login->context;
    question = basic_account_ask(negotiate->basic, login->account, login->address, true,
                                 account_known, login);
    /* 0: it has been answered, and the login may be gone. */
    login = question != 0 ? login_of_context(&negotiate->logins, context) : NULL;
    if (login != NULL)
        login->question = question;
    negotiate_work(negotiate);
}

static void on_offer(struct channel *channel, const union message_body *body)
{
    const struct message_gss_offer *offer = &body->gss_offer;
    struct negotiate *negotiate = negotiate_of(channel);

    if (channel_owner(channel) != negotiate->acceptors.current)
        return;
    free(negotiate->rules.domain);
    negotiate->rules.domain = mem_text(offer->ntlm_domain);
    if (realms_offer(&negotiate->rules.realms, &offer->realms))
        channel_send(negotiate->broker, auth_revoked, .mechanism = MECHANISM_KERBEROS);
}

/* ---- winrmd-gss ---- */

/* What it had of logins is gone with it. */
static void acceptor_lost(void *owner, struct acceptor *acceptor)
{
    struct negotiate *negotiate = owner;

    list_each(link, &negotiate->logins.all) {
        struct login *login = container_of(link, struct login, link);

        if (login->acceptor != acceptor)
            continue;
        login->acceptor = NULL;
        if (login->state == LOGIN_open) {
            login_free(login);
        } else if (login->state == LOGIN_asked) {
            login_answered(login, false);
            login_refuse(login, NULL, "winrmd-gss ended while it was asked");
        }
    }
    negotiate_work(negotiate);
}

void negotiate_set_gss(struct negotiate *negotiate, int channel)
{
    acceptors_add(&negotiate->acceptors, channel);
    negotiate_work(negotiate);
}

/* ---- legs ---- */

/* Whatever becomes of it interests nobody but the audit. */
static void login_abandon(struct login *login)
{
    struct negotiate *negotiate = owner_of(login);

    if (login->state == LOGIN_asked) {
        login_leave(login);
        return;
    }
    if (login->state == LOGIN_waiting)
        admission_drop(negotiate->admission, &login->job);
    if (login->state == LOGIN_proved)
        basic_account_cancel(negotiate->basic, login->question);
    login_forget(login);
    login_free(login);
}

void negotiate_take(struct negotiate *negotiate, const struct net_peer *peer,
                    const struct message_auth_token *leg)
{
    struct login *login = login_of_connection(&negotiate->logins, peer, leg->connection);

    if (login != NULL && login->state != LOGIN_open) {
        login_abandon(login);
        login = NULL;
    }
    if (login == NULL)
        login = login_new(&negotiate->logins, peer, leg->connection, leg->address);
    login_close(login);
    login_take(login, leg);
    login_queue(login);
}

void negotiate_end(struct negotiate *negotiate, const struct net_peer *peer, uint64_t connection)
{
    struct login *login = login_of_connection(&negotiate->logins, peer, connection);

    if (login != NULL)
        login_abandon(login);
}

void negotiate_abandon(struct negotiate *negotiate, const struct net_peer *peer, uint64_t exchange)
{
    struct login *login = login_of_exchange(&negotiate->logins, peer, exchange);

    if (login != NULL)
        login_abandon(login);
}

void negotiate_abandon_all(struct negotiate *negotiate, const struct net_peer *peer)
{
    list_each(link, &negotiate->logins.all) {
        struct login *login = container_of(link, struct login, link);

        if (login->peer == peer)
            login_abandon(login);
    }
}

/* ---- life ---- */

struct negotiate *negotiate_new(struct loop *loop, struct channel *broker,
                                struct listeners *listeners, struct basic *basic)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_gss_offer] = on_offer,
                                                            [MESSAGE_gss_continue] = on_continue,
                                                            [MESSAGE_gss_done] = on_done,
                                                            [MESSAGE_gss_failed] = on_failed};
    struct negotiate *negotiate = mem_alloc(sizeof(*negotiate));

    *negotiate = (struct negotiate){.loop = loop,
                                    .broker = broker,
                                    .rules = {.listeners = listeners},
                                    .basic = basic,
                                    .refusals = refusals_new(loop, broker),
                                    .admission = admission_new(),
                                    .later = {.expired = later_expired}};
    logins_init(&negotiate->logins, loop, negotiate);
    acceptors_init(&negotiate->acceptors, loop, handlers, acceptor_lost, negotiate);
    return negotiate;
}

uint32_t negotiate_forget(struct negotiate *negotiate, const char *who)
{
    uint32_t forgotten = admission_forget(negotiate->admission, who, loop_now(negotiate->loop));

    negotiate_work(negotiate);
    return forgotten;
}

void negotiate_configure(struct negotiate *negotiate, const struct ipc_items *realms,
                         uint64_t lifetime)
{
    negotiate->rules.lifetime = lifetime;
    if (realms_configure(&negotiate->rules.realms, realms))
        channel_send(negotiate->broker, auth_revoked, .mechanism = MECHANISM_KERBEROS);
}

void negotiate_revoke_all(struct negotiate *negotiate)
{
    channel_send(negotiate->broker, auth_revoked, .mechanism = MECHANISM_KERBEROS);
    channel_send(negotiate->broker, auth_revoked, .mechanism = MECHANISM_NTLM);
}
