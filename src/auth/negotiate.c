/* SPDX-License-Identifier: ISC */

#include "auth/negotiate.h"

#include "auth/negotiate_steps.h"
#include "auth/refusals.h"
#include "base/memory.h"
#include "methods.h"

/* ---- refusals ---- */

void login_over(struct login *login)
{
    if (login->acceptor != NULL)
        acceptor_drop_login(login->acceptor);
    login->acceptor = NULL;
}

void login_forget(struct login *login)
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

void login_refuse(struct login *login, const char *mechanism, const char *reason)
{
    struct negotiate *negotiate = negotiate_of_login(login);
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

void login_answered(struct login *login, bool well)
{
    struct negotiate *negotiate = negotiate_of_login(login);

    negotiate->asked--;
    loop_timer_stop(negotiate->loop, &login->timer);
    admission_end(negotiate->admission, &login->job, well, loop_now(negotiate->loop));
}

static void answer_missing(struct loop_timer *timer)
{
    struct login *login = container_of(timer, struct login, timer);
    struct negotiate *negotiate = negotiate_of_login(login);

    /* It hangs, and every login with it: another one takes its place. */
    if (login->acceptor == negotiate->acceptors.current)
        channel_send(negotiate->broker, channel_lost, .host = 0);
    login_answered(login, false);
    login_refuse(login, NULL, "winrmd-gss does not answer");
    negotiate_work(negotiate);
}

static void login_ask(struct login *login)
{
    struct negotiate *negotiate = negotiate_of_login(login);
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

void negotiate_work(struct negotiate *negotiate)
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
    struct negotiate *negotiate = negotiate_of_login(login);
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
    struct negotiate *negotiate = negotiate_of_login(login);
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

/* ---- legs ---- */

/* Whatever becomes of it interests nobody but the audit. */
static void login_abandon(struct login *login)
{
    struct negotiate *negotiate = negotiate_of_login(login);

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
    struct negotiate *negotiate = mem_alloc(sizeof(*negotiate));

    *negotiate = (struct negotiate){.loop = loop,
                                    .broker = broker,
                                    .rules = {.listeners = listeners},
                                    .basic = basic,
                                    .refusals = refusals_new(loop, broker),
                                    .admission = admission_new(),
                                    .later = {.expired = later_expired}};
    logins_init(&negotiate->logins, loop, negotiate);
    negotiate_init_gss(negotiate);
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
