/* SPDX-License-Identifier: ISC */

/*
 * TLS of the listeners: takes the files that the broker passes and makes of them what src/tls
 * encrypts with. A key stays in memory only as long as it takes to read it.
 */
#ifndef NET_ENCRYPTION_H
#define NET_ENCRYPTION_H

#include "ipc/message.h"
#include "net/site.h"

/* The files of the listener whose net_listener comes next; zeroed memory is none. */
struct encryption {
    uint32_t listener;
    struct {
        char *bytes; /* owned */
        size_t length;
    } files[LISTENER_FILES];
};

/* net_file; takes its descriptor over. */
void encryption_take(struct encryption *encryption, const struct message_net_file *message);

/*
 * Makes the listener's connections as encrypted as the message says. False: the files are not good
 * for it; a listener that is new then has no socket any more, another one stays as it was.
 */
bool encryption_use(const struct encryption *encryption, struct listener *listener,
                    const struct message_net_listener *message);

/* Wipes the files. */
void encryption_forget(struct encryption *encryption);

#endif
