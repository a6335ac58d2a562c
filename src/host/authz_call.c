/* SPDX-License-Identifier: ISC */

#include "host/authz_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "host/stray.h"
#include "host/text16.h"

enum {
    TEXTS_LIMIT = 256 * 1024,
    ABANDONED_LIMIT = 16384 /* closed calls kept for a plug-in that may still read them */
};

static struct list abandoned = {&abandoned, &abandoned};
static unsigned abandoned_count;

/* ---- life ---- */

static const char *text_or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* Fills in senderDetails; false when a text is ill-formed or too long. */
static bool call_describe(struct authz_call *call, const struct authz_question *question)
{
    WSMAN_SENDER_DETAILS *details = call->handle.address;
    struct arena *arena = &call->arena;
    bool described = sender_describe(details, arena, question->name, question->mechanism,
                                     question->url, &question->certificate);

    details->clientToken = call->token.handle.address;
    call->address = arena_text(arena, question->address);
    call->locale = utf16_arena(arena, question->locale);
    call->action = utf16_arena(arena, text_or_empty(question->action));
    call->resource_uri = utf16_arena(arena, text_or_empty(question->resource_uri));
    return described && call->action != NULL && call->resource_uri != NULL;
}

struct authz_call *authz_call_new(const struct authz_question *question)
{
    struct authz_call *call = mem_alloc(sizeof(*call));
    bool usable;

    call->number = question->call;
    call->operation = question->operation;
    call->state = AUTHZ_open;
    call->references = 2;
    list_init(&call->abandoned);
    list_init(&call->running);
    arena_init(&call->arena, TEXTS_LIMIT);
    usable =
        question->account == NULL || token_open(&call->token, question->account, &question->groups);
    address_lock();
    usable = handle_open(&call->handle, question->kind) && usable;
    address_unlock();
    if (usable && call_describe(call, question))
        return call;
    authz_call_free(call);
    return NULL;
}

void authz_call_free(struct authz_call *call)
{
    address_lock();
    token_close(&call->token);
    handle_drop(&call->handle);
    address_unlock();
    arena_free(&call->arena);
    free(call->verdict.account);
    free(call->verdict.extended);
    free(call);
}

bool authz_call_unref(struct authz_call *call)
{
    return --call->references == 0;
}

/* The plug-in may still read what it was given, so it is kept; but not for ever. */
struct authz_call *authz_call_close(struct authz_call *call)
{
    struct authz_call *oldest = NULL;

    if (call->state == AUTHZ_complete) {
        call->state = AUTHZ_void;
        return NULL;
    }
    call->state = AUTHZ_closed;
    list_append(&abandoned, &call->abandoned);
    if (++abandoned_count <= ABANDONED_LIMIT)
        return NULL;
    oldest = container_of(abandoned.next, struct authz_call, abandoned);
    list_remove(&oldest->abandoned);
    abandoned_count--;
    handle_close(&oldest->handle);
    handle_close(&oldest->token.handle);
    return authz_call_unref(oldest) ? oldest : NULL;
}

struct authz_call *authz_call_open(const void *sender, enum handle_kind kind)
{
    const char *cause;
    struct handle *handle = handle_find(sender, kind, &cause);
    struct authz_call *call =
        handle != NULL ? container_of(handle, struct authz_call, handle) : NULL;

    return call != NULL && call->state == AUTHZ_open ? call : NULL;
}

/* ---- completion ---- */

/* A completion came for a call closed before: the plug-in is done with it, and so is the host. */
static struct authz_call *call_forget(struct authz_call *call)
{
    list_remove(&call->abandoned);
    abandoned_count--;
    handle_close(&call->handle);
    handle_close(&call->token.handle);
    return authz_call_unref(call) ? call : NULL;
}

/* The token the plug-in chose; lock held. False: it may not choose that one. */
static bool call_choose_token(struct authz_call *call, HANDLE chosen, struct authz_verdict *verdict)
{
    struct token *made;

    if (chosen == NULL) {
        verdict->choice = TOKEN_none;
        return true;
    }
    if (chosen == call->token.handle.address) {
        verdict->choice = TOKEN_client;
        return true;
    }
    made = token_made(chosen, call->handle.address);
    if (made == NULL)
        return false;
    verdict->choice = TOKEN_account;
    verdict->account = mem_text(made->account);
    token_free(made);
    return true;
}

