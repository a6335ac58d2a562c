/* SPDX-License-Identifier: ISC */

/*
 * HTTP/1.1 server for WinRM: accepts connections on listening sockets, reads requests, hands each
 * complete one to its user and writes the answer, whenever that comes. Requests of one connection
 * are handed out one at a time, in order. The server belongs to one loop and its thread; it knows
 * nothing of authentication, SOAP or WinRM beyond what HTTP needs.
 *
 * Answered without the user: everything that is no proper request, paths that are not ours (404),
 * methods other than POST (405), no length (411), a body above the limit (413). See docs/http.md.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/loop.h"
#include "http/answer.h"
#include "http/request.h"
#include "http/transport.h"

struct http_server;

/*
 * What the server tells its user. All are called on the loop's thread; NULL members (but `request`)
 * are not called. Any function of this header may be called from within, http_server_free() not.
 */
struct http_events {
    /*
     * One request, head and body complete (or the body dropped). `request` itself lives until the
     * call returns, its texts and body until it is answered or gone. Answer exactly once with
     * http_answer(): in the call or later.
     */
    void (*request)(void *context, const struct http_request *request);
    /*
     * The client of this unanswered request has left (a FIN alone counts). Answers to `handle`
     * are dropped from now on; `closed` follows at once.
     */
    void (*gone)(void *context, uint64_t handle, void *user);
    /*
     * An answer that http_answer() accepted has been written to the socket completely
     * (`delivered`), or its connection failed before. Called exactly once for each accepted answer,
     * and often before http_answer() returns.
     */
    void (*written)(void *context, uint64_t handle, uint64_t token, bool delivered);
    /*
     * The client reset its connection (RST) after the last answer had been written and before it
     * sent anything more: it closed without reading all of it. `closed` follows at once. A client
     * that closes in order (FIN) has read what had arrived.
     */
    void (*unread)(void *context, void *user);
    /*
     * A connection that has authenticated has waited `idle_time` for its next request. True: it
     * may wait as long again. NULL: it may not.
     */
    bool (*idle)(void *context, void *user);
    /* A connection that has a user pointer has ended: let go of what the pointer names. */
    void (*closed)(void *context, void *user);
    /* Is this a path of ours? Others are answered 404. NULL: all are. No NUL behind `path`. */
    bool (*path_known)(void *context, const char *path, size_t length);
    /* After http_server_unlisten(): the last connection of that listener has ended. Once. */
    void (*unlistened)(void *context, uint32_t listener);
    /* After http_server_drain(): the last connection has ended. Once. */
    void (*drained)(void *context);
};

/* Begin with http_settings_default() and change what differs. Times in milliseconds. */
struct http_settings {
    size_t body_limit;        /* bytes of one body */
    size_t guest_total_limit; /* bytes of input of all unauthenticated connections */
    unsigned connections;     /* of this server */
    unsigned guest_connections;
    unsigned address_connections;
    uint64_t handshake_time;
    uint64_t head_time;
    uint64_t body_time;
    uint64_t request_time; /* head and body together, whatever these may take */
    uint64_t body_rate;    /* bytes/s */
    uint64_t answer_time;
    uint64_t guest_idle_time;
    uint64_t idle_time;
    uint64_t guest_time;
    uint64_t linger_time;
    uint64_t retired_guest_time; /* of a removed listener, or when draining */
    uint64_t retired_idle_time;
};

/* The numbers of tables/input_limits.h. */
struct http_settings http_settings_default(void);

/* For status displays and tests. */
struct http_counts {
    unsigned connections;
    unsigned guests;   /* of these: not authenticated */
    unsigned waiting;  /* of these: a request is unanswered */
    uint64_t accepted; /* since start */
    uint64_t refused;  /* since start: sent away at a limit */
    uint64_t requests; /* since start: handed to the user */
};

/* `events` is kept, not copied; `settings` is copied, NULL means the defaults. */
struct http_server *http_server_new(struct loop *loop, const struct http_events *events,
                                    void *context, const struct http_settings *settings);
/* Closes everything at once; tells `gone`, `written`, `closed` for what was open. NULL allowed. */
void http_server_free(struct http_server *server);

/*
 * Accepts from `fd`, a listening stream socket, which the server takes over, also on failure (made
 * non-blocking and close-on-exec). `listener` comes back in every request. `head_limit` in bytes,
 * at most HTTP_HEAD_BYTES; 0 means that. At any time, until http_server_drain().
 */
bool http_server_listen(struct http_server *server, int fd, uint32_t listener, size_t head_limit);

/*
 * Stops accepting on the listeners of that number and closes their descriptors. False: there are
 * none. Each of their connections is told `Connection: close` with its next answer (that does not
 * say `keep`). One that waits for its next request gets little time for it
 * (tables/input_limits.h): a guest
 * HTTP_RETIRED_GUEST_TIME, because it may be between two legs of its authentication, one that has
 * authenticated HTTP_RETIRED_IDLE_TIME. Requests come with this number until `unlistened`.
 *
 * Connections that the kernel has accepted are not lost: those in the queue of the socket at the
 * time of the call are accepted first, and served one request. As long as another process has the
 * same open socket (a descriptor that was passed or inherited), what comes later waits in the queue
 * for that process. Only closing the last descriptor of a socket resets what its queue then holds,
 * handshakes in progress included; a socket that is not to lose any has to be kept open elsewhere.
 */
bool http_server_unlisten(struct http_server *server, uint32_t listener);

/*
 * The connections that the listeners of that number accept from now on are encrypted by `source`,
 * which outlives them all. To be called before the loop goes on after http_server_listen(). False:
 * there is no such listener.
 */
bool http_server_encrypt(struct http_server *server, uint32_t listener,
                         struct http_transport_source *source);

/*
 * New limits and times. They hold for what begins from now on: a deadline that is running stays,
 * and connections above a limit that has become smaller are not ended.
 */
void http_server_set_settings(struct http_server *server, const struct http_settings *settings);

/* Serves a connected stream socket, which is taken over, also on failure. */
bool http_server_adopt(struct http_server *server, int fd, uint32_t listener, size_t head_limit);

/*
 * Ends the server in peace: http_server_unlisten() for every listener, and nothing is accepted any
 * more. Requests in progress are answered. `drained` is called at the end of this or a later turn,
 * after the last connection. Idle connections end by themselves; how long to wait for answers that
 * the user owes is the user's decision.
 */
void http_server_drain(struct http_server *server);

/*
 * Answers a request. `headers` may be NULL. The body is copied where needed; nothing has to outlive
 * the call. A header value with a control character in it makes this a 500 without body (and
 * `delivered` false). False: the request is not waiting for an answer (its client is gone, or it
 * was answered); nothing happens then, and `written` is not called. `token` is given back there.
 */
bool http_answer(struct http_server *server, uint64_t handle, uint64_t token, unsigned status,
                 const struct http_headers *headers, const void *body, size_t length);

/*
 * The client of the connection of `handle` (a request that has not been answered) has proved who
 * it is, or has not any more. Decides which idle time, body limit and connection limit hold.
 */
void http_server_authenticated(struct http_server *server, uint64_t handle, bool authenticated);

/* Does the request of `handle` still wait for its answer? */
bool http_server_waits(const struct http_server *server, uint64_t handle);

/*
 * Ends the connection of an unanswered request at once, without an answer. `gone` is not called,
 * `closed` is.
 */
void http_server_close(struct http_server *server, uint64_t handle);

struct http_counts http_server_counts(const struct http_server *server);

#endif
