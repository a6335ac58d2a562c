/* SPDX-License-Identifier: ISC */

/*
 * An authorization plug-in that takes 50 ms to answer each AuthzUser, from another thread, as one
 * that asks a directory does; and lets everybody do everything.
 */
#include "plugins/kit.h"

#include <unistd.h>

enum { ANSWER_TIME = 50000 /* microseconds */ };

KIT_STARTUP_AND_SHUTDOWN
KIT_ALLOW_OPERATIONS
KIT_RELEASE

static void answer(void *argument)
{
    WSMAN_SENDER_DETAILS *sender = argument;

    usleep(ANSWER_TIME);
    WSManPluginAuthzUserComplete(sender, 0, NULL, sender->clientToken, TRUE, ERROR_SUCCESS, NULL);
}

KIT_AUTHZ_USER
{
    kit_run(answer, sender);
}
