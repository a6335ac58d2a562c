/* SPDX-License-Identifier: ISC */

#include "policy/rules_condition.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * The words a senderDetails has for mechanisms: two that Microsoft's page WSMAN_SENDER_DETAILS
 * fixes, and the names of the security packages.
 */
static const char *const mechanisms[] = {"Basic", "ClientCertificate", "Kerberos", "Negotiate",
                                         "NTLM"};

enum { MECHANISM_COUNT = sizeof(mechanisms) / sizeof(mechanisms[0]) };

unsigned rules_mechanism(const char *name)
{
    for (unsigned i = 0; i < MECHANISM_COUNT; i++)
        if (strcasecmp(name, mechanisms[i]) == 0)
            return 1U << i;
    return 0;
}

/* Cuts the next one off a list joined by commas; NULL behind the last. */
static char *next_of(char **list)
{
    return strsep(list, ",");
}

static bool parse_mechanisms(struct rules_cursor *at, struct rules_condition *condition)
{
    const struct rules_word *word = cursor_take(at, "the names of mechanisms, like kerberos");
    char *list = word ? word->text : NULL;
    char *name;

    if (!word)
        return false;
    if (condition->mechanisms)
        return rules_line_fail(at->line, at->error,
                               "mechanism stands twice: join the names by a comma");
    while ((name = next_of(&list))) {
        unsigned bit = rules_mechanism(name);

        if (!bit)
            return rules_line_fail(at->line, at->error,
                                   "\"%.*s\" is no mechanism: write some of basic, kerberos, "
                                   "negotiate, ntlm, clientcertificate joined by commas",
                                   rules_word_shown(name), name);
        condition->mechanisms |= bit;
    }
    return true;
}

static bool fail_network(struct rules_cursor *at, enum rules_network_fault fault, const char *text)
{
    static const char *const remedies[] = {
        [NETWORK_NO_ADDRESS] = "write one like 10.0.0.0/8, 2001:db8::/32 or 192.0.2.1",
        [NETWORK_NO_PREFIX] = "write a number of bits behind the /, at most 32 for IPv4 and 128 "
                              "for IPv6",
        [NETWORK_MAPPED] = "clients have IPv4 addresses as such: write it like 10.0.0.0/8",
        [NETWORK_HOST_BITS] = "it has bits beyond its prefix: write them as zeros, or a longer "
                              "prefix",
    };

    return rules_line_fail(at->line, at->error, "\"%.*s\" is no network: %s",
                           rules_word_shown(text), text, remedies[fault]);
}

static bool parse_networks(struct rules_cursor *at, struct rules_condition *condition)
{
    const struct rules_word *word = cursor_take(at, "networks, like 10.0.0.0/8");
    char *list = word ? word->text : NULL;
    size_t room = 1;
    char *text;

    if (!word)
        return false;
    if (condition->networks)
        return rules_line_fail(at->line, at->error,
                               "from stands twice: join the networks by a comma");
    for (const char *comma = list; (comma = strchr(comma, ',')); comma++)
        room++;
    condition->networks = calloc(room, sizeof(*condition->networks));
    if (!condition->networks)
        return cursor_fail_memory(at);
    while ((text = next_of(&list))) {
        enum rules_network_fault fault =
            rules_network_read(text, &condition->networks[condition->network_count++]);

        if (fault != NETWORK_GOOD)
            return fail_network(at, fault, text);
    }
    return true;
}

static bool fail_user_network(struct rules_cursor *at)
{
    return rules_line_fail(at->line, at->error,
                           "from can not stand in a user rule: a user is judged once, and "
                           "connections from elsewhere then count as authorized: write it in "
                           "operation rules, before allow or deny");
}

bool rules_condition_parse(struct rules_cursor *at, bool networks,
                           struct rules_condition *condition)
{
    for (;;) {
        if (cursor_accept(at, "mechanism")) {
            if (!parse_mechanisms(at, condition))
                return false;
        } else if (cursor_accept(at, "from")) {
            if (!(networks ? parse_networks(at, condition) : fail_user_network(at)))
                return false;
        } else {
            return true;
        }
    }
}

bool rules_condition_misplaced(struct rules_cursor *at, bool networks)
{
    if (cursor_accept(at, "from"))
        return networks ? rules_line_fail(
                              at->line, at->error,
                              "from stands behind the verdict: write it before allow or deny")
                        : fail_user_network(at);
    if (cursor_accept(at, "mechanism"))
        return rules_line_fail(at->line, at->error,
                               "mechanism stands behind the verdict: write it before allow, deny "
                               "or redirect");
    return true;
}

bool rules_condition_matches(const struct rules_condition *condition,
                             const struct rules_client *client)
{
    if (condition->mechanisms &&
        !(client->mechanism && condition->mechanisms & rules_mechanism(client->mechanism)))
        return false;
    if (!condition->networks)
        return true;
    for (size_t i = 0; i < condition->network_count; i++)
        if (rules_network_has(&condition->networks[i], &client->address))
            return true;
    return false;
}
