/* SPDX-License-Identifier: ISC */

/*
 * The channel to the broker: what it says at the start, and its answers to operations. When it
 * ends, this process ends at once.
 */
#ifndef NET_BROKER_CHANNEL_H
#define NET_BROKER_CHANNEL_H

#include <stdbool.h>

struct net;

/* Takes over descriptor 3. */
bool broker_channel_open(struct net *net);

#endif
