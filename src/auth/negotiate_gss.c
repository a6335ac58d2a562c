/* SPDX-License-Identifier: ISC */

/* What winrmd-gss makes of the tokens it was asked about, and what becomes of their logins. */
#include <stdlib.h>

#include "auth/negotiate_steps.h"
#include "base/log.h"
#include "base/memory.h"
#include "methods.h"

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

/* ---- the client's turn ---- */

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

/* ---- the end ---- */

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
    struct negotiate *negotiate = negotiate_of_login(login);

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

/* ---- the processes ---- */

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

void negotiate_init_gss(struct negotiate *negotiate)
{
    static const channel_handler handlers[MESSAGE_COUNT] = {[MESSAGE_gss_offer] = on_offer,
                                                            [MESSAGE_gss_continue] = on_continue,
                                                            [MESSAGE_gss_done] = on_done,
                                                            [MESSAGE_gss_failed] = on_failed};

    acceptors_init(&negotiate->acceptors, negotiate->loop, handlers, acceptor_lost, negotiate);
}

void negotiate_set_gss(struct negotiate *negotiate, int channel)
{
    acceptors_add(&negotiate->acceptors, channel);
    negotiate_work(negotiate);
}
