/* SPDX-License-Identifier: ISC */

/*
 * Tries to let mallory in with completions that answer nothing: the wrong function, addresses that
 * are no call, flags, a quota that is none. Notes what the host said to each, then refuses.
 */
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE
KIT_ALLOW_OPERATIONS

static void try_everything(WSMAN_SENDER_DETAILS *sender)
{
    WSMAN_SENDER_DETAILS own = *sender;
    WSMAN_SENDER_DETAILS *inside = (WSMAN_SENDER_DETAILS *)(void *)((char *)sender + 8);
    WSMAN_AUTHZ_QUOTA quota = {.maxAllowedConcurrentShells = 1};
    HANDLE token = sender->clientToken;
    DWORD said[6];

    said[0] = WSManPluginAuthzOperationComplete(sender, 0, NULL, NO_ERROR, NULL);
    said[1] = WSManPluginAuthzQueryQuotaComplete(sender, 0, &quota, NO_ERROR, NULL);
    said[2] = WSManPluginAuthzUserComplete(NULL, 0, NULL, token, FALSE, NO_ERROR, NULL);
    said[3] = WSManPluginAuthzUserComplete(&own, 0, NULL, token, FALSE, NO_ERROR, NULL);
    said[4] = WSManPluginAuthzUserComplete(inside, 0, NULL, token, FALSE, NO_ERROR, NULL);
    said[5] = WSManPluginAuthzUserComplete((WSMAN_SENDER_DETAILS *)(void *)token, 0, NULL, token,
                                           FALSE, NO_ERROR, NULL);
    for (unsigned i = 0; i < sizeof(said) / sizeof(said[0]); i++)
        kit_note("try %u said %u\n", i, (unsigned)said[i]);
}

KIT_AUTHZ_USER
{
    if (kit_sent_by(sender, "mallory")) {
        try_everything(sender);
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
    } else {
        kit_allow_user(sender);
    }
}
