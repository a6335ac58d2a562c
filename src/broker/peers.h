/* SPDX-License-Identifier: ISC */

/*
 * The processes every winrmd has: winrmd-net, as many as configured, and one winrmd-auth. They
 * are started with their task (net_task.h, auth_task.h), and started again when they end.
 */
#ifndef BROKER_PEERS_H
#define BROKER_PEERS_H

#include <stdbool.h>

struct broker;
struct configuration;

/* Starts them; the listeners are bound, the applications known. */
void peers_start(struct broker *broker);
/*
 * Another configuration holds than `old`: each is told what is new to it. reload_settled() is
 * called whenever one has taken it, or has gone.
 */
void peers_update(struct broker *broker, const struct configuration *old);
/* Do all of them go by the configuration of now? */
bool peers_settled(const struct broker *broker);
/* The service stops: no connection is accepted any more, what has been asked is answered. */
void peers_drain(struct broker *broker);
/*
 * The last shell has ended: what is asked now is not answered much longer. True when every
 * winrmd-net has ended.
 */
bool peers_drained(struct broker *broker);
/* The service ends: nothing is started again. */
void peers_forget(struct broker *broker);
/* Do all of them serve? */
bool peers_ready(const struct broker *broker);

#endif
