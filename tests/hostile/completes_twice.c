/* SPDX-License-Identifier: ISC */

/*
 * Answers each call three times: as it should, once more inside the call, and once more from
 * another thread. mallory (as a user) and trent (for his operations) are refused by the first
 * answer and let in by the others. Notes what the host said to the second and the third.
 */
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

static void allow_user_again(void *argument)
{
    DWORD said = WSManPluginAuthzUserComplete(argument, 0, NULL, NULL, TRUE, NO_ERROR, NULL);

    kit_note("user third %u\n", (unsigned)said);
}

KIT_AUTHZ_USER
{
    DWORD said;

    if (kit_sent_by(sender, "mallory"))
        WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, FALSE, ERROR_ACCESS_DENIED, NULL);
    else
        kit_allow_user(sender);
    said = WSManPluginAuthzUserComplete(sender, 0, NULL, NULL, TRUE, NO_ERROR, NULL);
    kit_note("user second %u\n", (unsigned)said);
    kit_run(allow_user_again, sender);
}

static void allow_operation_again(void *argument)
{
    DWORD said = WSManPluginAuthzOperationComplete(argument, 0, NULL, NO_ERROR, NULL);

    kit_note("operation third %u\n", (unsigned)said);
}

KIT_AUTHZ_OPERATION
{
    DWORD said;

    if (kit_sent_by(sender, "trent"))
        WSManPluginAuthzOperationComplete(sender, 0, NULL, ERROR_ACCESS_DENIED, NULL);
    else
        kit_allow_operation(sender);
    said = WSManPluginAuthzOperationComplete(sender, 0, NULL, NO_ERROR, NULL);
    kit_note("operation second %u\n", (unsigned)said);
    kit_run(allow_operation_again, sender);
}
