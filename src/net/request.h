/* SPDX-License-Identifier: ISC */

/*
 * One HTTP request on its way through the steps (steps.h). Requests live in a table and are named
 * by an id (index and generation) in everything that is asked of other processes: `exchange` in
 * authentication, `request` everywhere else. An answer that comes after the request has ended finds
 * nothing. Requests and their arenas are kept for the next ones, so that the steady state does
 * without malloc.
 *
 *   AUTHENTICATING ──> ASKED ──> PASSED ──> ANSWERED ──> (ended)
 *         └───────────────┴─────────┴── the client leaves: `connection` is NULL from then on;
 *                                       what was asked is still heard out
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/list.h"
#include "base/loop.h"
#include "gss/message.h"
#include "http/request.h"
#include "ipc/message.h"
#include "methods.h"
#include "net/items.h"
#include "net/negotiate.h"
#include "wsman/request.h"

struct application;
struct connection;
struct http_headers;
struct host_channel;
struct listener;
struct net;

enum request_state {
    REQUEST_none,           /* not in use */
    REQUEST_STARTED,        /* this process works on it */
    REQUEST_AUTHENTICATING, /* winrmd-auth was asked */
    REQUEST_ASKED,          /* the broker was asked */
    REQUEST_PASSED,         /* a shell host has the payload */
    REQUEST_ANSWERED        /* the HTTP server has the answer */
};

/* What operation_granted said. */
struct grant {
    uint32_t host;
    uint64_t sequence;
    uint64_t ticket;
    const char *command_id;
};

struct request {
    uint64_t id;
    enum request_state state;
    unsigned step; /* enum step (steps.h): the next one */
    struct net *net;
    struct connection *connection; /* NULL: the client is gone */
    const struct application *application;
    const struct listener *listener;
    enum method method;       /* that winrmd-auth is asked by */
    struct http_request http; /* its texts and body are gone when the client is */
    bool guest_identify;      /* asks for an Identify without authentication */
    bool by_kerberos;         /* the scheme is Kerberos, not Negotiate */
    struct negotiate_login login;
    const char *content_type; /* of the body; like that, the HTTP request's or what was sealed */
    const uint8_t *body;
    size_t body_length;
    enum sealed_protocol sealed; /* that the body came in and the answer goes out in */
    struct arena arena;
    struct wsman_request message;
    uint64_t operation; /* operation_written is due for it; 0: none */
    struct grant grant;
    struct message_shell_details *details; /* Create: kept for the response; in the arena */
    struct items items;                    /* Enumerate and Pull: likewise */
    struct host_channel *host;
    struct list host_link; /* in host->requests */
    bool output;           /* output_written is due */
    struct loop_timer timer;
};

struct request_table {
    struct request **slots;
    size_t size;
    size_t *free;
    size_t free_count;
};

/* A fresh request for `http` on `connection`. */
struct request *request_new(struct net *net, struct connection *connection,
                            const struct http_request *http);

/* The request of that id, or NULL when it has ended. */
struct request *request_find(const struct net *net, uint64_t id);
/* The same, if it is in that state. */
struct request *request_find_in(const struct net *net, uint64_t id, enum request_state state);

/* Keeps what the broker said of a new shell for the response to its Create. */
void request_keep_details(struct request *request, const struct message_shell_details *details);

/*
 * Ends a request: tells the broker and the host what is due (operation_written, output_written) and
 * gives the slot back.
 */
void request_end(struct request *request, bool delivered);

/*
 * Hands the answer to the HTTP server, which ends the request when it is written; a request without
 * client is ended at once. `request` must not be used after the call.
 */
void request_answer(struct request *request, unsigned status, const struct http_headers *headers,
                    const void *body, size_t length);

/* The client has left before the answer: cancels what was asked. */
void request_client_gone(struct request *request);

/* Calls `visit` for each request in that state; the visitor may end it. */
void request_each(struct net *net, enum request_state state,
                  void (*visit)(struct request *request));

#endif
