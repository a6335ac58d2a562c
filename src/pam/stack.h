/* SPDX-License-Identifier: ISC */

/*
 * One transaction with PAM (pam(3), the Linux-PAM Application Developers' Guide). It may take as
 * long as a module takes, and a module may do anything to this process: which is why the process
 * does nothing else, and is killed by the broker when it takes too long.
 */
#ifndef PAM_STACK_H
#define PAM_STACK_H

#include <stdint.h>

#include "auth/credential.h"
#include "pam_results.h"

enum { STACK_NAME_SIZE = 513 };

struct stack_answer {
    enum pam_result result;
    uint64_t delay;             /* ms that PAM wants a refusal to be held back */
    char user[STACK_NAME_SIZE]; /* accepted: who it is, as the modules say at the end */
};

/*
 * Asks PAM as `service`: pam_authenticate() unless it is about the account alone, then always
 * pam_acct_mgmt(). The password answers one prompt, of whatever kind; a second one is refused.
 */
void stack_ask(const char *service, const struct credential *credential,
               struct stack_answer *answer);

#endif
