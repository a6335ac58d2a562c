/* SPDX-License-Identifier: ISC */

/*
 * Asks the broker for an operation. This is the only place where the message `operation` is made,
 * and it takes a session, which only an authenticated connection has.
 */
#ifndef NET_OPERATION_H
#define NET_OPERATION_H

#include <stdbool.h>

struct request;
struct session_ref;

/* False when a text of the request is too long for the message; the broker hears nothing then. */
bool operation_ask(struct request *request, const struct session_ref *session);

#endif
