/* SPDX-License-Identifier: ISC */

/*
 * What Negotiate asks of a login, beside that its account may be used: a name that is somebody's
 * here (names.h), and what the listener wants. Belongs to the loop's thread.
 */
#ifndef AUTH_NEGOTIATE_RULES_H
#define AUTH_NEGOTIATE_RULES_H

#include "auth/listeners.h"
#include "auth/logins.h"
#include "auth/realms.h"

enum { BINDING_LIMIT = sizeof(BINDING_PREFIX) - 1 + BINDING_DIGEST_LIMIT };

struct negotiate_rules {
    struct listeners *listeners;
    struct realms realms;
    char *domain;      /* of NTLM; NULL: not known, or none */
    uint64_t lifetime; /* of a login at most, in milliseconds */
};

/*
 * What the client has to be bound to, if it is bound to anything, written to `room`; empty: nothing
 * is compared.
 */
struct ipc_bytes negotiate_rules_binding(const struct negotiate_rules *rules,
                                         const struct login *login, uint8_t room[BINDING_LIMIT]);

/*
 * Notes in `login` what winrmd-gss says of it: mechanism, principal, account, lifetime and how it
 * is sealed and bound. NULL; or why it is refused, for the audit.
 */
const char *negotiate_rules_judge(const struct negotiate_rules *rules, struct login *login,
                                  const struct message_gss_done *answer);

#endif
