/* SPDX-License-Identifier: ISC */

/*
 * An authorization plug-in that takes 50 ms to answer each AuthzUser, from another thread, as one
 * that asks a directory does; and lets everybody do everything.
 */
#define WSMAN_API_VERSION_1_1

#include <pthread.h>
#include <stddef.h>
#include <unistd.h>

#include <wsman.h>
#include <wsmerror.h>

enum { ANSWER_TIME = 50000 /* microseconds */, STACK_SIZE = 65536 };

DWORD WINAPI WSManPluginStartup(DWORD flags, PCWSTR application, PCWSTR extraInfo,
                                PVOID *pluginContext)
{
    (void)flags;
    (void)application;
    (void)extraInfo;
    *pluginContext = NULL;
    return NO_ERROR;
}

DWORD WINAPI WSManPluginShutdown(PVOID pluginContext, DWORD flags, DWORD reason)
{
    (void)pluginContext;
    (void)flags;
    (void)reason;
    return NO_ERROR;
}

static void *answer(void *argument)
{
    WSMAN_SENDER_DETAILS *sender = argument;

    usleep(ANSWER_TIME);
    WSManPluginAuthzUserComplete(sender, 0, NULL, sender->clientToken, TRUE, ERROR_SUCCESS, NULL);
    return NULL;
}

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    pthread_attr_t attributes;
    pthread_t thread;

    (void)pluginContext;
    (void)flags;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_SIZE);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, answer, sender) != 0)
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
    pthread_attr_destroy(&attributes);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    (void)pluginContext;
    (void)flags;
    (void)operation;
    (void)action;
    (void)resourceUri;
    WSManPluginAuthzOperationComplete(sender, 0, NULL, ERROR_SUCCESS, NULL);
}
