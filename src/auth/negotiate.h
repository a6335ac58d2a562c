/* SPDX-License-Identifier: ISC */

/*
 * The method Negotiate, and the scheme Kerberos: logins in several legs. A token of a client goes
 * to winrmd-gss as it came; what that makes of it, a name among others, comes back. Here is decided
 * whose turn it is (admission.h), whose account the name is (names.h), whether that may be used
 * (basic_account_ask()) and whether it is bound to the TLS channel as the listener wants it. A leg
 * (auth_token) ends in exactly one of: auth_continue; auth_context, with an auth_identity for the
 * broker; auth_refused, with an auth_failure for the audit; or nothing, when it was abandoned.
 *
 * A refusal is told NEGOTIATE_DELAY after the leg came or later, so that when it is told says
 * nothing of its cause. While there is no winrmd-gss, legs wait for it.
 *
 * Belongs to the loop's thread.
 */
#ifndef AUTH_NEGOTIATE_H
#define AUTH_NEGOTIATE_H

#include "auth/basic.h"
#include "auth/listeners.h"

enum {
    NEGOTIATE_DELAY = 200, /* ms */
    NEGOTIATE_ASKED = 8    /* legs that winrmd-gss has at a time */
};

struct negotiate;

/* `listeners` and `basic` outlive it. */
struct negotiate *negotiate_new(struct loop *loop, struct channel *broker,
                                struct listeners *listeners, struct basic *basic);
/*
 * Whose principals are let in (none: of those realms whose keys winrmd-gss has), and how long a
 * login lasts at most. Whoever came by Kerberos has to come again when the realms change.
 */
void negotiate_configure(struct negotiate *negotiate, const struct ipc_items *realms,
                         uint64_t lifetime);
/* What clients at this address have failed counts no more; see admission_forget(). */
uint32_t negotiate_forget(struct negotiate *negotiate, const char *who);
/* The channel to a new winrmd-gss, taken over. Logins that have begun at another end there. */
void negotiate_set_gss(struct negotiate *negotiate, int channel);
/* A listener wants more than before: whoever is in has to come again. */
void negotiate_revoke_all(struct negotiate *negotiate);

void negotiate_take(struct negotiate *negotiate, const struct net_peer *peer,
                    const struct message_auth_token *leg);
/* No more legs will come of this login. */
void negotiate_end(struct negotiate *negotiate, const struct net_peer *peer, uint64_t connection);
/* The client has left. */
void negotiate_abandon(struct negotiate *negotiate, const struct net_peer *peer, uint64_t exchange);
/* The winrmd-net has gone, and all its clients with it. */
void negotiate_abandon_all(struct negotiate *negotiate, const struct net_peer *peer);

#endif
