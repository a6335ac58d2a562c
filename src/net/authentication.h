/* SPDX-License-Identifier: ISC */

/*
 * Asks winrmd-auth who a client is. Its refusal comes back on its channel, its consent as a
 * session from the broker; both name the exchange, which is the request's id. When winrmd-auth has
 * to be replaced, requests that wait are asked again on the new channel.
 */
#ifndef NET_AUTHENTICATION_H
#define NET_AUTHENTICATION_H

#include <stdbool.h>

#include "ipc/message.h"

struct net;
struct request;

/* Takes over the channel to a (new) winrmd-auth. */
void authentication_channel(struct net *net, int fd);

/* Asks; false when the Authorization header is none the listener accepts. */
bool authentication_ask(struct request *request);

/* The client has left: the answer is not needed any more. */
void authentication_abandon(struct request *request);

/* The broker opened a session: the waiting request goes on, when nothing else is waited for. */
void authentication_opened(struct net *net, const struct message_session_opened *opened);

/* Or it will not, though winrmd-auth has said yes. */
void authentication_denied(struct net *net, uint64_t exchange);

/* Nothing else is: the session is the connection's. */
void authentication_admit(struct request *request, const struct message_session_opened *opened);

#endif
