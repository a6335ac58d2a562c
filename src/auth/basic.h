/* SPDX-License-Identifier: ISC */

/*
 * The Basic method: name and password against a password file, or PAM where there is none
 * (pam_checks.h). One check goes from auth_basic to exactly one of an identity for the broker
 * (never for winrmd-net), auth_refused with an auth_failure for the audit, or nothing when it was
 * abandoned. An unknown name, an empty password and the like cost a hash like a known name. When a
 * user is gone from the file or changed in it, the broker is told with auth_revoked. What has been
 * proved a short while ago is not proved again where that is configured (cache.h). Runs on the
 * loop's thread; hashing happens in the hasher's.
 */
#ifndef AUTH_BASIC_H
#define AUTH_BASIC_H

#include "auth/pam_checks.h"
#include "auth/peer.h"
#include "ipc/channel.h"

struct basic;

/* `pam` and `cache` outlive it. NULL is returned when there are no threads to be had. */
struct basic *basic_new(struct loop *loop, struct channel *broker, struct pam_checks *pam,
                        struct cache *cache);
/*
 * From now on the users are those of this file. NULL: PAM is asked, and without that there are
 * none. What is wrong with the file is logged, and everybody refused, until it is mended.
 */
void basic_set_path(struct basic *basic, const char *path);

void basic_check(struct basic *basic, struct net_peer *peer,
                 const struct message_auth_basic *request);
/* The client has left. */
void basic_abandon(struct basic *basic, const struct net_peer *peer, uint64_t exchange);
/* The winrmd-net has gone, and all its clients with it. */
void basic_abandon_all(struct basic *basic, const struct net_peer *peer);

/*
 * May the account be used by whom proved it with something else than a password? Where PAM is asked
 * for passwords, PAM says, and what the machine knows of the account. Else the password file says
 * whether it is locked. One that is not in it may be used unless it has to be `listed`; one that
 * has to be gets the groups that stand there. `done` is called once, also from within this call;
 * the answer is valid until it returns. Returns a number for basic_account_cancel(), 0 when `done`
 * has been called.
 */
uint64_t basic_account_ask(struct basic *basic, const char *account, const char *address,
                           bool listed,
                           void (*done)(void *context, const struct account_answer *answer),
                           void *context);
/* `done` will not be called. */
void basic_account_cancel(struct basic *basic, uint64_t number);

#endif
