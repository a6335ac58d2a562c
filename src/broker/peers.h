/* SPDX-License-Identifier: ISC */

/*
 * The processes every winrmd has: winrmd-net, as many as configured, and one winrmd-auth. They
 * are started with their task, started again when they end, and introduced to each other.
 */
#ifndef BROKER_PEERS_H
#define BROKER_PEERS_H

#include <stdbool.h>

struct broker;

/* Binds the listeners; false (logged) when one can not be. */
bool peers_listen(struct broker *broker);
void peers_start(struct broker *broker);
/* The service ends: nothing is started again. */
void peers_forget(struct broker *broker);
/* Do all of them serve? */
bool peers_ready(const struct broker *broker);

#endif
