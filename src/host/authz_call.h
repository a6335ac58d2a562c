/* SPDX-License-Identifier: ISC */

/*
 * One call of an authorization entry point, from the broker's question to its answer. The plug-in
 * knows it by the address of its senderDetails.
 *
 * It ends in one of these ways: the plug-in completes it (the answer goes to the broker); the
 * broker closes it, because it took too long (nothing is answered any more, but the plug-in still
 * holds the pointer, so the memory stays until its late completion, which gets
 * ERROR_INVALID_PARAMETER). Memory goes when neither the plug-in can know it nor its entry point
 * still runs: each of the two is a reference.
 */
#ifndef HOST_AUTHZ_CALL_H
#define HOST_AUTHZ_CALL_H

#include "base/arena.h"
#include "host/address.h"
#include "host/api.h"
#include "host/pool.h"
#include "host/post.h"
#include "host/sender.h"
#include "host/token.h"

/* What the broker asks: the three messages authz_user, authz_quota and authz_operation in one. */
struct authz_question {
    enum handle_kind kind;
    uint64_t call;
    const char *name;
    const char *mechanism;
    const char *url;
    const char *address;
    const char *locale;
    const char *account;
    struct ipc_items groups;
    struct sender_certificate certificate;
    uint32_t operation;
    const char *action;
    const char *resource_uri;
};

/* What a completion said; belongs to the call. */
struct authz_verdict {
    uint32_t code;
    void *context;
    enum token_choice choice;
    char *account; /* with TOKEN_account */
    bool administrator;
    bool quota_present;
    WSMAN_AUTHZ_QUOTA quota;
    char *extended;
};

enum authz_state {
    AUTHZ_none,
    AUTHZ_open,
    AUTHZ_complete, /* the post with the verdict is on its way to the loop */
    AUTHZ_closed,   /* by the broker; the plug-in has not completed it yet */
    AUTHZ_void      /* by the broker, when the verdict was on its way */
};

struct authz_call {
    struct handle handle;   /* senderDetails */
    struct token token;     /* clientToken */
    enum authz_state state; /* guarded by the lock of address.h */
    unsigned references;    /* the same */
    struct list abandoned;  /* the same; among the closed ones */
    struct list running;    /* the same; among those whose entry point has not returned */
    uint64_t waits_since;   /* loop_now() */
    uint64_t finished;      /* what the pool had finished then */
    struct authz_verdict verdict;
    uint64_t number; /* the broker's */
    struct pool_work work;
    struct post post;
    struct arena arena; /* holds the texts below */
    char *address;
    char16_t *locale;
    char16_t *action;
    char16_t *resource_uri;
    uint32_t operation;
};

/* Lock held: the call with this senderDetails if it is open and of that kind, else NULL. */
struct authz_call *authz_call_open(const void *sender, enum handle_kind kind);

/* A new open call with two references; NULL when there is no memory or no address for it. */
struct authz_call *authz_call_new(const struct authz_question *question);

/* Lock held: gives one reference back; with the last one true: call authz_call_free() unlocked. */
bool authz_call_unref(struct authz_call *call);
void authz_call_free(struct authz_call *call);

/* Lock held: the broker has closed the call; returns a call to be freed, or NULL. */
struct authz_call *authz_call_close(struct authz_call *call);

DWORD service_authz_user_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                  PVOID userAuthorizationContext, HANDLE impersonationToken,
                                  BOOL userIsAdministrator, DWORD errorCode,
                                  PCWSTR extendedErrorInformation);
DWORD service_authz_operation_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                       PVOID userAuthorizationContext, DWORD errorCode,
                                       PCWSTR extendedErrorInformation);
DWORD service_authz_quota_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                   WSMAN_AUTHZ_QUOTA *quota, DWORD errorCode,
                                   PCWSTR extendedErrorInformation);

#endif
