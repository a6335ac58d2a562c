/* SPDX-License-Identifier: ISC */

/*
 * Completes from inside WSManPluginAuthzReleaseContext: trent's operation call, which is open and
 * so is answered by it, and then, with success, the user call of mallory that it has refused, and
 * trent's once more. Notes what the host said.
 */
#include <stdatomic.h>

#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA

static _Atomic(WSMAN_SENDER_DETAILS *) refused;
static _Atomic(WSMAN_SENDER_DETAILS *) open_call;

KIT_AUTHZ_USER
{
    if (!kit_sent_by(sender, "mallory")) {
        kit_allow_user(sender);
        return;
    }
    WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
    atomic_store(&refused, sender);
}

KIT_AUTHZ_OPERATION
{
    if (!kit_sent_by(sender, "trent")) {
        kit_allow_operation(sender);
        return;
    }
    kit_note("open\n");
    atomic_store(&open_call, sender);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID context)
{
    WSMAN_SENDER_DETAILS *sender = atomic_exchange(&open_call, NULL);

    kit_release(context);
    if (sender != NULL)
        for (unsigned i = 1; i <= 2; i++)
            kit_note("operation %u said %u\n", i,
                     (unsigned)WSManPluginAuthzOperationComplete(sender, 0, NULL, NO_ERROR, NULL));
    sender = atomic_exchange(&refused, NULL);
    if (sender != NULL)
        kit_note("user said %u\n", (unsigned)WSManPluginAuthzUserComplete(sender, 0, NULL, NULL,
                                                                          TRUE, NO_ERROR, NULL));
}
