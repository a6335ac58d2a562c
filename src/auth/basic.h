/* SPDX-License-Identifier: ISC */

/*
 * The Basic method: name and password against a password file. One check goes from auth_basic to
 * exactly one of auth_identity (to the broker, never to winrmd-net), auth_refused with an
 * auth_failure for the audit, or nothing when it was abandoned. An unknown name, an empty password
 * and the like cost a hash like a known name. When a user is gone from the file or changed in it,
 * the broker is told with auth_revoked. Runs on the loop's thread; hashing happens in the hasher's.
 */
#ifndef AUTH_BASIC_H
#define AUTH_BASIC_H

#include "ipc/channel.h"

/* A winrmd-net; owned by main.c. */
struct net_peer {
    struct list link;
    uint32_t number;
    struct channel *channel;
};

struct basic;

/*
 * `path` is the password file; NULL refuses everybody. What is wrong with the file is logged, and
 * everybody refused, until it is mended. NULL is returned when there are no threads to be had.
 */
struct basic *basic_new(struct loop *loop, struct channel *broker, const char *path);
/* From now on the users are those of this file. NULL: there are none. */
void basic_set_path(struct basic *basic, const char *path);

void basic_check(struct basic *basic, struct net_peer *peer,
                 const struct message_auth_basic *request);
/* The client has left. */
void basic_abandon(struct basic *basic, const struct net_peer *peer, uint64_t exchange);
/* The winrmd-net has gone, and all its clients with it. */
void basic_abandon_all(struct basic *basic, const struct net_peer *peer);

#endif
