/* SPDX-License-Identifier: ISC */

/* What a listener of winrmd.conf must fulfil: address, methods, TLS and what goes with them. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "config/model.h"
#include "methods.h"

#define say(...) problem_text(problems, __VA_ARGS__)

/* "127.0.0.1:5985" or "[::1]:5985" into host and port. */
static bool address_read(const char *address, char *host, size_t size, uint32_t *port)
{
    const char *colon = strrchr(address, ':');
    bool bracket = address[0] == '[';
    size_t length;
    unsigned char binary[sizeof(struct in6_addr)];
    unsigned long number;
    char *end;

    if (colon == NULL || colon[1] < '0' || colon[1] > '9')
        return false;
    number = strtoul(colon + 1, &end, 10);
    if (*end != '\0' || end - colon > 6 || number > 65535)
        return false;
    length = (size_t)(colon - address);
    if (bracket && (length < 2 || colon[-1] != ']'))
        return false;
    if (bracket) {
        address++;
        length -= 2;
    }
    if (length >= size)
        return false;
    memcpy(host, address, length);
    host[length] = '\0';
    *port = (uint32_t)number;
    return inet_pton(bracket ? AF_INET6 : AF_INET, host, binary) == 1;
}

static void check_address(struct config *config, struct config_listener *listener,
                          struct config_problems *problems)
{
    unsigned line = setting_line(&listener->place, "address");

    if (listener->set.address == NULL)
        return;
    if (!address_read(listener->set.address, listener->host, sizeof(listener->host),
                      &listener->port)) {
        listener->host[0] = '\0';
        problem_add(problems, config->file, line,
                    say("address = \"%s\" of %s is no numeric address with a port",
                        listener->set.address, listener->place.what),
                    "write it like \"127.0.0.1:5985\" or \"[::1]:5985\"");
        return;
    }
    list_each(link, &config->listeners) {
        const struct config_listener *other = container_of(link, struct config_listener, link);

        if (other == listener)
            break;
        if (listener->port != 0 && other->port == listener->port &&
            strcmp(other->host, listener->host) == 0)
            problem_add(
                problems, config->file, line,
                say("%s and %s have the same address", other->place.what, listener->place.what),
                "give one of them another port");
    }
}

static void check_method(struct config *config, struct config_listener *listener,
                         const char *method, struct config_problems *problems)
{
    static const struct {
        const char *word;
        bool built;
    } methods[METHOD_COUNT] = {
#define M(name, word, mechanism, challenge, profile, built) [METHOD_##name] = {(word), (built)},
        METHOD_TABLE(M)
#undef M
    };
    unsigned line = setting_line(&listener->place, "authentication");

    for (unsigned i = 0; i < METHOD_COUNT; i++) {
        if (strcmp(method, methods[i].word) != 0)
            continue;
        listener->methods |= 1u << i;
        if (!methods[i].built)
            problem_add(problems, config->file, line,
                        say("%s offers \"%s\", which this version of winrmd does not have",
                            listener->place.what, method),
                        "write authentication = {\"basic\"}");
        return;
    }
    problem_add(problems, config->file, line,
                say("%s offers \"%.200s\", which is no authentication method", listener->place.what,
                    method),
                "write authentication = {\"basic\"}");
}

/* Whether a listener has TLS, and that nothing else of it says the opposite. */
static void check_encryption(struct config *config, struct config_listener *listener,
                             struct config_problems *problems)
{
    const struct settings_listener *set = &listener->set;
    unsigned line = setting_line(&listener->place, "tls");

    listener->encrypted = set->tls || set->certificate[0] != '\0';
    listener->must_seal = !listener->encrypted && !set->allow_unencrypted;
    if (!set->tls && set->certificate[0] != '\0' && line != listener->place.line)
        problem_add(problems, config->file, line,
                    say("%s has a certificate and says tls = false", listener->place.what),
                    "remove one of them");
    if (set->key[0] != '\0' && set->certificate[0] == '\0')
        problem_add(problems, config->file, setting_line(&listener->place, "key"),
                    say("%s has a key and no certificate", listener->place.what),
                    "write certificate = and the path of the certificate, or remove key");
    if (set->client_ca[0] != '\0' && !listener->encrypted)
        problem_add(problems, config->file, setting_line(&listener->place, "client-ca"),
                    say("%s asks for client certificates and has no TLS", listener->place.what),
                    "write tls = true in it, or remove client-ca");
    if (strcmp(set->tls_minimum, "1.2") != 0 && strcmp(set->tls_minimum, "1.3") != 0)
        problem_add(problems, config->file, setting_line(&listener->place, "tls-minimum"),
                    say("tls-minimum = \"%s\" of %s is no version of TLS that is supported",
                        set->tls_minimum, listener->place.what),
                    "write \"1.2\" or \"1.3\"");
}

