/* SPDX-License-Identifier: ISC */

/* What the broker tells winrmd-auth of the configuration, and whom what it says concerns. */
#ifndef BROKER_AUTH_TASK_H
#define BROKER_AUTH_TASK_H

#include "ipc/channel.h"

struct child;
struct configuration;

/* For child_start(). */
extern const struct channel_events auth_task_events;

/* To one that was just started. */
void auth_task_tell(struct child *auth);
/* After a reload; `auth` is settling from now on. */
void auth_task_update(struct child *auth, const struct configuration *old);

#endif
