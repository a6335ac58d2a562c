/* SPDX-License-Identifier: ISC */

/* The model as messages to the broker. */
#ifndef CONFIG_SEND_H
#define CONFIG_SEND_H

#include <stdbool.h>

#include "config/model.h"
#include "ipc/channel.h"

/*
 * Sends the whole configuration, or just the problems when there are any, and config_end. The
 * channel's socket must be a blocking one by now, so that everything has left on return. False
 * when the broker is gone.
 */
bool config_send(struct channel *channel, const struct config *config,
                 const struct config_problems *problems);

#endif
