/* SPDX-License-Identifier: ISC */

#include "broker/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "broker/broker.h"
#include "broker/lookup.h"

static struct child *net_by_number(struct broker *broker, uint32_t number)
{
    list_each(link, &broker->processes) {
        struct child *process = container_of(link, struct child, link);

        if (process->role == PROCESS_net && process->number == number && process->channel != NULL)
            return process;
    }
    return NULL;
}

/* How long a login stood behind those of other addresses, in hashes. */
static void count_wait(struct broker *broker, uint64_t waited)
{
    uint64_t *most = &broker->counters[COUNTER_hashes_waited_for_others_most];

    broker->counters[COUNTER_hashes_waited_for_others] += waited;
    *most = waited > *most ? waited : *most;
}

/* Version and cipher; nothing where the connection is not encrypted. */
static void audit_tls(struct audit *audit, const char *tls)
{
    if (tls != NULL && tls[0] != '\0')
        audit_text(audit, "tls", tls);
}

void session_begin(struct broker *broker, const struct message_auth_identity *identity,
                   const char *account, const uid_t *uid)
{
    struct child *net = net_by_number(broker, identity->net);
    struct session *session;
    struct caller caller;

    if (account == NULL)
        account = identity->account;
    broker_count(broker, COUNTER_authentications);
    broker->counters[COUNTER_password_hashes] += identity->hashes;
    count_wait(broker, identity->waited);
    if (identity->cached)
        broker_count(broker, COUNTER_cached_logins);
    audit_begin(broker->audit, "authentication");
    audit_text(broker->audit, "verdict", "accepted");
    audit_text(broker->audit, "mechanism", identity->mechanism);
    audit_text(broker->audit, "user", identity->name);
    audit_text(broker->audit, "account", account);
    if (uid != NULL)
        audit_number(broker->audit, "account-uid", *uid);
    audit_text(broker->audit, "address", identity->address);
    audit_tls(broker->audit, identity->tls);
    if (identity->cached)
        audit_flag(broker->audit, "cached", true);
    audit_text(broker->audit, "certificate", identity->certificate);
    audit_text(broker->audit, "principal", identity->principal);
    if (identity->principal != NULL && identity->tls != NULL && identity->tls[0] != '\0')
        audit_flag(broker->audit, "channel-binding", identity->bound);
    audit_end(broker->audit);
    if (net == NULL || identity->account == NULL || identity->name == NULL ||
        identity->mechanism == NULL)
        return;
    session = mem_alloc(sizeof(*session));
    session->id = broker_next_id(broker);
    session->net = net;
    caller =
        (struct caller){.name = identity->name,
                        .mechanism = identity->mechanism,
                        .address = identity->address != NULL ? identity->address : "",
                        .certificate = {.thumbprint = identity->certificate,
                                        .issuer = identity->certificate_issuer,
                                        .issuer_thumbprint = identity->issuer_thumbprint,
                                        .subject_name = identity->subject_name},
                        .token = token_new_login(broker, NULL, account, uid, &identity->groups)};
    session->caller = caller_copy(&caller);
    token_unref(caller.token);
    session->proved_as = mem_text(identity->account);
    /* Root's number says nobody has; then it counts as PAM's, which loses him no more than a login.
     */
    session->looked_up = identity->uid != 0 || (uid != NULL && *uid == 0);
    map_put_u64(&broker->sessions, session->id, session);
    channel_send(net->channel, session_opened, .exchange = identity->exchange,
                 .session = session->id);
}

void session_open(struct broker *broker, const struct message_auth_identity *identity)
{
    uid_t uid = (uid_t)identity->uid;

    if (broker->root && identity->uid == 0)
        lookup_begin(broker, identity);
    else
        session_begin(broker, identity, NULL, identity->uid != 0 ? &uid : NULL);
}

void session_deny(struct broker *broker, const struct message_auth_identity *identity,
                  const char *reason)
{
    struct child *net = net_by_number(broker, identity->net);

    session_refused(broker,
                    &(const struct message_auth_failure){.net = identity->net,
                                                         .address = identity->address,
                                                         .tls = identity->tls,
                                                         .mechanism = identity->mechanism,
                                                         .name = identity->name,
                                                         .reason = reason,
                                                         .times = 1,
                                                         .hashes = identity->hashes,
                                                         .certificate = identity->certificate,
                                                         .principal = identity->principal});
    if (net != NULL)
        channel_send(net->channel, auth_refused, .exchange = identity->exchange);
}

