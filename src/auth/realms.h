/* SPDX-License-Identifier: ISC */

/* The Kerberos realms whose principals are let in. Belongs to the loop's thread. */
#ifndef AUTH_REALMS_H
#define AUTH_REALMS_H

#include <stdbool.h>

#include "ipc/message.h"

/* Owns its texts. Zeroed memory lets nobody in. */
struct realms {
    struct ipc_items configured;
    struct ipc_items offered; /* those that there are keys of */
};

/* Both return true when somebody who was let in may not be any more. */
bool realms_configure(struct realms *realms, const struct ipc_items *configured);
bool realms_offer(struct realms *realms, const struct ipc_items *offered);
/* The configured ones, or if there are none those that there are keys of. Valid until a change. */
struct ipc_items realms_accepted(const struct realms *realms);
void realms_clear(struct realms *realms);

#endif
