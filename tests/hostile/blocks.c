/* SPDX-License-Identifier: ISC */

/*
 * Does not return from mallory's user calls, nor from trent's operation calls, until the test has
 * made the file `unblock`; carol's user calls it keeps busy instead of blocked.
 */
#include "plugins/kit.h"

#include <stdatomic.h>
#include <unistd.h>

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

static atomic_uint spins;

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    if (kit_sent_by(sender, "mallory")) {
        kit_wait_for_file("unblock");
        kit_note("unblocked\n");
    }
    while (kit_sent_by(sender, "carol") && access("unblock", F_OK) != 0)
        for (unsigned i = 0; i < 100000; i++)
            atomic_fetch_add(&spins, 1);
    kit_allow_user(sender);
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
    if (kit_sent_by(sender, "trent"))
        kit_wait_for_file("unblock");
    kit_allow_operation(sender);
}
