// SPDX-License-Identifier: ISC

// A C++ plug-in whose exception for mallory leaves the entry point.
#include <stdexcept>

extern "C" {
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE
KIT_ALLOW_OPERATIONS

VOID WINAPI WSManPluginAuthzUser(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender, DWORD flags)
{
    (void)pluginContext;
    (void)flags;
    if (kit_sent_by(sender, "mallory"))
        throw std::runtime_error("nobody catches this");
    kit_allow_user(sender);
}
}
