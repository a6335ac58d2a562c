/* SPDX-License-Identifier: ISC */

/* A winrmd-net, as winrmd-auth knows it. */
#ifndef AUTH_PEER_H
#define AUTH_PEER_H

#include "ipc/channel.h"

/* Owned by main.c. */
struct net_peer {
    struct list link;
    uint32_t number;
    struct channel *channel;
};

#endif
