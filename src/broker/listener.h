/* SPDX-License-Identifier: ISC */

/*
 * Listening sockets. They are the broker's: every winrmd-net gets a copy, and a reload hands them
 * from one configuration to the next, so that no connection is refused meanwhile.
 */
#ifndef BROKER_LISTENER_H
#define BROKER_LISTENER_H

#include <stdbool.h>

#include "broker/configuration.h"

/* Why a listener could not be bound, and what to do about it. */
struct listener_problem {
    const struct listener *listener;
    char cause[256];
    const char *remedy;
};

/*
 * Gives every listener of `fresh` a socket: a copy of that of the listener of `old` (may be NULL)
 * with the same address and port as configured (and, for port 0, the same name), else one that is
 * bound now. A new socket may overlap one of `old` (127.0.0.1 becomes 0.0.0.0). One that takes
 * larger or smaller heads, or begins or ceases to encrypt, is a new listener on the old socket.
 * False: `problem` is filled in, and what was bound is closed with `fresh`.
 */
bool listeners_bind(struct broker *broker, struct configuration *fresh,
                    const struct configuration *old, struct listener_problem *problem);
/* The listener of that configuration with the same socket; NULL: none. */
const struct listener *listener_same(const struct configuration *configuration,
                                     const struct listener *listener);
/* Is there one with the same socket that clients reach by the same URL? */
bool listener_continues(const struct configuration *configuration, const struct listener *listener);
/* By its number, under which winrmd-net knows it; NULL: none. */
const struct listener *listener_by_number(const struct configuration *configuration,
                                          uint32_t number);

#endif
