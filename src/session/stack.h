/* SPDX-License-Identifier: ISC */

/*
 * A PAM session (pam(3), the Linux-PAM Application Developers' Guide, "Session management"), opened
 * and closed by the same process: its modules keep what they need in it, and change it.
 */
#ifndef SESSION_STACK_H
#define SESSION_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include <security/pam_appl.h>

struct stack {
    pam_handle_t *handle; /* NULL: nothing is open */
    int status;
    bool credentials; /* established */
    bool opened;
};

/*
 * May the account come in now (pam_acct_mgmt()), its credentials, its session. Nothing is asked
 * back: a module that prompts fails. `address` is the client's; NULL: unknown. False: `why` says
 * which step said what; what was begun is undone with stack_close().
 */
bool stack_open(struct stack *stack, const char *service, const char *account, const char *address,
                char *why, size_t why_size);
/* Closes the session, as far as it was opened. */
void stack_close(struct stack *stack);

#endif
