/* SPDX-License-Identifier: ISC */

#include "pam/stack.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { PROMPTS_LIMIT = 32 /* PAM_MAX_NUM_MSG */ };

struct talk {
    const char *password; /* NULL: it has been asked for already */
    bool prompted;        /* PAM wanted more than there is */
    bool proved;          /* the password was right, or is not asked for */
    unsigned delay;       /* microseconds */
};

/* ---- what the modules call ---- */

/* PAM frees what it is given; until then it is ours to wipe. */
static void replies_free(struct pam_response *replies, int count)
{
    for (int i = 0; i < count; i++) {
        if (replies[i].resp == NULL)
            continue;
        explicit_bzero(replies[i].resp, strlen(replies[i].resp));
        free(replies[i].resp);
    }
    free(replies);
}

static bool reply(struct talk *talk, int style, struct pam_response *to)
{
    switch (style) {
    case PAM_TEXT_INFO:
    case PAM_ERROR_MSG:
        return true;
    case PAM_PROMPT_ECHO_OFF:
    case PAM_PROMPT_ECHO_ON:
        if (talk->password == NULL) {
            talk->prompted = true;
            return false;
        }
        to->resp = strdup(talk->password);
        talk->password = NULL;
        return to->resp != NULL;
    default:
        talk->prompted = true;
        return false;
    }
}

static int converse(int count, const struct pam_message **messages, struct pam_response **replies,
                    void *context)
{
    struct talk *talk = context;
    struct pam_response *made;

    if (count < 1 || count > PROMPTS_LIMIT)
        return PAM_CONV_ERR;
    made = calloc((size_t)count, sizeof(*made));
    if (made == NULL)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        if (!reply(talk, messages[i]->msg_style, &made[i])) {
            replies_free(made, count);
            return PAM_CONV_ERR;
        }
    }
    *replies = made;
    return PAM_SUCCESS;
}

/* Without this, pam_authenticate() would sleep. */
static void note_delay(int status, unsigned delay, void *context)
{
    struct talk *talk = context;

    if (status != PAM_SUCCESS)
        talk->delay = delay;
}

/* ---- what we call ---- */

static enum pam_result result_of(int status, const struct talk *talk)
{
    if (status != PAM_SUCCESS && talk->prompted)
        return PAM_RESULT_prompt;
    switch (status) {
    case PAM_SUCCESS:
        return PAM_RESULT_accepted;
    case PAM_AUTH_ERR:
    case PAM_CRED_INSUFFICIENT:
        /* pam_acct_mgmt(3): PAM_AUTH_ERR of an account is no word about its password. */
        return talk->proved ? PAM_RESULT_account_denied : PAM_RESULT_wrong_password;
    case PAM_USER_UNKNOWN:
        return PAM_RESULT_unknown_user;
    case PAM_MAXTRIES:
        return PAM_RESULT_max_tries;
    case PAM_PERM_DENIED:
        return PAM_RESULT_account_denied;
    case PAM_ACCT_EXPIRED:
        return PAM_RESULT_account_expired;
    case PAM_NEW_AUTHTOK_REQD:
    case PAM_CRED_EXPIRED:
    case PAM_AUTHTOK_EXPIRED:
        return PAM_RESULT_password_expired;
    case PAM_AUTHINFO_UNAVAIL:
        return PAM_RESULT_unavailable;
    default:
        return PAM_RESULT_module_failed;
    }
}

/* What modules and their logs are told of the client. */
static int items_set(pam_handle_t *handle, const struct credential *credential, struct talk *talk)
{
    /* Linux-PAM keeps a function in an item of data pointers. */
    void (*delay)(int, unsigned, void *) = note_delay;
    void *pointer;
    int status;

    (void)talk;
    memcpy(&pointer, &delay, sizeof(pointer));
    status = pam_set_item(handle, PAM_FAIL_DELAY, pointer);
    if (status == PAM_SUCCESS)
        status = pam_set_item(handle, PAM_TTY, "winrm");
    if (status == PAM_SUCCESS && credential->address[0] != '\0')
        status = pam_set_item(handle, PAM_RHOST, credential->address);
    return status;
}

/* A module may have made another user of the name that was sent. */
static int user_read(pam_handle_t *handle, struct stack_answer *answer)
{
    const void *user = NULL;
    int status = pam_get_item(handle, PAM_USER, &user);

    if (status != PAM_SUCCESS || user == NULL || strlen(user) >= sizeof(answer->user))
        return PAM_SYSTEM_ERR;
    strcpy(answer->user, user);
    return PAM_SUCCESS;
}

static int transact(pam_handle_t *handle, const struct credential *credential, struct talk *talk,
                    struct stack_answer *answer)
{
    int status = items_set(handle, credential, talk);

    if (status == PAM_SUCCESS && !credential->account)
        status = pam_authenticate(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    /* A locked or expired account proves its password like any other. */
    if (status == PAM_SUCCESS) {
        talk->password = NULL;
        talk->proved = true;
        status = pam_acct_mgmt(handle, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
    }
    if (status == PAM_SUCCESS)
        status = user_read(handle, answer);
    return status;
}

void stack_ask(const char *service, const struct credential *credential,
               struct stack_answer *answer)
{
    struct talk talk = {.password = credential->account ? NULL : credential->password};
    struct pam_conv conversation = {converse, &talk};
    pam_handle_t *handle = NULL;
    int status = pam_start(service, credential->name, &conversation, &handle);

    memset(answer, 0, sizeof(*answer));
    if (status == PAM_SUCCESS)
        status = transact(handle, credential, &talk, answer);
    answer->result = result_of(status, &talk);
    answer->delay = talk.delay / 1000;
    if (answer->result == PAM_RESULT_module_failed && handle != NULL)
        log_error("service %s: %s", service, pam_strerror(handle, status));
    else if (answer->result == PAM_RESULT_module_failed)
        log_error("service %s: PAM cannot be started (%d)", service, status);
    if (handle != NULL)
        pam_end(handle, status);
}
