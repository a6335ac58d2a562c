/* SPDX-License-Identifier: ISC */

/*
 * A request as the user of this library sees it. All texts are NUL-terminated views into the
 * connection's input buffer. They and the body live until the request has been answered with
 * http_answer(), or the gone() event for it has returned; copy what must live longer.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_head;
struct http_transport;

struct http_request {
    uint64_t handle; /* names this request of this connection; never 0, never used again */
    void **user;     /* the user's own pointer, kept with the connection; NULL at first */
    uint32_t listener;
    const char *peer; /* address of the client, "192.0.2.1" or "2001:db8::1" */
    uint16_t peer_port;
    const struct http_transport *transport; /* of the connection; lives as long as it */
    bool authenticated; /* as last set with http_server_authenticated() */

    const char *method; /* always "POST": other methods are answered by the library */
    const char *target; /* as sent: path and query */
    size_t path_length; /* of the path at the beginning of `target` */
    const char *query;  /* behind the '?'; NULL without one */
    const char *host;
    const char *authorization; /* NULL when absent; credentials: do not log, wipe copies */
    const char *content_type;  /* NULL when absent */

    const uint8_t *body; /* NULL when empty or dropped */
    size_t body_length;
    /*
     * The body was not kept: the connection has not authenticated, the request shows no
     * credentials, and the body is larger than HTTP_GUEST_BODY_BYTES. Only a 401 fits.
     */
    bool body_dropped;

    const struct http_head *head; /* for http_request_header() */
    const uint8_t *bytes;
};

/* Value of the first header of that name (case does not matter), or NULL. */
const char *http_request_header(const struct http_request *request, const char *name);

#endif
