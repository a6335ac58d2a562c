/* SPDX-License-Identifier: ISC */

/* Returns from mallory's user calls and from trent's operation calls without ever answering. */
#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

KIT_AUTHZ_USER
{
    if (!kit_sent_by(sender, "mallory"))
        kit_allow_user(sender);
}

KIT_AUTHZ_OPERATION
{
    if (!kit_sent_by(sender, "trent"))
        kit_allow_operation(sender);
}
