/* SPDX-License-Identifier: ISC */

#include "session/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Nobody is there who could answer; what a module has to tell is for its own log. */
static int converse(int count, const struct pam_message **messages, struct pam_response **replies,
                    void *context)
{
    (void)context;
    if (count < 1 || count > PAM_MAX_NUM_MSG)
        return PAM_CONV_ERR;
    for (int i = 0; i < count; i++)
        if (messages[i]->msg_style != PAM_TEXT_INFO && messages[i]->msg_style != PAM_ERROR_MSG)
            return PAM_CONV_ERR;
    *replies = calloc((size_t)count, sizeof(**replies));
    return *replies != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static bool step(struct stack *stack, int status, const char *what, const char *service, char *why,
                 size_t why_size)
{
    stack->status = status;
    if (status == PAM_SUCCESS)
        return true;
    snprintf(why, why_size, "%s of the PAM service %s: %s", what, service,
             pam_strerror(stack->handle, status));
    return false;
}

static int items_set(pam_handle_t *handle, const char *address)
{
    int status = pam_set_item(handle, PAM_TTY, "winrm");

    if (status == PAM_SUCCESS && address != NULL && *address != '\0')
        status = pam_set_item(handle, PAM_RHOST, address);
    return status;
}

/* The shell would run as one account and be accounted for as another. */
static int is_same_user(pam_handle_t *handle, const char *account)
{
    const void *user = NULL;
    int status = pam_get_item(handle, PAM_USER, &user);

    if (status == PAM_SUCCESS && (user == NULL || strcmp(user, account) != 0))
        status = PAM_USER_UNKNOWN;
    return status;
}

bool stack_open(struct stack *stack, const char *service, const char *account, const char *address,
                char *why, size_t why_size)
{
    static const struct pam_conv conversation = {converse, NULL};

#define STEP(call, what) step(stack, call, what, service, why, why_size)
    *stack = (struct stack){0};
    if (!STEP(pam_start(service, account, &conversation, &stack->handle), "pam_start") ||
        !STEP(items_set(stack->handle, address), "pam_set_item") ||
        !STEP(pam_acct_mgmt(stack->handle, PAM_SILENT), "pam_acct_mgmt") ||
        !STEP(is_same_user(stack->handle, account), "another name after pam_acct_mgmt"))
        return false;
    /* A module that has failed may have done a part of it. */
    stack->credentials = true;
    if (!STEP(pam_setcred(stack->handle, PAM_ESTABLISH_CRED | PAM_SILENT), "pam_setcred"))
        return false;
    stack->opened = STEP(pam_open_session(stack->handle, PAM_SILENT), "pam_open_session");
#undef STEP
    return stack->opened;
}

void stack_close(struct stack *stack)
{
    if (stack->handle == NULL)
        return;
    if (stack->opened) {
        stack->status = pam_close_session(stack->handle, PAM_SILENT);
        if (stack->status != PAM_SUCCESS)
            log_error("pam_close_session: %s", pam_strerror(stack->handle, stack->status));
    }
    if (stack->credentials)
        pam_setcred(stack->handle, PAM_DELETE_CRED | PAM_SILENT);
    pam_end(stack->handle, stack->status);
    *stack = (struct stack){0};
}
