/* SPDX-License-Identifier: ISC */

#include "auth/certificates.h"

#include <stdlib.h>
#include <string.h>

#include "auth/certificate.h"
#include "auth/certificate_map.h"
#include "auth/refusals.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/watched_file.h"
#include "methods.h"

struct certificates {
    struct loop *loop;
    struct channel *broker;
    struct listeners *listeners;
    struct basic *basic;
    struct refusals *refusals;
    struct list checks;
    struct watched_file *file;   /* NULL: no map is configured */
    struct certificate_map *map; /* NULL: none has been read without error */
};

/* One that waits to hear of its account. */
struct certificate_check {
    struct list link; /* certificates->checks */
    struct certificates *certificates;
    const struct net_peer *peer;
    uint64_t exchange;
    char *address;
    char *tls; /* for the audit; NULL: not known */
    struct certificate_facts facts;
    char *account;
    struct ipc_items groups; /* the names are its own */
    uint64_t account_number; /* of the question */
};

/* ---- the map ---- */

static void account_revoked(void *context, const char *account)
{
    const struct certificates *certificates = context;

    channel_send(certificates->broker, auth_revoked, .mechanism = MECHANISM_CERTIFICATE,
                 .account = account);
}

static void map_replace(struct certificates *certificates, struct certificate_map *fresh)
{
    struct certificate_map *old = certificates->map;

    certificates->map = fresh;
    certificate_map_compare(old, fresh, account_revoked, certificates);
    certificate_map_free(old);
}

static void map_read(void *owner, const char *path, struct stat *status)
{
    struct certificates *certificates = owner;
    struct file_fault fault;
    struct certificate_map *map = certificate_map_load(path, status, &fault);

    if (map == NULL) {
        watched_file_complain(certificates->file, &fault,
                              certificates->map != NULL
                                  ? "the map read before holds until it is mended"
                                  : "no client certificate is accepted until it is mended");
        return;
    }
    log_info("certificate map %s: %zu line%s", path, certificate_map_count(map),
             certificate_map_count(map) == 1 ? "" : "s");
    map_replace(certificates, map);
}

void certificates_set_map(struct certificates *certificates, const char *path)
{
    struct certificate_map *old = certificates->map;

    if (certificates->file != NULL && path != NULL &&
        strcmp(watched_file_path(certificates->file), path) == 0)
        return;
    watched_file_free(certificates->file);
    certificates->file = NULL;
    certificates->map = NULL;
    if (path != NULL) {
        certificates->file =
            watched_file_new(certificates->loop, "certificate map", "certificate that is checked",
                             path, map_read, certificates);
        watched_file_refresh(certificates->file);
    }
    certificate_map_compare(old, certificates->map, account_revoked, certificates);
    certificate_map_free(old);
}

void certificates_revoke_all(struct certificates *certificates)
{
    certificate_map_compare(certificates->map, NULL, account_revoked, certificates);
}

/* ---- requests ---- */

static void check_free(struct certificate_check *check)
{
    list_remove(&check->link);
    free(check->address);
    free(check->tls);
    free(check->account);
    for (uint32_t i = 0; i < check->groups.count; i++)
        free((char *)(uintptr_t)check->groups.item[i].name);
    free((struct ipc_item *)(uintptr_t)check->groups.item);
    free(check);
}

static void check_refuse(const struct certificate_check *check, const char *fault)
{
    const struct certificate_facts *facts = &check->facts;

    refusals_tell(check->certificates->refusals,
                  &(struct message_auth_failure){
                      .net = check->peer->number,
                      .address = check->address,
                      .tls = check->tls,
                      .mechanism = MECHANISM_CERTIFICATE,
                      .name = facts->subject,
                      .reason = fault,
                      .certificate = facts->thumbprint[0] != '\0' ? facts->thumbprint : NULL});
    channel_send(check->peer->channel, auth_refused, .exchange = check->exchange);
}

/* Groups are those of the map where it names some, else those the machine knows. */
static void check_accept(const struct certificate_check *check, const struct account_answer *answer)
{
    const struct certificate_facts *facts = &check->facts;

    channel_send(
        check->certificates->broker, auth_identity, .net = check->peer->number,
        .exchange = check->exchange, .address = check->address, .tls = check->tls,
        .mechanism = MECHANISM_CERTIFICATE, .name = facts->subject, .account = check->account,
        .uid = answer->uid, .groups = check->groups.count > 0 ? check->groups : answer->groups,
        .certificate = facts->thumbprint, .certificate_issuer = facts->issuer,
        .issuer_thumbprint = facts->issuer_thumbprint, .subject_name = facts->subject_name);
}

