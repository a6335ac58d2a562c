/* SPDX-License-Identifier: ISC */

/*
 * Keeps mallory's first user call unanswered and lets mallory in when OTHER_CALLS other calls have
 * been made meanwhile; by then the call's deadline has long passed, and if the host gave the memory
 * of a call to another one, that one would be answered. Notes what the host said.
 */
#include <stdatomic.h>

#include "plugins/kit.h"

enum { OTHER_CALLS = 10000 };

static _Atomic(WSMAN_SENDER_DETAILS *) kept;
static atomic_uint others;

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

static void count_call(void)
{
    WSMAN_SENDER_DETAILS *sender = atomic_load(&kept);

    if (sender != NULL && atomic_fetch_add(&others, 1) + 1 == OTHER_CALLS)
        kit_note("late %u\n", (unsigned)WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, TRUE,
                                                                     NO_ERROR, NULL));
}

KIT_AUTHZ_USER
{
    if (kit_sent_by(sender, "mallory")) {
        WSMAN_SENDER_DETAILS *none = NULL;

        if (atomic_compare_exchange_strong(&kept, &none, sender))
            kit_note("kept\n");
        return;
    }
    kit_allow_user(sender);
    count_call();
}

VOID WINAPI WSManPluginAuthzQueryQuota(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                       DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    kit_allow_quota(sender);
    count_call();
}

KIT_AUTHZ_OPERATION
{
    kit_allow_operation(sender);
    count_call();
}

KIT_RELEASE
