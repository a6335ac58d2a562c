/* SPDX-License-Identifier: ISC */

#include "config/check_tls.h"

#include <sys/stat.h>

#include "base/clock.h"
#include "tls/check.h"

struct finding {
    const struct config *config;
    const struct config_listener *listener;
    struct config_problems *problems;
    bool keyless; /* no key could be read */
};

/* The setting that the complaint is about, and what was written in it. */
static const char *setting_of(const struct config_listener *listener, enum tls_part part,
                              const char **value)
{
    const struct settings_listener *set = &listener->set;

    switch (part) {
    case TLS_PART_key:
        *value = set->key[0] != '\0' ? set->key : set->certificate;
        return set->key[0] != '\0' ? "key" : "certificate";
    case TLS_PART_client_ca:
        *value = set->client_ca;
        return "client-ca";
    case TLS_PART_ciphers:
        *value = set->ciphers;
        return "ciphers";
    case TLS_PART_ciphersuites:
        *value = set->ciphersuites;
        return "ciphersuites";
    default:
        *value = set->certificate;
        return "certificate";
    }
}

static void found(void *context, const struct tls_complaint *complaint)
{
    struct finding *finding = context;
    const struct setting_place *place = &finding->listener->place;
    struct config_problems *problems = finding->problems;
    const char *value;
    const char *name = setting_of(finding->listener, complaint->part, &value);
    const char *cause =
        problem_text(problems, "%s%s %s of %s %s", complaint->warning ? "warning: " : "", name,
                     value[0] != '\0' ? value : "self-signed.pem", place->what, complaint->cause);
    const char *remedy = problem_text(problems, "%s", complaint->remedy);

    finding->keyless |= complaint->part == TLS_PART_key && !complaint->warning;
    (complaint->warning ? problem_warn : problem_add)(problems, finding->config->file,
                                                      setting_line(place, name), cause, remedy);
}

static void check_mode(struct finding *finding)
{
    if (!finding->keyless && (finding->listener->key.mode & S_IRWXO) != 0)
        found(finding, &(struct tls_complaint){.part = TLS_PART_key,
                                               .warning = true,
                                               .cause = "can be read by everybody on this machine",
                                               .remedy = "chmod o= it, and make a new key"});
}

void config_check_tls(const struct config *config, const struct config_listener *listener,
                      struct config_problems *problems)
{
    struct finding finding = {.config = config, .listener = listener, .problems = problems};
    const struct tls_settings settings = {
        .certificate = {listener->certificate.bytes, listener->certificate.length},
        .key = {listener->key.bytes, listener->key.length},
        .client_ca = {listener->client_ca.bytes, listener->client_ca.length},
        .minimum = listener->set.tls_minimum,
        .ciphers = listener->set.ciphers,
        .ciphersuites = listener->set.ciphersuites,
    };

    tls_check(&settings, clock_today().tv_sec, found, &finding);
    check_mode(&finding);
}
