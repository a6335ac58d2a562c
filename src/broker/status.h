/* SPDX-License-Identifier: ISC */

/*
 * The control socket: winrmctl asks, the broker shows what it holds. Mode 0600, and only uid 0
 * and the broker's own uid are answered, whatever the file system says.
 */
#ifndef BROKER_STATUS_H
#define BROKER_STATUS_H

#include <stdbool.h>

struct broker;

/* False (logged) when the socket can not be made. Without a configured path there is none. */
bool status_listen(struct broker *broker);
void status_close(struct broker *broker);

#endif
