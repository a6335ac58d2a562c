/* SPDX-License-Identifier: ISC */

/* What the broker tells a winrmd-net of the configuration, and whom what it says concerns. */
#ifndef BROKER_NET_TASK_H
#define BROKER_NET_TASK_H

#include "ipc/channel.h"

struct child;
struct configuration;

/* For child_start(). */
extern const struct channel_events net_task_events;

/* To one that was just started. */
void net_task_tell(struct child *net);
/* After a reload: what is new to it; it is settling from now on. */
void net_task_update(struct child *net, const struct configuration *old);

#endif
