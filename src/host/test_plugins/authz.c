/* SPDX-License-Identifier: ISC */

/*
 * An authorization plug-in that misbehaves on demand: the user's name says how. What its service
 * calls returned is asked with AuthzOperation: action "last" completes with that as error code,
 * "contexts" with the number of contexts it has not got back. Its InitializationParameters is the
 * path of a file: WSManPluginShutdown creates it, and calls of user "block" wait for it.
 */

#define WSMAN_API_VERSION_1_1
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <wsman.h>
#include <wsman_linux.h>
#include <wsmerror.h>

static atomic_uint last_result = 12345;
static atomic_uint contexts_out;
static atomic_int lingers;
static _Atomic(WSMAN_SENDER_DETAILS *) kept;
static _Atomic(HANDLE) kept_token;
static char marker[512];

static int same(PCWSTR text, const char *ascii)
{
    while (*text != 0 && *text == (unsigned char)*ascii) {
        text++;
        ascii++;
    }
    return *text == 0 && *ascii == 0;
}

static PVOID context(void)
{
    contexts_out++;
    return &contexts_out;
}

static DWORD accept_user(WSMAN_SENDER_DETAILS *sender)
{
    return WSManPluginAuthzUserComplete(sender, 0, context(), sender->clientToken, TRUE, NO_ERROR,
                                        WSMAN_TEXT("ignored on success"));
}

static void *accept_on_thread(void *argument)
{
    usleep(2000);
    last_result = accept_user(argument);
    return NULL;
}

static void on_thread(WSMAN_SENDER_DETAILS *sender)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, accept_on_thread, sender) == 0)
        pthread_detach(thread);
}

static void with_token(WSMAN_SENDER_DETAILS *sender, PCWSTR account)
{
    HANDLE token = NULL;
    DWORD result = WSManLinuxCreateToken(sender, account, &token);

    last_result = result;
    kept_token = token;
    WSManPluginAuthzUserComplete(sender, 0, NULL, token, FALSE, result, NULL);
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR applicationIdentification, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    size_t i = 0;

    (void)flags;
    for (; extraInfo != NULL && extraInfo[i] != 0 && i + 1 < sizeof(marker); i++)
        marker[i] = (char)extraInfo[i];
    *pluginContext = &last_result;
    return same(applicationIdentification, "fail") ? 1001 : NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    FILE *file = fopen(marker, "a");

    (void)flags;
    if (file != NULL) {
        fprintf(file, "shutdown %u %d%s\n", reason, pluginContext == &last_result,
                lingers ? " in the middle of a call" : "");
        fclose(file);
    }
    return NO_ERROR;
}

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    PCWSTR name = sender->senderName;

    (void)pluginContext;
    (void)flags;
    if (same(name, "thread")) {
        on_thread(sender);
    } else if (same(name, "never")) {
        kept = sender;
    } else if (same(name, "twice")) {
        accept_user(sender);
        last_result = WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, TRUE, NO_ERROR, NULL);
    } else if (same(name, "wrong")) {
        last_result = WSManPluginAuthzOperationComplete(sender, 0, NULL, NO_ERROR, NULL);
        accept_user(sender);
    } else if (same(name, "flags")) {
        last_result = WSManPluginAuthzUserComplete(sender, 1, NULL, NULL, TRUE, NO_ERROR, NULL);
        accept_user(sender);
    } else if (same(name, "refuse")) {
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED,
                                     WSMAN_TEXT("r\u00e9fus\u00e9"));
    } else if (same(name, "map")) {
        with_token(sender, WSMAN_TEXT("svc-deploy"));
    } else if (same(name, "map-other")) {
        with_token(sender, WSMAN_TEXT("root"));
    } else if (same(name, "old-token")) {
        WSManPluginAuthzUserComplete(sender, 0, context(), kept_token, FALSE, NO_ERROR, NULL);
    } else if (same(name, "keep-token")) {
        kept_token = sender->clientToken;
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, NO_ERROR, NULL);
    } else if (same(name, "block")) {
        while (access(marker, F_OK) != 0)
            usleep(2000);
        accept_user(sender);
    } else if (same(name, "linger")) {
        lingers = TRUE;
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
        usleep(20000);
        lingers = FALSE;
    } else if (same(name, "crash")) {
        abort();
    } else {
        accept_user(sender);
    }
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                       DWORD flags)
{
    WSMAN_AUTHZ_QUOTA quota = {1, 2, 3, 4};

    (void)pluginContext;
    (void)flags;
    if (same(sender->senderName, "none"))
        last_result = WSManPluginAuthzQueryQuotaComplete(sender, 0, NULL, NO_ERROR, NULL);
    else
        last_result = WSManPluginAuthzQueryQuotaComplete(sender, 0, &quota, NO_ERROR, NULL);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    DWORD code = operation == WSManOperationShell ? NO_ERROR : 1;

    (void)pluginContext;
    (void)flags;
    (void)resourceUri;
    if (same(action, "last"))
        code = last_result;
    if (same(action, "contexts"))
        code = contexts_out;
    if (same(action, "complete-kept")) {
        last_result = accept_user(kept);
        contexts_out--; /* was not taken, if all is well */
        code = last_result;
    }
    if (same(action, "stranger"))
        code = WSManPluginAuthzUserComplete((WSMAN_SENDER_DETAILS *)&quick_exit, 0, NULL, NULL,
                                            TRUE, NO_ERROR, NULL);
    WSManPluginAuthzOperationComplete(sender, 0, same(action, "Create") ? context() : NULL, code,
                                      WSMAN_TEXT("because"));
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID userAuthorizationContext)
{
    if (userAuthorizationContext == &contexts_out)
        contexts_out--;
}
