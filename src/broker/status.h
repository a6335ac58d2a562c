/* SPDX-License-Identifier: ISC */

/* winrmctl status: what the broker holds. */
#ifndef BROKER_STATUS_H
#define BROKER_STATUS_H

#include "ipc/channel.h"

struct broker;

/* Sends the status_... rows of all there is; status_end is the caller's. */
void status_send(struct broker *broker, struct channel *channel);

#endif
