/* SPDX-License-Identifier: ISC */

/*
 * The control socket: winrmctl asks, the broker shows what it holds (status.h, users.h) and does
 * what it is told (reload.h, explain.h, administer.h). Mode 0600, and only uid 0 and the broker's
 * own uid are answered, whatever the file system says.
 */
#ifndef BROKER_CONTROL_H
#define BROKER_CONTROL_H

#include <stdbool.h>

struct broker;

/* False (logged) when the socket can not be made. Without a configured path there is none. */
bool control_listen(struct broker *broker);
void control_close(struct broker *broker);

#endif
