/* SPDX-License-Identifier: ISC */

/* The broker's log_level, for the table of handlers of each process that it tells. */
#ifndef IPC_LOG_LEVEL_H
#define IPC_LOG_LEVEL_H

#include "ipc/channel.h"

void log_level_take(struct channel *channel, const union message_body *body);

#endif
