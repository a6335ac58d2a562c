/* SPDX-License-Identifier: ISC */

/*
 * What the service manager that started winrmd is told by datagram, as sd_notify(3) describes:
 * that it is ready, reads its configuration again, stops; and that its loop turns (the watchdog).
 * Without NOTIFY_SOCKET nothing is. Nobody waits for the manager: what it does not take at once is
 * sent again a little later, unless there is news.
 */
#ifndef BROKER_NOTIFY_H
#define BROKER_NOTIFY_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/loop.h"

enum { NOTIFY_SIZE = 256 };

struct notify {
    struct loop *loop; /* NULL: nobody is told anything */
    int fd;
    struct sockaddr_un address;
    socklen_t address_length;
    char state[NOTIFY_SIZE]; /* that has not been taken; "": none */
    struct loop_timer retry;
    uint64_t period; /* of the watchdog's datagrams, milliseconds */
    struct loop_timer watchdog;
};

/*
 * Reads NOTIFY_SOCKET (a path, or '@' and an abstract name), WATCHDOG_USEC and WATCHDOG_PID, and
 * takes them out of the environment. Begins with the watchdog's datagrams, two in each period.
 */
void notify_open(struct notify *notify, struct loop *loop);
/* Zeroed memory is allowed. */
void notify_close(struct notify *notify);

/* `status` is for people: what `systemctl status` shows. */
void notify_ready(struct notify *notify, const char *status);
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify);
/* The start has failed: nothing stops, since nothing has been ready. The last that is told. */
void notify_failed(struct notify *notify);

#endif
