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

KIT_AUTHZ_USER
{
    if (kit_sent_by(sender, "mallory") || kit_sent_by(sender, "carol"))
        kit_note("held\n");
    if (kit_sent_by(sender, "mallory")) {
        kit_wait_for_file("unblock");
        kit_note("unblocked\n");
    }
    while (kit_sent_by(sender, "carol") && access("unblock", F_OK) != 0)
        for (unsigned i = 0; i < 100000; i++)
            atomic_fetch_add(&spins, 1);
    kit_allow_user(sender);
}

KIT_AUTHZ_OPERATION
{
    if (kit_sent_by(sender, "trent")) {
        kit_note("held\n");
        kit_wait_for_file("unblock");
    }
    kit_allow_operation(sender);
}
