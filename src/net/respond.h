/* SPDX-License-Identifier: ISC */

/*
 * The HTTP responses to a request, in the encoding of the request, and sealed if that was. Each
 * function ends this process's work on the request: it must not be used after the call. For a
 * client that has left nothing is written, or sealed; the request just ends.
 */
#ifndef NET_RESPOND_H
#define NET_RESPOND_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/message.h"
#include "wsman/fault.h"

struct request;

/* 401 with what the listener offers, and an empty body: some clients do not read one. */
void respond_unauthorized(struct request *request);

/*
 * 401 with that one line, "Negotiate" and a token, and an empty body: the next leg of a login. The
 * connection survives it, whatever else ends it.
 */
void respond_continued(struct request *request, const char *challenge);

/*
 * 200 with an empty body, to a request that was there to authenticate. The connection survives it
 * when that was by Negotiate: what it is good for is the next request on that very connection.
 */
void respond_authenticated(struct request *request);

/* A status with an empty body. */
void respond_status(struct request *request, unsigned status);
/* The same, and the connection ends: what it and the client know of each other differs. */
void respond_broken(struct request *request, unsigned status);

/* HTTP 500 and a fault. The name of this machine is added. */
void respond_fault(struct request *request, const struct wsman_fault *fault);
/* The same with just a code; `text` NULL: the one of tables/faults.h. */
void respond_code(struct request *request, uint32_t code, const char *text);

/* To guests the version of the operating system is not told. */
void respond_identify(struct request *request, bool guest);

/* The broker's answers. */
void respond_refused(struct request *request, const struct message_operation_refused *refused);
void respond_shell(struct request *request, const struct message_shell_details *details);
void respond_configuration(struct request *request,
                           const struct message_configuration_details *details);
void respond_listener(struct request *request, const struct message_listener_item *listener);
void respond_plugin(struct request *request, const struct message_plugin_item *plugin);
/* An empty body, of the operation's kind; of a Create what the broker said of the shell. */
void respond_done(struct request *request);
/*
 * The items of an Enumerate or Pull. When they are the last and the broker has not noted that they
 * fit, it is told, and nothing is answered yet.
 */
void respond_items(struct request *request);

/* The host's answers. */
void respond_host_answer(struct request *request, const struct message_host_answer *answer);
void respond_connected(struct request *request, const struct message_connect_answer *answer);
void respond_output(struct request *request, const struct message_output *output);

#endif
