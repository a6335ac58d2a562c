/* SPDX-License-Identifier: ISC */

/*
 * Logins in root mode that nobody has looked up yet: a line of the users file, a certificate or a
 * principal is a name, and becomes a session when it is known whose account of this machine that
 * is. A name without an account is still a login; one that cannot be looked up is refused.
 */
#ifndef BROKER_LOOKUP_H
#define BROKER_LOOKUP_H

#include "ipc/message.h"

struct broker;

/* Looks the account up, then opens the session or refuses it. Copies what it is told. */
void lookup_begin(struct broker *broker, const struct message_auth_identity *identity);
/* auth_revoked, while the account was being looked up. */
void lookup_revoke(struct broker *broker, const struct message_auth_revoked *revoked);
/* The service ends. */
void lookup_forget_all(struct broker *broker);

#endif
