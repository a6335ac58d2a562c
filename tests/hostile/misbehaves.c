/* SPDX-License-Identifier: ISC */

/*
 * Does wrong whatever its extraInfo asks for, which is one word; without one it does nothing wrong
 * and lets everybody in.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "plugins/kit.h"

enum { HOLD = 6, STOP_HOLD = 7 /* seconds */ };

static char wish[32];

static bool wished(const char *word)
{
    return strcmp(wish, word) == 0;
}

static void read_wish(PCWSTR extraInfo)
{
    size_t i = 0;

    for (; extraInfo != NULL && extraInfo[i] != 0 && i < sizeof(wish) - 1; i++)
        wish[i] = (char)extraInfo[i];
    wish[i] = '\0';
}

static void sleep_long(void *argument)
{
    (void)argument;
    sleep(STOP_HOLD);
}

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)application;
    read_wish(extraInfo);
    if (!wished("start-unwritten"))
        *pluginContext = NULL;
    if (wished("start-abort"))
        abort();
    if (wished("start-thread"))
        kit_run(sleep_long, NULL);
    return wished("start-refuse") ? 1001 : NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    if (wished("stop-hold"))
        sleep(STOP_HOLD);
    if (wished("stop-exit"))
        _exit(0);
    return wished("stop-refuse") ? 1002 : NO_ERROR;
}

static __attribute__((noinline)) void fall(volatile char *nowhere)
{
    *nowhere = 1;
}

/* Takes all of its stack, one page after the other. */
static __attribute__((noinline)) int sink(volatile int depth)
{
    volatile char page[4096];

    page[0] = (char)depth;
    return depth == 0 ? 0 : sink(depth + 1) + page[0];
}

KIT_AUTHZ_USER
{
    if (wished("user-exit"))
        exit(0);
    /* Not by close(): a sanitizer sees that and ends the process before the host sees anything. */
    if (wished("user-close"))
        syscall(SYS_close, 3);
    if (wished("user-close-output"))
        syscall(SYS_close, 1);
    if (wished("user-redirect")) {
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_WSMAN_REDIRECT_REQUESTED,
                                     WSMAN_TEXT("elsewhere"));
        return;
    }
    kit_allow_user(sender);
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                       DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    if (wished("quota-none"))
        WSManPluginAuthzQueryQuotaComplete(sender, 0, NULL, NO_ERROR, NULL);
    else
        kit_allow_quota(sender);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    (void)pluginContext;
    (void)flags;
    (void)action;
    (void)resourceUri;
    if (wished("operation-fall"))
        fall(NULL);
    if (wished("operation-sink"))
        sink(1);
    if (wished("operation-redirect")) {
        WSManPluginAuthzOperationComplete(sender, 0, NULL, ERROR_WSMAN_REDIRECT_REQUESTED, NULL);
        return;
    }
    kit_allow_operation(sender);
    if (wished("operation-hold") && operation == WSManOperationPut)
        sleep(HOLD);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID context)
{
    if (wished("release-abort"))
        abort();
    kit_release(context);
}
