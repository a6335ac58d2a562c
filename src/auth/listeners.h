/* SPDX-License-Identifier: ISC */

/*
 * What winrmd-auth has of each TLS listener, read from files that the broker opened: the
 * authorities of client certificates, and the channel binding value; and how far Negotiate has to
 * be bound by that. Belongs to the loop's thread.
 */
#ifndef AUTH_LISTENERS_H
#define AUTH_LISTENERS_H

#include "auth/authorities.h"
#include "auth/binding.h"
#include "ipc/channel.h"
#include "methods.h"

struct listeners;

/* Who may not be let in any more as he was. */
struct listeners_change {
    bool authorities; /* the listener had some, and they are others now */
    bool binding;     /* it asks for more */
};

struct listeners *listeners_new(struct channel *broker);
/*
 * auth_listener: takes over the file in it. The broker is told the binding value with auth_bound.
 * What cannot be used is logged and counts as nothing.
 */
struct listeners_change listeners_take(struct listeners *listeners,
                                       const struct message_auth_listener *message);
/* The listener is no more. */
void listeners_end(struct listeners *listeners, uint32_t number);

/* NULL: the listener has none. */
const struct authorities *listeners_authorities(const struct listeners *listeners, uint32_t number);
/* NULL: there is no value to bind to. */
const struct binding *listeners_binding(const struct listeners *listeners, uint32_t number);
/* `none` for one without TLS. */
enum channel_binding listeners_channel_binding(const struct listeners *listeners, uint32_t number);

#endif
