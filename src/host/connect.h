/* SPDX-License-Identifier: ISC */

/*
 * A client comes to the shell, or to one of its commands: the one that had left (Reconnect), or
 * another one (Connect, which the plug-in is asked about by WSManPluginConnect). While the shell is
 * disconnected its answer is held back until the broker has noted who the client is now
 * (connect_noted). Loop's thread only.
 */
#ifndef HOST_CONNECT_H
#define HOST_CONNECT_H

#include "host/peer.h"

/* Messages of clients with good tickets. */
void connect_ask(struct reply reply, const struct message_connect_shell *message);
void reconnect_ask(struct reply reply, const struct message_reconnect_shell *message);

/* The broker's messages. */
void connect_note(const struct message_connect_noted *message);
void connect_make_void(const struct message_connect_void *message);

/* The client has left. True when it was one of these. */
bool connect_cancel(const struct channel *channel, uint64_t request);
/* A winrmd-net has ended. */
void connect_peer_gone(uint64_t peer);
/* The shell ends: everybody is answered, and what the plug-in completes later is not told. */
void connect_end(void);

#endif
