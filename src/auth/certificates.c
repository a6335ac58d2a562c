/* SPDX-License-Identifier: ISC */

#include "auth/certificates.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/certificate.h"
#include "auth/certificate_map.h"
#include "auth/refusals.h"
#include "auth/watched_file.h"
#include "base/log.h"
#include "base/memory.h"

#define MECHANISM "ClientCertificate"

struct certificates {
    struct loop *loop;
    struct channel *broker;
    struct listeners *listeners;
    struct basic *basic;
    struct refusals *refusals;
    struct watched_file *file;   /* NULL: no map is configured */
    struct certificate_map *map; /* NULL: none has been read without error */
};

/* ---- the map ---- */

static void account_revoked(void *context, const char *account)
{
    const struct certificates *certificates = context;

    channel_send(certificates->broker, auth_revoked, .mechanism = MECHANISM, .account = account);
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

static void tell_identity(const struct certificates *certificates, const struct net_peer *peer,
                          const struct message_auth_certificate *request,
                          const struct certificate_facts *facts,
                          const struct certificate_rule *rule)
{
    struct ipc_item *groups = mem_alloc((rule->group_count + 1) * sizeof(*groups));

    for (size_t i = 0; i < rule->group_count; i++)
        groups[i] = (struct ipc_item){.name = rule->groups[i]};
    channel_send(certificates->broker, auth_identity, .net = peer->number,
                 .exchange = request->exchange, .address = request->address, .tls = request->tls,
                 .mechanism = MECHANISM, .name = facts->subject, .account = rule->account,
                 .groups = {.item = groups, .count = (uint32_t)rule->group_count},
                 .certificate = facts->thumbprint, .certificate_issuer = facts->issuer,
                 .issuer_thumbprint = facts->issuer_thumbprint,
                 .subject_name = facts->subject_name);
    free(groups);
}

/* NULL, and the rule that maps it; else why it is refused. */
static const char *request_fault(struct certificates *certificates,
                                 const struct message_auth_certificate *request,
                                 struct certificate_facts *facts,
                                 const struct certificate_rule **rule)
{
    const char *fault =
        certificate_verify(listeners_authorities(certificates->listeners, request->listener),
                           request->chain.data, request->chain.length, time(NULL), facts);

    if (fault != NULL)
        return fault;
    if (certificates->file != NULL)
        watched_file_refresh(certificates->file);
    if (certificates->map == NULL)
        return "there is no certificate map";
    *rule = certificate_map_find(certificates->map, facts->issuer_sha1, facts->subject_name);
    if (*rule == NULL)
        return "the certificate is mapped to no account";
    return account_fault(certificates->basic, (*rule)->account);
}

void certificates_check(struct certificates *certificates, const struct net_peer *peer,
                        const struct message_auth_certificate *request)
{
    struct message_auth_certificate asked = *request;
    struct certificate_facts facts;
    const struct certificate_rule *rule = NULL;
    const char *fault;

    asked.address = request->address != NULL ? request->address : "";
    fault = request_fault(certificates, &asked, &facts, &rule);
    if (fault == NULL) {
        tell_identity(certificates, peer, &asked, &facts, rule);
        return;
    }
    refusals_tell(certificates->refusals,
                  &(struct message_auth_failure){
                      .net = peer->number,
                      .address = asked.address,
                      .tls = asked.tls,
                      .mechanism = MECHANISM,
                      .name = facts.subject,
                      .reason = fault,
                      .certificate = facts.thumbprint[0] != '\0' ? facts.thumbprint : NULL});
    channel_send(peer->channel, auth_refused, .exchange = asked.exchange);
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
    return certificates;
}
