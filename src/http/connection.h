/* SPDX-License-Identifier: ISC */

/*
 * What happens on one HTTP connection, as a function over bytes: no sockets, no clocks. The owner
 * puts what it read into http_connection_room(), reports it with http_connection_received() and
 * asks http_connection_step() what to do until that says HTTP_STEP_READ or HTTP_STEP_WAIT.
 *
 *          +------------------- the next request -------------------+
 *          v                                                        |
 *   HEAD -----> BODY -----> DISPATCHED -----> ANSWERING -----> DRAINING
 *     |           |             ^                   |              |
 *     +-----------+-------------+                   +-> LINGERING <+
 *       answered before the body
 *
 * How the bytes are cut into reads never changes what comes out; the fuzz target holds it to that.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/answer.h"
#include "http/chunked.h"
#include "http/head.h"
#include "http/request.h"

/*
 * Input memory: a head and its bytes, the body behind it. A connection holds one only while it has
 * bytes of a request; the small ones are kept in the pool for the next request of any connection.
 */
struct http_input {
    struct http_input *next;
    size_t capacity;
    struct http_head head;
    uint8_t bytes[];
};

/* Shared by the connections of a server. Zeroed memory is an empty pool. */
struct http_pool {
    struct http_input *free;
    size_t free_count;
    size_t guest_bytes; /* held by connections that have not authenticated */
};

void http_pool_free(struct http_pool *pool);

/* Kept by the owner as long as a connection uses them. */
struct http_connection_settings {
    size_t head_limit;        /* bytes, at most HTTP_HEAD_BYTES */
    size_t body_limit;        /* bytes */
    size_t guest_total_limit; /* bytes */
    /* Is this a path of ours? Others are answered 404. NULL: all are. */
    bool (*path_known)(void *context, const char *path, size_t length);
    void *context;
    struct http_pool *pool;
};

enum http_connection_state {
    HTTP_STATE_NONE,
    HTTP_STATE_HEAD, /* idle until the first byte */
    HTTP_STATE_BODY,
    HTTP_STATE_DISPATCHED, /* somebody owes an answer */
    HTTP_STATE_ANSWERING,  /* an answer is being written */
    HTTP_STATE_DRAINING,   /* the rest of an early answered body is dropped */
    HTTP_STATE_LINGERING,  /* the last answer was written; bytes are dropped until the client closes
                            */
};

enum http_step {
    HTTP_STEP_NONE,
    HTTP_STEP_READ,     /* needs more bytes */
    HTTP_STEP_WAIT,     /* nothing to do before http_connection_answering() or _answered() */
    HTTP_STEP_CONTINUE, /* write HTTP_CONTINUE, then go on */
    HTTP_STEP_REQUEST,  /* a request: http_connection_request() shows it */
    HTTP_STEP_REFUSE,   /* to be answered with `status` and `allow`, and an empty body */
};

#define HTTP_CONTINUE "HTTP/1.1 100 Continue\r\n\r\n"

struct http_connection {
    const struct http_connection_settings *settings;
    struct http_input *input; /* NULL while idle */
    size_t begin;             /* first byte received and not yet looked at */
    size_t end;               /* behind the last byte received */
    size_t high;              /* bytes of the buffer that have been written to */
    size_t body_at;           /* where the body begins, right behind the head */
    size_t body_end;          /* behind the last body byte (decoded) */
    uint64_t body_left;       /* of a Content-Length body: not yet received */
    uint64_t dropped;         /* bytes of this request's body that were dropped */
    size_t charged;           /* what of the pool's guest_bytes is ours */
    struct http_chunked chunked;
    uint16_t status; /* HTTP_STEP_REFUSE */
    uint8_t state;
    bool authenticated;
    bool chunking; /* the body is chunked and has not ended */
    bool dropping; /* the body of this request is not kept */
    bool broken;   /* framing is lost: the connection ends with the next answer */
    bool keeps;    /* decided in http_connection_answering() */
};

void http_connection_init(struct http_connection *connection,
                          const struct http_connection_settings *settings);
/* Wipes and gives back the input memory. NULL is allowed. */
void http_connection_free(struct http_connection *connection);

/*
 * Where the next bytes go, and how many fit (at least one). NULL when connections that have not
 * authenticated hold too much memory already: refuse with 503. Not in state DISPATCHED, ANSWERING.
 */
uint8_t *http_connection_room(struct http_connection *connection, size_t *room);
/* After http_connection_room(): there was nothing to read. An idle connection holds no memory. */
void http_connection_missed(struct http_connection *connection);
void http_connection_received(struct http_connection *connection, size_t count);
enum http_step http_connection_step(struct http_connection *connection);
/* Ends what is being received; the next step is HTTP_STEP_REFUSE with that status and a close. */
void http_connection_refuse(struct http_connection *connection, unsigned status);

/* After HTTP_STEP_REQUEST: fills what comes from the bytes (method to bytes). */
void http_connection_request(struct http_connection *connection, struct http_request *request);

/*
 * An answer to the request (or refusal) is about to be written, `close` if the connection shall end
 * with it. Tells what the answer has to say about the connection.
 */
enum http_persistence http_connection_answering(struct http_connection *connection, bool close);
/* The answer is written; ends the life of the request's texts and body. */
void http_connection_answered(struct http_connection *connection);

/* No byte of a request has come. */
bool http_connection_idle(const struct http_connection *connection);
void http_connection_set_authenticated(struct http_connection *connection, bool authenticated);

#endif
