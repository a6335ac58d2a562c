/* SPDX-License-Identifier: ISC */

/* What the broker tells winrmd-auth of the configuration, and what it hears of it. */
#ifndef BROKER_AUTH_TASK_H
#define BROKER_AUTH_TASK_H

#include "broker/configuration.h"

struct broker;
struct child;

/* To one that was just started. */
void auth_task_tell(struct child *auth);
/* After a reload; `auth` is settling from now on. */
void auth_task_update(struct child *auth, const struct configuration *old);
/* auth_bound: the channel binding value of a listener. */
void auth_task_bound(struct broker *broker, const struct message_auth_bound *bound);

#endif
