/* SPDX-License-Identifier: ISC */

/* Takes its process down in mallory's user calls and in trent's operation calls. */
#include <stdlib.h>

#include "plugins/kit.h"

KIT_STARTUP_AND_SHUTDOWN
KIT_QUOTA
KIT_RELEASE

KIT_AUTHZ_USER
{
    if (kit_sent_by(sender, "mallory"))
        abort();
    kit_allow_user(sender);
}

KIT_AUTHZ_OPERATION
{
    if (kit_sent_by(sender, "trent"))
        abort();
    kit_allow_operation(sender);
}