/* Lock held. The call that `sender` names, if it can be completed now; else NULL and `cause`. */
static struct authz_call *call_to_complete(const void *sender, enum handle_kind kind,
                                           const char **cause, struct authz_call **dead)
{
    struct handle *handle = handle_find(sender, kind, cause);
    struct authz_call *call;

    if (handle == NULL)
        return NULL;
    call = container_of(handle, struct authz_call, handle);
    if (call->state == AUTHZ_closed) {
        *cause = "a call closed at its deadline";
        *dead = call_forget(call);
        return NULL;
    }
    *cause = NULL;
    return call;
}

/*
 * Ends the call named by `sender` with `verdict` (taken over). `chosen` counts for user calls.
 * NO_ERROR, or ERROR_INVALID_PARAMETER when there is no such open call: then nothing has happened
 * except a report to the audit.
 */
static DWORD call_complete(const char *function, const void *sender, enum handle_kind kind,
                           struct authz_verdict verdict, HANDLE chosen)
{
    struct authz_call *dead = NULL;
    struct authz_call *call;
    const char *cause;

    address_lock();
    call = call_to_complete(sender, kind, &cause, &dead);
    if (call != NULL) {
        if (verdict.code == NO_ERROR && !call_choose_token(call, chosen, &verdict)) {
            cause = "a token that does not belong to the call: the user is refused";
            verdict.code = ERROR_ACCESS_DENIED;
        }
        call->verdict = verdict;
        call->state = AUTHZ_complete;
        handle_close(&call->handle);
        handle_close(&call->token.handle);
    }
    address_unlock();
    if (call != NULL)
        post_send(&call->post);
    else
        free(verdict.extended);
    if (dead != NULL)
        authz_call_free(dead);
    if (cause != NULL)
        stray_report(function, cause);
    return call != NULL ? NO_ERROR : ERROR_INVALID_PARAMETER;
}

DWORD service_authz_user_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                  PVOID userAuthorizationContext, HANDLE impersonationToken,
                                  BOOL userIsAdministrator, DWORD errorCode,
                                  PCWSTR extendedErrorInformation)
{
    struct authz_verdict verdict = {.code = errorCode,
                                    .context = userAuthorizationContext,
                                    .administrator = userIsAdministrator != 0};

    if (flags != 0) {
        stray_report("WSManPluginAuthzUserComplete", "flags that are not zero");
        return ERROR_INVALID_PARAMETER;
    }
    if (errorCode != NO_ERROR)
        verdict.extended = text16_reason(extendedErrorInformation, LIMIT_REASON - 1);
    return call_complete("WSManPluginAuthzUserComplete", senderDetails, HANDLE_authz_user, verdict,
                         impersonationToken);
}

DWORD service_authz_operation_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                       PVOID userAuthorizationContext, DWORD errorCode,
                                       PCWSTR extendedErrorInformation)
{
    struct authz_verdict verdict = {.code = errorCode, .context = userAuthorizationContext};

    if (flags != 0) {
        stray_report("WSManPluginAuthzOperationComplete", "flags that are not zero");
        return ERROR_INVALID_PARAMETER;
    }
    if (errorCode != NO_ERROR)
        verdict.extended = text16_reason(extendedErrorInformation, LIMIT_REASON - 1);
    return call_complete("WSManPluginAuthzOperationComplete", senderDetails, HANDLE_authz_operation,
                         verdict, NULL);
}

/*
 * An invalid completion (no quota with success, flags that are not zero) returns an error and ends
 * the call all the same: the default quota applies.
 */
DWORD service_authz_quota_complete(WSMAN_SENDER_DETAILS *senderDetails, DWORD flags,
                                   WSMAN_AUTHZ_QUOTA *quota, DWORD errorCode,
                                   PCWSTR extendedErrorInformation)
{
    struct authz_verdict verdict = {.code = errorCode};
    bool invalid = flags != 0 || (errorCode == NO_ERROR && quota == NULL);
    DWORD result;

    if (errorCode == NO_ERROR && !invalid) {
        verdict.quota_present = true;
        verdict.quota = *quota;
    } else if (errorCode != NO_ERROR) {
        verdict.extended = text16_reason(extendedErrorInformation, LIMIT_REASON - 1);
    }
    result = call_complete("WSManPluginAuthzQueryQuotaComplete", senderDetails, HANDLE_authz_quota,
                           verdict, NULL);
    if (result == NO_ERROR && invalid) {
        stray_report("WSManPluginAuthzQueryQuotaComplete",
                     flags != 0 ? "flags that are not zero: the default quota applies"
                                : "success without a quota: the default quota applies");
        result = ERROR_INVALID_PARAMETER;
    }
    return result;
}
