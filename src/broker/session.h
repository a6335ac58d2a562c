/* SPDX-License-Identifier: ISC */

/*
 * A session: one connection of one winrmd-net that has authenticated. Its id is worth something
 * only on the channel it was issued to.
 */
#ifndef BROKER_SESSION_H
#define BROKER_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "broker/caller.h"

struct broker;
struct child;

struct session {
    uint64_t id;
    struct child *net;
    struct caller caller; /* owned */
    char *proved_as;      /* the account as winrmd-auth calls it */
    bool looked_up;       /* PAM has proved it, not a file of winrmd */
};

/* auth_identity: opens a session, in root mode when it is known whose account that is. */
void session_open(struct broker *broker, const struct message_auth_identity *identity);
/*
 * Opens it and tells winrmd-net; writes the audit line. `account`: what the machine calls it; NULL:
 * what winrmd-auth does. `uid`: NULL where the machine knows no such account.
 */
void session_begin(struct broker *broker, const struct message_auth_identity *identity,
                   const char *account, const uid_t *uid);
/* Refuses it after all; audit and winrmd-net are told. `reason` is for the audit. */
void session_deny(struct broker *broker, const struct message_auth_identity *identity,
                  const char *reason);
/* auth_failure: the audit line. */
void session_refused(struct broker *broker, const struct message_auth_failure *failure);
/*
 * auth_revoked: ends the sessions of the account, or of the whole mechanism, and tells their
 * winrmd-nets. What they have running stays; its user record decides about that.
 */
void session_revoke(struct broker *broker, const struct message_auth_revoked *revoked);
/* An administrator ends the sessions of whom `caller_is()` that; returns how many. */
uint32_t session_revoke_user(struct broker *broker, const char *user);
/* PAM is not asked any more, or as another service: ends the sessions that rest on its word. */
void session_revoke_looked_up(struct broker *broker);
/* The session `id` of this net process, or NULL. */
struct session *session_find(struct broker *broker, const struct child *net, uint64_t id);
void session_close(struct broker *broker, const struct child *net, uint64_t id);
/* The net process is gone. */
void session_close_all(struct broker *broker, const struct child *net);

#endif