/* Whom to ask for a certificate, and whose certificate is whose. */
static void check_certificates(struct config *config, struct config_listener *listener,
                               struct config_problems *problems)
{
    unsigned line = setting_line(&listener->place, "authentication");

    if ((listener->methods & METHOD_BIT(certificate)) == 0)
        return;
    if (!listener->encrypted)
        problem_add(problems, config->file, line,
                    say("%s offers certificate without TLS", listener->place.what),
                    "write tls = true in it, or remove \"certificate\"");
    else if (listener->set.client_ca[0] == '\0')
        problem_add(problems, config->file, line,
                    say("%s offers certificate and names no authorities", listener->place.what),
                    "write client-ca = and the path of their certificates in it");
    if (config->authentication.certificate_map[0] == '\0')
        problem_add(
            problems, config->file, line,
            say("%s offers certificate, but no certificate map is named", listener->place.what),
            "write authentication { certificate-map = \"certificates\" }");
}

/* What accepts the tokens of Negotiate, and whose accounts these people have. */
static void check_negotiate(struct config *config, struct config_listener *listener,
                            struct config_problems *problems)
{
    const struct settings_authentication *set = &config->authentication;
    unsigned line = setting_line(&listener->place, "authentication");

    if ((listener->methods & METHOD_BIT(negotiate)) == 0)
        return;
    if (set->keytab[0] == '\0' && set->ntlm_users[0] == '\0')
        problem_add(problems, config->file, line,
                    say("%s offers negotiate, but neither a keytab nor NTLM users are named",
                        listener->place.what),
                    "write authentication { keytab = \"/etc/krb5.keytab\" }, or ntlm-users = and "
                    "the path of a file made with winrmctl ntlm-passwd");
    if (set->basic[0] == '\0')
        problem_add(problems, config->file, line,
                    say("%s offers negotiate, but nothing says which accounts there are",
                        listener->place.what),
                    "write authentication { basic = \"file:users\" }, in which each user has a "
                    "line, or basic = \"pam\"");
}

static void check_binding(struct config *config, struct config_listener *listener,
                          struct config_problems *problems)
{
    static const char *const words[] = {[CHANNEL_BINDING_none] = "none",
                                        [CHANNEL_BINDING_relaxed] = "relaxed",
                                        [CHANNEL_BINDING_strict] = "strict"};
    const char *set = listener->set.channel_binding;
    unsigned line = setting_line(&listener->place, "channel-binding");
    uint32_t level = 0;

    while (level < sizeof(words) / sizeof(words[0]) && strcmp(set, words[level]) != 0)
        level++;
    listener->binding = level;
    if (level > CHANNEL_BINDING_strict)
        problem_add(
            problems, config->file, line,
            say("channel-binding = \"%s\" of %s is no level of it", set, listener->place.what),
            "write \"none\", \"relaxed\" or \"strict\"");
    else if (level == CHANNEL_BINDING_strict && !listener->encrypted)
        problem_add(
            problems, config->file, line,
            say("%s wants channel-binding = \"strict\" and has no TLS", listener->place.what),
            "write tls = true in it, or remove channel-binding");
}

static void check_listener(struct config *config, struct config_listener *listener,
                           struct config_problems *problems)
{
    unsigned line = setting_line(&listener->place, "authentication");

    setting_require(&listener->place, problems);
    check_address(config, listener, problems);
    for (size_t i = 0; i < listener->set.authentication.count; i++)
        check_method(config, listener, listener->set.authentication.text[i], problems);
    if (listener->set.authentication.count == 0)
        problem_add(
            problems, config->file, line,
            say("%s offers no authentication, so nobody could use it", listener->place.what),
            "write authentication = {\"basic\"} in it");
    check_encryption(config, listener, problems);
    if ((listener->methods & METHOD_BIT(basic)) != 0 && !listener->encrypted &&
        !listener->set.allow_unencrypted)
        problem_add(problems, config->file, line,
                    say("%s offers basic without TLS", listener->place.what),
                    "write tls = true in it, or allow-unencrypted = true, or remove \"basic\"");
    check_certificates(config, listener, problems);
    check_negotiate(config, listener, problems);
    check_binding(config, listener, problems);
    if (strlen(listener->name) > 512 || listener->name[0] == '\0')
        problem_add(problems, config->file, listener->place.line,
                    "the name of a listener has 1 to 512 bytes", "give it another name");
}

void config_check_listeners(struct config *config, struct config_problems *problems)
{
    if (config->listener_count == 0)
        problem_add(problems, config->file, 0, "there is no listener",
                    "write listener \"http\" { address = \"127.0.0.1:5985\" ... }");
    if (config->listener_count > CONFIG_LISTENERS)
        problem_add(problems, config->file, 0,
                    say("there are %zu listeners", config->listener_count),
                    say("write %d at most", CONFIG_LISTENERS));
    list_each(link, &config->listeners)
        check_listener(config, container_of(link, struct config_listener, link), problems);
}
