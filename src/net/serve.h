/* SPDX-License-Identifier: ISC */

/*
 * Between the HTTP server and the steps: starts the server on the listeners the broker gave, turns
 * its requests into struct request, and tells requests what became of them and of their clients.
 */
#ifndef NET_SERVE_H
#define NET_SERVE_H

#include <stdbool.h>
#include <stdint.h>

struct listener;
struct net;

/* Accepts connections from now on. */
bool serve_start(struct net *net);
/* And on one more, whose socket is handed to the HTTP server. */
bool serve_listen(struct net *net, struct listener *listener);
/* Accepts no more there; its connections end with their next answer. */
void serve_unlisten(struct net *net, uint32_t listener);
/* The site has changed. */
void serve_update(struct net *net);
/*
 * Accepts nothing more, answers what was asked; then this process's loop stops. `at_once`:
 * connections on which nothing is being asked end now.
 */
void serve_drain(struct net *net, bool at_once);

#endif