/* The map may be another one by now; whoever was in would have been told to come again. */
static bool check_is_mapped(const struct certificate_check *check)
{
    const struct certificate_map *map = check->certificates->map;
    const struct certificate_rule *rule =
        map != NULL ? certificate_map_find(map, check->facts.issuer_sha1, check->facts.subject_name)
                    : NULL;

    return rule != NULL && strcmp(rule->account, check->account) == 0;
}

static void account_checked(void *context, const struct account_answer *answer)
{
    struct certificate_check *check = context;

    if (answer->fault != NULL)
        check_refuse(check, answer->fault);
    else if (strcmp(answer->account, check->account) != 0)
        check_refuse(check, "this machine calls the account otherwise than the map");
    else if (!check_is_mapped(check))
        check_refuse(check, "the certificate map changed during the check");
    else
        check_accept(check, answer);
    check_free(check);
}

/* NULL, and the rule that maps it; else why it is refused. */
static const char *request_fault(struct certificates *certificates,
                                 const struct message_auth_certificate *request,
                                 struct certificate_facts *facts,
                                 const struct certificate_rule **rule)
{
    const char *fault =
        certificate_verify(listeners_authorities(certificates->listeners, request->listener),
                           request->chain.data, request->chain.length, clock_today().tv_sec, facts);

    if (fault != NULL)
        return fault;
    if (certificates->file != NULL)
        watched_file_refresh(certificates->file);
    if (certificates->map == NULL)
        return "there is no certificate map";
    *rule = certificate_map_find(certificates->map, facts->issuer_sha1, facts->subject_name);
    return *rule != NULL ? NULL : "the certificate is mapped to no account";
}

static void check_take_rule(struct certificate_check *check, const struct certificate_rule *rule)
{
    struct ipc_item *groups = mem_alloc((rule->group_count + 1) * sizeof(*groups));

    for (size_t i = 0; i < rule->group_count; i++)
        groups[i] = (struct ipc_item){.name = mem_text(rule->groups[i])};
    check->groups = (struct ipc_items){.item = groups, .count = (uint32_t)rule->group_count};
    check->account = mem_text(rule->account);
}

void certificates_check(struct certificates *certificates, const struct net_peer *peer,
                        const struct message_auth_certificate *request)
{
    struct certificate_check *check = mem_alloc(sizeof(*check));
    const struct certificate_rule *rule = NULL;
    const char *fault;
    uint64_t number;

    check->certificates = certificates;
    check->peer = peer;
    check->exchange = request->exchange;
    check->address = mem_text(request->address != NULL ? request->address : "");
    check->tls = mem_text(request->tls);
    list_append(&certificates->checks, &check->link);
    fault = request_fault(certificates, request, &check->facts, &rule);
    if (fault != NULL) {
        check_refuse(check, fault);
        check_free(check);
        return;
    }
    check_take_rule(check, rule);
    number = basic_account_ask(certificates->basic, check->account, check->address, false,
                               account_checked, check);
    /* 0: it has been answered, and the check is gone. */
    if (number != 0)
        check->account_number = number;
}

static void check_abandon(struct certificate_check *check)
{
    basic_account_cancel(check->certificates->basic, check->account_number);
    check_free(check);
}

void certificates_abandon(struct certificates *certificates, const struct net_peer *peer,
                          uint64_t exchange)
{
    list_each(link, &certificates->checks) {
        struct certificate_check *check = container_of(link, struct certificate_check, link);

        if (check->peer == peer && check->exchange == exchange) {
            check_abandon(check);
            return;
        }
    }
}

void certificates_abandon_all(struct certificates *certificates, const struct net_peer *peer)
{
    list_each(link, &certificates->checks) {
        struct certificate_check *check = container_of(link, struct certificate_check, link);

        if (check->peer == peer)
            check_abandon(check);
    }
}

struct certificates *certificates_new(struct loop *loop, struct channel *broker,
                                      struct listeners *listeners, struct basic *basic)
{
    struct certificates *certificates = mem_alloc(sizeof(*certificates));

    *certificates = (struct certificates){.loop = loop,
                                          .broker = broker,
                                          .listeners = listeners,
                                          .basic = basic,
                                          .refusals = refusals_new(loop, broker)};
    list_init(&certificates->checks);
    return certificates;
}
