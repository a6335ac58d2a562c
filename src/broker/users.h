/* SPDX-License-Identifier: ISC */

/* winrmctl users: who is logged in, and of whom there is a user record. */
#ifndef BROKER_USERS_H
#define BROKER_USERS_H

#include "ipc/channel.h"

struct broker;

/* Sends a control_user for each of them. */
void users_send(struct broker *broker, struct channel *channel);

#endif