void session_refused(struct broker *broker, const struct message_auth_failure *failure)
{
    broker->counters[COUNTER_authentication_failures] += failure->times;
    broker->counters[COUNTER_password_hashes] += failure->hashes;
    audit_begin(broker->audit, "authentication");
    audit_text(broker->audit, "verdict", "refused");
    audit_text(broker->audit, "mechanism", failure->mechanism);
    audit_text(broker->audit, "user", failure->name);
    audit_text(broker->audit, "address", failure->address);
    audit_tls(broker->audit, failure->tls);
    audit_text(broker->audit, "certificate", failure->certificate);
    audit_text(broker->audit, "principal", failure->principal);
    audit_text(broker->audit, "reason", failure->reason);
    if (failure->times > 1)
        audit_number(broker->audit, "times", failure->times);
    if (failure->delay > 0)
        audit_number(broker->audit, "delay-ms", failure->delay);
    audit_end(broker->audit);
}

struct session *session_find(struct broker *broker, const struct child *net, uint64_t id)
{
    struct session *session = map_get_u64(&broker->sessions, id);

    return session != NULL && session->net == net ? session : NULL;
}

static void session_free(struct broker *broker, struct session *session)
{
    map_remove_u64(&broker->sessions, session->id);
    caller_clear(&session->caller);
    free(session->proved_as);
    free(session);
}

void session_close(struct broker *broker, const struct child *net, uint64_t id)
{
    struct session *session = session_find(broker, net, id);

    if (session != NULL)
        session_free(broker, session);
}

struct closing {
    struct broker *broker;
    const struct child *net;
};

static void session_close_visit(void *value, void *context)
{
    struct session *session = value;
    struct closing *closing = context;

    if (session->net == closing->net)
        session_free(closing->broker, session);
}

void session_close_all(struct broker *broker, const struct child *net)
{
    struct closing closing = {broker, net};

    map_each(&broker->sessions, session_close_visit, &closing);
}

struct revocation {
    struct broker *broker;
    const struct message_auth_revoked *revoked;
};

static void session_end(struct broker *broker, struct session *session)
{
    broker_count(broker, COUNTER_sessions_revoked);
    channel_send(session->net->channel, session_revoked, .session = session->id);
    session_free(broker, session);
}

static void session_revoke_visit(void *value, void *context)
{
    struct session *session = value;
    const struct revocation *revocation = context;
    const struct message_auth_revoked *revoked = revocation->revoked;

    if ((revoked->account != NULL && strcmp(session->proved_as, revoked->account) != 0) ||
        strcmp(session->caller.mechanism, revoked->mechanism) != 0)
        return;
    session_end(revocation->broker, session);
}

void session_revoke(struct broker *broker, const struct message_auth_revoked *revoked)
{
    struct revocation revocation = {broker, revoked};

    if (revoked->mechanism == NULL)
        return;
    lookup_revoke(broker, revoked);
    map_each(&broker->sessions, session_revoke_visit, &revocation);
}

struct withdrawal {
    struct broker *broker;
    const char *user;
    uint32_t count;
};

static void session_user_visit(void *value, void *context)
{
    struct session *session = value;
    struct withdrawal *withdrawal = context;

    if (!caller_is(&session->caller, withdrawal->user))
        return;
    session_end(withdrawal->broker, session);
    withdrawal->count++;
}

uint32_t session_revoke_user(struct broker *broker, const char *user)
{
    struct withdrawal withdrawal = {.broker = broker, .user = user};

    map_each(&broker->sessions, session_user_visit, &withdrawal);
    return withdrawal.count;
}

static void session_looked_up_visit(void *value, void *context)
{
    struct session *session = value;

    if (session->looked_up)
        session_end(context, session);
}

void session_revoke_looked_up(struct broker *broker)
{
    map_each(&broker->sessions, session_looked_up_visit, broker);
}
