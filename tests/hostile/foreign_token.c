/* SPDX-License-Identifier: ISC */

/*
 * Wants mallory to run as somebody else: with the token of the user call before, with an address
 * of its own, and (trent) with a token for an account that its application may not map to.
 */
#include <stdatomic.h>

#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE
KIT_ALLOW_OPERATIONS

static _Atomic(HANDLE) earlier;
static int made_up;

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    HANDLE token = NULL;
    DWORD said;

    (void)pluginContext;
    (void)flags;
    if (kit_sent_by(sender, "mallory")) {
        HANDLE other = atomic_exchange(&earlier, (HANDLE)&made_up);

        said = WSManPluginAuthzUserComplete(sender, 0, NULL, other, TRUE, NO_ERROR, NULL);
        kit_note("mallory %u\n", (unsigned)said);
    } else if (kit_sent_by(sender, "trent")) {
        said = WSManLinuxCreateToken(sender, WSMAN_TEXT("root"), &token);
        kit_note("trent %u %s\n", (unsigned)said, token == NULL ? "nothing" : "a token");
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
    } else {
        atomic_store(&earlier, sender->clientToken);
        kit_allow_user(sender);
    }
}
