/* SPDX-License-Identifier: ISC */

/*
 * The steps of a login by Negotiate (negotiate.h): a leg waits for its turn, winrmd-gss is asked
 * (negotiate.c) and answers (negotiate_gss.c), and either of these may be the login's end.
 */
#ifndef AUTH_NEGOTIATE_STEPS_H
#define AUTH_NEGOTIATE_STEPS_H

#include "auth/acceptors.h"
#include "auth/logins.h"
#include "auth/negotiate.h"
#include "auth/negotiate_rules.h"

struct negotiate {
    struct loop *loop;
    struct channel *broker;
    struct negotiate_rules rules;
    struct basic *basic;
    struct refusals *refusals;
    struct admission *admission;
    struct loop_timer later; /* when somebody who has to wait may be asked */
    struct logins logins;
    struct acceptors acceptors;
    unsigned asked; /* legs that winrmd-gss has */
};

static inline struct negotiate *negotiate_of_login(const struct login *login)
{
    return login->logins->owner;
}

/* Sets negotiate->acceptors up. */
void negotiate_init_gss(struct negotiate *negotiate);
/* Asks winrmd-gss about whoever's turn it is: something that was waited for has happened. */
void negotiate_work(struct negotiate *negotiate);

/* winrmd-gss has said what it makes of the token, or never will. */
void login_answered(struct login *login, bool well);
/* winrmd-gss has nothing of it any more. */
void login_over(struct login *login);
/* winrmd-gss is to have nothing of it any more. */
void login_forget(struct login *login);
/*
 * It is in no queue, and may be freed in here. `mechanism`: NULL, not known. A refusal is audited
 * although the client has left: that must hide nothing.
 */
void login_refuse(struct login *login, const char *mechanism, const char *reason);

#endif
