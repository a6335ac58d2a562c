/* SPDX-License-Identifier: ISC */

#include "broker/lookup.h"

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
struct lookup {
    struct list link; /* in broker.lookups */
    struct broker *broker;
    struct account_question question;
    struct buffer told; /* what winrmd-auth said; its texts are in here */
    struct arena arena; /* and its lists */
    struct message_auth_identity identity;
    bool revoked; /* what it proved itself with holds no more */
};

static bool identity_keep(struct lookup *lookup, const struct message_auth_identity *identity)
{
    struct buffer *told = &lookup->told;
    union message_body body;
    enum message_type type;
    size_t length;

    if (!message_encode(told, MESSAGE_auth_identity, identity) ||
        !message_header(buffer_bytes(told), &type, &length) ||
        !message_decode(type, buffer_bytes(told) + MESSAGE_HEADER_SIZE, length, &lookup->arena,
                        &body))
        return false;
    lookup->identity = body.auth_identity;
    return true;
}

static void lookup_free(struct lookup *lookup)
{
    pam_find_stop(&lookup->question);
    list_remove(&lookup->link);
    arena_free(&lookup->arena);
    buffer_free(&lookup->told);
    free(lookup);
}

/* Groups that winrmd's own files give a name come before those of the machine. */
static void lookup_open(const struct lookup *lookup, const struct message_account_found *answer)
{
    struct message_auth_identity identity = lookup->identity;
    uid_t uid = (uid_t)answer->uid;

    if (answer->result == PAM_RESULT_no_account) {
        session_begin(lookup->broker, &identity, NULL, NULL);
        return;
    }
    if (identity.groups.count == 0)
        identity.groups = answer->groups;
    session_begin(lookup->broker, &identity, answer->account, &uid);
}

static void lookup_found(struct account_question *question,
                         const struct message_account_found *answer)
{
    struct lookup *lookup = container_of(question, struct lookup, question);

    if (lookup->revoked)
        session_deny(lookup->broker, &lookup->identity,
                     "what it proved itself with was taken away");
    else if (answer->result == PAM_RESULT_accepted || answer->result == PAM_RESULT_no_account)
        lookup_open(lookup, answer);
    else
        session_deny(lookup->broker, &lookup->identity, account_failure(answer->result));
    lookup_free(lookup);
}

void lookup_begin(struct broker *broker, const struct message_auth_identity *identity)
{
    struct lookup *lookup = mem_alloc(sizeof(*lookup));

    lookup->broker = broker;
    lookup->question.found = lookup_found;
    arena_init(&lookup->arena, IDENTITY_LIMIT);
    buffer_init(&lookup->told, IDENTITY_LIMIT);
    list_append(&broker->lookups, &lookup->link);
    if (identity->account == NULL || identity->mechanism == NULL ||
        !identity_keep(lookup, identity)) {
        session_deny(broker, identity, "winrmd-auth named no account");
        lookup_free(lookup);
        return;
    }
    pam_find(broker, &lookup->question, identity->account);
}

void lookup_revoke(struct broker *broker, const struct message_auth_revoked *revoked)
{
    list_each(link, &broker->lookups) {
        struct lookup *lookup = container_of(link, struct lookup, link);

        if (strcmp(lookup->identity.mechanism, revoked->mechanism) == 0 &&
            (revoked->account == NULL || strcmp(lookup->identity.account, revoked->account) == 0))
            lookup->revoked = true;
    }
}

void lookup_forget_all(struct broker *broker)
{
    list_each(link, &broker->lookups)
        lookup_free(container_of(link, struct lookup, link));
}
