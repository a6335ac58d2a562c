/* SPDX-License-Identifier: ISC */

/*
 * The client of the shell goes (MS-WSMV, Disconnect). Who waits for output is refused at once, so
 * is whatever comes with a ticket from before; Sends and Signals that run are waited for; and from
 * now on output is kept as the broker said. The way back is connect.h. Loop's thread only.
 */
#ifndef HOST_DISCONNECT_H
#define HOST_DISCONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"

/* The broker's message. */
void disconnect_ask(const struct message_shell_disconnect *message);
/* Was this ticket given to a client that has gone since? */
bool disconnect_came_after(uint64_t sequence);
/* The shell ends: nobody is told any more. */
void disconnect_end(void);

#endif
