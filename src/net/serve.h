/* SPDX-License-Identifier: ISC */

/*
 * Between the HTTP server and the steps: starts the server on the listeners the broker gave, turns
 * its requests into struct request, and tells requests what became of them and of their clients.
 */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <stdbool.h>

struct net;

/* Accepts connections from now on. */
bool serve_start(struct net *net);

#endif
