/* SPDX-License-Identifier: ISC */

#include "auth/negotiate_rules.h"

#include <string.h>

#include "auth/names.h"
#include "base/memory.h"
#include "methods.h"

struct ipc_bytes negotiate_rules_binding(const struct negotiate_rules *rules,
                                         const struct login *login, uint8_t room[BINDING_LIMIT])
{
    const struct binding *binding = listeners_binding(rules->listeners, login->listener);
    const size_t prefix = strlen(BINDING_PREFIX);

    if (binding == NULL ||
        listeners_channel_binding(rules->listeners, login->listener) == CHANNEL_BINDING_none)
        return (struct ipc_bytes){0};
    memcpy(room, BINDING_PREFIX, prefix);
    memcpy(room + prefix, binding->digest, binding->length);
    return (struct ipc_bytes){.data = room, .length = (uint32_t)(prefix + binding->length)};
}

/* Whose account it is; NULL, or why nobody's. */
static const char *name_take(const struct negotiate_rules *rules, struct login *login,
                             const struct message_gss_done *answer)
{
    const struct ipc_items realms = realms_accepted(&rules->realms);

    login->principal = mem_text(answer->name);
    if (answer->mechanism != NULL && strcmp(answer->mechanism, MECHANISM_KERBEROS) == 0) {
        login->mechanism = MECHANISM_KERBEROS;
        return name_of_kerberos(answer->name, &realms, login->account);
    }
    if (answer->mechanism == NULL || strcmp(answer->mechanism, MECHANISM_NTLM) != 0)
        return "the mechanism is not supported";
    login->mechanism = MECHANISM_NTLM;
    return name_of_ntlm(answer->name, rules->domain, login->account);
}

const char *negotiate_rules_judge(const struct negotiate_rules *rules, struct login *login,
                                  const struct message_gss_done *answer)
{
    const char *fault = name_take(rules, login, answer);
    bool strict =
        listeners_channel_binding(rules->listeners, login->listener) == CHANNEL_BINDING_strict;

    login->seals = answer->seals;
    login->bound = answer->bound;
    login->lifetime = answer->lifetime == 0 || answer->lifetime > rules->lifetime
                          ? rules->lifetime
                          : answer->lifetime;
    if (fault != NULL)
        return fault;
    if (login->kerberos && strcmp(login->mechanism, MECHANISM_KERBEROS) != 0)
        return "it is not Kerberos";
    if (login->must_seal && !login->seals)
        return "its messages can not be sealed, which this listener wants";
    if (strict && !login->bound)
        return "it is not bound to the TLS channel, which this listener wants";
    return NULL;
}
