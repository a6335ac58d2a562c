/* SPDX-License-Identifier: ISC */

/*
 * The host process of an application's authorization plug-in: started with the service, started
 * again when it ends, after a growing pause when it crashes again and again, and ended in order.
 * Questions and answers are in authz.c.
 */
#ifndef BROKER_AUTHZ_HOST_H
#define BROKER_AUTHZ_HOST_H

#include <stdbool.h>

struct application;

/* Starts the application's host; it is started again when it ends. */
void authz_host_start(struct application *application);
/*
 * Ends the host in order: open questions are closed, the contexts of user records go back, the
 * plug-in is shut down.
 */
void authz_host_stop(struct application *application);
/* Is it known how the host's start went? */
bool authz_host_settled(const struct application *application);

#endif
