/* SPDX-License-Identifier: ISC */

/*
 * The inside of the server: its listeners, its clients (one per connection) and its table of
 * handles. server.c and listen.c are the public side, accept.c lets clients in, client.c serves
 * one.
 *
 * A client that has ended stays in memory until the end of the turn, because functions further up
 * the stack may still hold it.
 */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <arpa/inet.h>

#include "base/buffer.h"
#include "base/map.h"
#include "http/connection.h"
#include "http/deadline.h"
#include "http/server.h"
#include "http/transport.h"

/* Of a handle: the place in the table; the rest is the number of the request. */
enum { HTTP_INDEX_BITS = 24 };

/* What a connection is waited for; each kind has its own time and its own list of deadlines. */
enum http_wait {
    HTTP_WAIT_NONE, /* for our own answer: no deadline here */
    HTTP_WAIT_HANDSHAKE,
    HTTP_WAIT_GUEST_IDLE,
    HTTP_WAIT_IDLE,
    HTTP_WAIT_HEAD,
    HTTP_WAIT_BODY,
    HTTP_WAIT_ANSWER,
    HTTP_WAIT_LINGER,
    HTTP_WAIT_RETIRED_GUEST, /* idle, of a listener that has been removed */
    HTTP_WAIT_RETIRED_IDLE,
    HTTP_WAITS
};

/*
 * What the connections of one listener have in common. One that has been removed stays until the
 * last of them has ended.
 */
struct http_listener {
    struct list link;
    struct http_server *server;
    struct loop_watch watch; /* fd -1: nothing is accepted */
    uint32_t number;
    unsigned clients;
    bool retired;                         /* answers say that the connection ends */
    struct http_transport_source *source; /* NULL: connections are not encrypted */
    struct http_connection_settings settings;
};

/* The connections from one address. */
struct http_address {
    uint8_t key[16];
    unsigned count;
};

struct http_client {
    struct list link; /* in server->clients, then in server->ended */
    struct http_server *server;
    struct http_listener *listener;
    struct http_transport transport;
    struct loop_watch watch;
    struct http_connection connection;
    struct http_deadline deadline;
    struct buffer out; /* what the socket did not take; empty nearly always */
    struct http_address *address;
    void *user;
    uint64_t guest_since; /* loop_now() */
    uint64_t handle;      /* of the latest request */
    uint64_t token;       /* of the answer being written */
    uint32_t index;       /* in the table of handles */
    uint16_t port;
    uint8_t wait;      /* enum http_wait: which deadline is set, */
    uint64_t wait_for; /* and behind how many answers */
    uint64_t served;   /* answers so far */
    uint64_t arriving; /* the request that comes in: how many answers there will be with its own, */
    uint64_t arriving_since; /* and loop_now() of its first byte */
    bool waits;              /* the user owes an answer */
    bool answers;            /* an answer of the user is being written */
    bool stepping;           /* client_run() is on the stack */
    bool finished;           /* our side of the connection has been shut down */
    bool ended;
    bool turned_away; /* gets a 503 and is none of server->counts.connections */
    char peer[INET6_ADDRSTRLEN];
};

struct http_slot {
    struct http_client *client;
    uint64_t serial; /* of the latest request: a handle is used once */
};

struct http_server {
    struct loop *loop;
    const struct http_events *events;
    void *context;
    struct http_settings settings;
    struct http_pool pool;
    struct list listeners;
    struct list clients;
    struct list ended;
    struct loop_task bury; /* frees what has ended */
    struct http_deadline_list deadlines[HTTP_WAITS];
    struct http_slot *slots;
    uint32_t slot_count;
    uint32_t *free_slots;
    uint32_t free_count;
    struct map addresses;
    struct loop_timer pause; /* accepting goes on when it fires */
    struct buffer head;      /* of the answer being composed */
    struct http_date date;
    struct http_counts counts;
    unsigned turned_away;
    int spare; /* a descriptor to give up when there are no others */
    bool draining;
    bool drained; /* and the user has been told */
};

/* accept.c */

bool http_accept_start(struct http_listener *listener);
void http_accept_stop(struct http_listener *listener);
/* Lets in what the kernel has already accepted, as far as there are descriptors. */
void http_accept_rest(struct http_listener *listener);
void http_accept_resume(struct loop_timer *pause);
/* Sends a 503 (unless encrypted) and closes, for a client that there is no room at all for. */
void http_turn_away(struct http_listener *listener, int fd);
/* Counts a connection of that address; NULL when there are too many already. */
struct http_address *http_address_enter(struct http_server *server, const uint8_t key[16]);
void http_address_leave(struct http_server *server, struct http_address *address);

/* listen.c */

/* Frees the removed listeners that have no connections any more, and tells the user. */
void http_listeners_bury(struct http_server *server);
void http_listeners_free(struct http_server *server);

/* client_life.c */

/*
 * Takes `fd` over, also on failure (NULL). `key` is the address in IPv6 form; NULL: the client is
 * sent away with a 503, and waited for until it has seen it.
 */
struct http_client *http_client_new(struct http_listener *listener, int fd, const uint8_t *key,
                                    uint16_t port);
/* Ends the connection now. `gone`: the user is told when it owes an answer. */
void http_client_end(struct http_client *client, bool gone);
/* The same for a connection that was reset. */
void http_client_was_reset(struct http_client *client);
/* Tells the user what has become of the answer it gave, if one is being written. */
void http_client_tell_written(struct http_client *client, bool delivered);

/* client.c */

/* The socket has something to tell. */
void http_client_ready(struct loop_watch *watch, uint32_t events);
/* Answers with the status that the connection refuses with. */
void http_client_refuse(struct http_client *client);
void http_client_answer(struct http_client *client, unsigned status,
                        const struct http_headers *headers, const void *body, size_t length);
/* Goes on with what has been received. */
void http_client_run(struct http_client *client);
/* Sets the deadline of what is waited for now; one that is set already goes on. */
void http_client_await(struct http_client *client);
void http_client_expired(struct http_deadline *deadline);

#endif
