/* SPDX-License-Identifier: ISC */

/*
 * Reload: the configuration is read and checked aside, its listeners bound and its plug-ins
 * started, and only then does it take the place of the old one, whole. A configuration with a
 * problem changes nothing. It is done when every process goes by it.
 *
 * What is the same stays: listeners with their sockets, applications with their records and
 * authorization hosts. An application that changed gets a new authorization host; its users are
 * authorized again before their next operation, its shells live on, and its old host ends when it
 * has got back every context. One that is gone loses its shells.
 */
#ifndef BROKER_RELOAD_H
#define BROKER_RELOAD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "ipc/message.h"

struct broker;

/* Somebody who waits for a reload; embedded in its owner. */
struct reload_listener {
    struct list link; /* of reload.c */
    /* Who asks: for the audit, also when he does not wait for the end. */
    uid_t uid;
    pid_t pid;
    void (*problem)(struct reload_listener *listener, const struct message_config_problem *problem);
    /* Called once, last; with problems > 0 nothing has changed. */
    void (*done)(struct reload_listener *listener, uint32_t problems);
};

/*
 * Begins a reload. One that is asked for while another runs is begun after it, once for all who
 * asked. `listener` may be NULL: the log tells what came of it, always.
 */
void reload_begin(struct broker *broker, struct reload_listener *listener);
/* The listener is not told any more; nor was it perhaps ever (then list_init() has been called). */
void reload_forget(struct reload_listener *listener);
/* One of the processes goes by the configuration of now, or has gone. */
void reload_settled(struct broker *broker);
/* The service stops: what is being checked is given up. */
void reload_stop(struct broker *broker);

#endif
