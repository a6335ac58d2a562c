/* SPDX-License-Identifier: ISC */

/* How a response with a body is put together and sent: the steps of respond.h. */
#ifndef NET_RESPOND_STEPS_H
#define NET_RESPOND_STEPS_H

#include <stddef.h>

#include "base/buffer.h"

struct request;

/* Bytes; a fault, and what is no larger, is sent whatever the client's limit is. */
enum { RESPONSE_FAULT_LIMIT = 1024 * 1024 };

/* The empty buffer for a response of at most `limit` bytes, or NULL: the client is gone. */
struct buffer *respond_begin(struct request *request, size_t limit);
/*
 * Sends what stands in the buffer, sealed if the request was. A redirect (`location`, else NULL) is
 * for the HTTP of the client, which has no keys.
 */
void respond_send(struct request *request, unsigned status, const char *location);

#endif
