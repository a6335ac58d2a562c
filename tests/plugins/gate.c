/* SPDX-License-Identifier: ISC */

/*
 * Answers every call from another thread. The answer to a user call waits until the test has made
 * the file `gate`, so that the test decides how many requests wait for one verdict. Notes each
 * call.
 */
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA

static void answer_user(void *argument)
{
    kit_wait_for_file("gate");
    kit_allow_user(argument);
}

static void answer_operation(void *argument)
{
    kit_allow_operation(argument);
}

KIT_AUTHZ_USER
{
    kit_note("user\n");
    kit_run(answer_user, sender);
}

VOID WINAPI WSManPluginAuthzOperation(PVOID pluginContext, WSMAN_SENDER_DETAILS *sender,
                                      DWORD flags, DWORD operation, PCWSTR action,
                                      PCWSTR resourceUri)
{
    (void)pluginContext;
    (void)flags;
    (void)action;
    (void)resourceUri;
    kit_note("operation %u\n", (unsigned)operation);
    kit_run(answer_operation, sender);
}

VOID WINAPI WSManPluginAuthzReleaseContext(PVOID context)
{
    kit_note("release\n");
    kit_release(context);
}
