/* SPDX-License-Identifier: ISC */

/*
 * The winrmd-gss processes that there are channels to: one that logins begin at, and those that it
 * has replaced, as long as logins that have begun there are not over. Belongs to the loop's thread.
 */
#ifndef AUTH_ACCEPTORS_H
#define AUTH_ACCEPTORS_H

#include "ipc/channel.h"

struct acceptor;

struct acceptors {
    struct loop *loop;
    struct channel_events events; /* channel_owner() is the struct acceptor */
    /* It has gone; it is freed when this returns. */
    void (*lost)(void *owner, struct acceptor *acceptor);
    void *owner;
    struct list all;
    struct acceptor *current; /* NULL: there is none now */
};

struct acceptor {
    struct list link;
    struct acceptors *acceptors;
    struct channel *channel;
    unsigned logins;
    struct loop_task leave;
};

/* `handlers` is constant. */
void acceptors_init(struct acceptors *acceptors, struct loop *loop, const channel_handler *handlers,
                    void (*lost)(void *owner, struct acceptor *acceptor), void *owner);
/* One that logins begin at from now on. The channel is taken over. */
void acceptors_add(struct acceptors *acceptors, int channel);

/* A login begins there; and: it is over there. One that was replaced goes with its last login. */
void acceptor_take_login(struct acceptor *acceptor);
void acceptor_drop_login(struct acceptor *acceptor);

#endif
