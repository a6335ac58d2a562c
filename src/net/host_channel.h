/* SPDX-License-Identifier: ISC */

/*
 * Channels to shell hosts. The broker hands one out with a grant when this process has none to that
 * host yet, and says when a host goes. What a host was asked and did not answer before its channel
 * ended fails then. The table in struct net owns the channels.
 */
#ifndef NET_HOST_CHANNEL_H
#define NET_HOST_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

struct channel;
struct host_channel;
struct net;
struct request;

/*
 * The channel to host `number`. `fd` is a new one from the broker, which is taken over, or below 3.
 * NULL when there is none.
 */
struct host_channel *host_channel_find(struct net *net, uint32_t number, int fd);

uint32_t host_channel_number(const struct host_channel *host);

/*
 * Sends the payload of a granted request, with the ticket of its grant. False when it cannot be
 * sent; nothing is waited for then.
 */
bool host_channel_pass(struct host_channel *host, struct request *request);

/* Has it read what it was sent, so that it can be asked more? */
bool host_channel_reads(const struct host_channel *host);

/* The client of a request that this host works on has left. */
void host_channel_cancel(struct host_channel *host, uint64_t request);

/* `host` may be NULL: it is gone, and with it the output. */
void host_channel_output_written(struct host_channel *host, uint64_t request, bool delivered);

/*
 * The broker says that the host goes. What it sent before is still read: the host's end of the
 * channel closes behind it.
 */
void host_channel_leaving(struct net *net, uint32_t number, bool in_order);

#endif
