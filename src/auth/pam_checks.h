/* SPDX-License-Identifier: ISC */

/*
 * What is asked of PAM, as winrmd-auth sees it: who waits for his turn, who has failed too often to
 * be asked now, and who is refused only after a delay. PAM itself is asked by a winrmd-pam, which
 * the broker passes the question on to (pam_ask, pam_answer). Belongs to the loop's thread.
 *
 *   turns   Sources take turns (turns.h).
 *   limits  Each address and each user may fail a number of times at once, and then once in a
 *           while (limits.h). Whoever may not yet waits, and nobody behind him with him: a stranger
 *           who guesses a user's password delays that user's own login by a second, and cannot
 *           refuse it.
 *   delay   PAM says how long a refusal is to be held back; nothing sleeps for that.
 */
#ifndef AUTH_PAM_CHECKS_H
#define AUTH_PAM_CHECKS_H

#include <stdint.h>

#include "auth/cache.h"
#include "auth/peer.h"
#include "ipc/channel.h"

struct pam_checks;

/* `cache` outlives it. */
struct pam_checks *pam_checks_new(struct loop *loop, struct channel *broker, struct cache *cache);
/* Nobody is told anything more. NULL is allowed. */
void pam_checks_free(struct pam_checks *checks);
/* How many winrmd-pam there are; 0: all are refused. */
void pam_checks_set_processes(struct pam_checks *checks, uint32_t processes);
uint32_t pam_checks_processes(const struct pam_checks *checks);

/*
 * A name and password. Ends in exactly one of: a session, which the broker opens by what winrmd-pam
 * tells it; auth_refused and an auth_failure; nothing, when it was abandoned. `fault`: why it is
 * refused whatever PAM would say, after its turn all the same; NULL: PAM says. `digest`: what to
 * put into the cache; NULL: nothing.
 */
void pam_checks_basic(struct pam_checks *checks, const struct net_peer *peer,
                      const struct message_auth_basic *request, const char *fault,
                      const struct cache_digest *digest);
void pam_checks_abandon(struct pam_checks *checks, const struct net_peer *peer, uint64_t exchange);
void pam_checks_abandon_all(struct pam_checks *checks, const struct net_peer *peer);

/* Whether an account may be used now. */
struct account_answer {
    const char *fault; /* why not, for the audit; NULL: it may, and the rest is set */
    const char *account;
    uint32_t uid;
    struct ipc_items groups;
};

/*
 * Asks PAM whether the account `name` may be used, without a password (pam_acct_mgmt() alone), and
 * looks it up; for who has proved himself otherwise. `done` is called once, also from within this
 * call; the answer is valid until it returns. Returns a number for account_check_cancel(), 0 when
 * `done` has been called.
 */
uint64_t account_check(struct pam_checks *checks, const char *name, const char *address,
                       void (*done)(void *context, const struct account_answer *answer),
                       void *context);
/* `done` will not be called. */
void account_check_cancel(struct pam_checks *checks, uint64_t number);

/* What this user or address has failed counts no more; see admission_forget(). */
uint32_t pam_checks_forget(struct pam_checks *checks, const char *who);

/* From the broker. */
void pam_checks_answer(struct pam_checks *checks, const struct message_pam_answer *answer);

#endif
