/* SPDX-License-Identifier: ISC */

#include "broker/login.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "broker/accounts.h"
#include "broker/broker.h"
#include "broker/session.h"
#include "pam_results.h"

enum { IDENTITY_LIMIT = 2 * 1024 * 1024 };

/*
 * One whose account is being looked up. As many as winrmd-nets have requests that authenticate,
 * which `connections` bounds; each ends with its answer, or when that is late.
 */
struct login {
    struct list link; /* in broker.logins */
    struct broker *broker;
    struct account_question question;
    struct buffer told; /* what winrmd-auth said; its texts are in here */
    struct arena arena; /* and its lists */
    struct message_auth_identity identity;
    bool revoked; /* what it proved itself with holds no more */
};

static bool identity_keep(struct login *login, const struct message_auth_identity *identity)
{
    struct buffer *told = &login->told;
    union message_body body;
    enum message_type type;
    size_t length;

    if (!message_encode(told, MESSAGE_auth_identity, identity) ||
        !message_header(buffer_bytes(told), &type, &length) ||
        !message_decode(type, buffer_bytes(told) + MESSAGE_HEADER_SIZE, length, &login->arena,
                        &body))
        return false;
    login->identity = body.auth_identity;
    return true;
}

static void login_free(struct login *login)
{
    pam_find_stop(&login->question);
    list_remove(&login->link);
    arena_free(&login->arena);
    buffer_free(&login->told);
    free(login);
}

/* Groups that winrmd's own files give a name come before those of the machine. */
static void login_open(const struct login *login, const struct message_account_found *answer)
{
    struct message_auth_identity identity = login->identity;
    uid_t uid = (uid_t)answer->uid;

    if (answer->result == PAM_RESULT_no_account) {
        session_begin(login->broker, &identity, NULL, NULL);
        return;
    }
    if (identity.groups.count == 0)
        identity.groups = answer->groups;
    session_begin(login->broker, &identity, answer->account, &uid);
}

static void login_found(struct account_question *question,
                        const struct message_account_found *answer)
{
    struct login *login = container_of(question, struct login, question);

    if (login->revoked)
        session_deny(login->broker, &login->identity, "what it proved itself with was taken away");
    else if (answer->result == PAM_RESULT_accepted || answer->result == PAM_RESULT_no_account)
        login_open(login, answer);
    else
        session_deny(login->broker, &login->identity, account_failure(answer->result));
    login_free(login);
}

void login_begin(struct broker *broker, const struct message_auth_identity *identity)
{
    struct login *login = mem_alloc(sizeof(*login));

    login->broker = broker;
    login->question.found = login_found;
    arena_init(&login->arena, IDENTITY_LIMIT);
    buffer_init(&login->told, IDENTITY_LIMIT);
    list_append(&broker->logins, &login->link);
    if (identity->account == NULL || identity->mechanism == NULL ||
        !identity_keep(login, identity)) {
        session_deny(broker, identity, "winrmd-auth named no account");
        login_free(login);
        return;
    }
    pam_find(broker, &login->question, identity->account);
}

void login_revoke(struct broker *broker, const struct message_auth_revoked *revoked)
{
    list_each(link, &broker->logins) {
        struct login *login = container_of(link, struct login, link);

        if (strcmp(login->identity.mechanism, revoked->mechanism) == 0 &&
            (revoked->account == NULL || strcmp(login->identity.account, revoked->account) == 0))
            login->revoked = true;
    }
}

void login_forget_all(struct broker *broker)
{
    list_each(link, &broker->logins)
        login_free(container_of(link, struct login, link));
}
