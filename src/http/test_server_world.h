/* SPDX-License-Identifier: ISC */

/*
 * What the tests of the server share: a real server on loopback with a user that records what it
 * is told, and clients that speak raw bytes to it. One thread, one loop.
 */
#ifndef HTTP_TEST_SERVER_WORLD_H
#define HTTP_TEST_SERVER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "http/server.h"

#define HEAD "POST /wsman HTTP/1.1\r\nHost: a\r\n"
#define GOOD HEAD "Content-Length: 2\r\n\r\nhi"

enum { PATIENCE = 60000, TICK = 1, BIG = 3 * 1024 * 1024, SMALLER = 200 * 1024 };

/* What the user of the server does with a request. */
enum manner { ANSWER_AT_ONCE, ANSWER_LATER };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    uint16_t port;
    enum manner manner;
    unsigned status;
    const char *location;
    void *user;         /* given to each connection */
    bool authenticates; /* marks connections as authenticated */
    const char *body;
    size_t body_length;
    /* What the server has told. */
    int requests;
    int wanted; /* how many a test waits for */
    uint64_t handle;
    char target[64];
    char host[64];
    char authorization[64];
    char peer[64];
    int socket; /* the server's end of the connection */
    void *found_user;
    uint32_t listener;
    bool dropped;
    bool authenticated;
    size_t length;
    int stays; /* how often an idle connection may go on, */
    int idle;  /* and how often it was asked for */
    int gone;
    int unread;
    int closed;
    int written;
    int delivered;
    uint64_t token;
    int unlistened;           /* how often, */
    uint32_t last_unlistened; /* and which at last */
    int drained;
    /* What is waited for. */
    struct loop_timer tick;
    uint64_t patience;
    bool (*awaited)(struct fixture *fixture);
    int reader;
    struct buffer in;
    bool ended; /* the reader's connection, */
    bool reset; /* and not in peace */
};

/* Turns the loop until `awaited` holds. */
void await(struct fixture *fixture, bool (*awaited)(struct fixture *fixture));
void server_start_with(struct fixture *fixture, const struct http_settings *settings);
void server_start(struct fixture *fixture);
/* A listening socket on loopback. */
int open_listener(uint16_t *port);
void server_stop(struct fixture *fixture);
/* A client's socket; `small`: with buffers as tiny as they get. */
int connect_client(struct fixture *fixture, bool small);
int connect_to(uint16_t port, bool small);
/* The server gets one end of a pair with tiny buffers; the other is returned. */
int adopt_tiny_pair(struct fixture *fixture);
void client_say(int fd, const char *text);
/* Length of the whole answer at the front of the input; 0: not complete. */
size_t answer_length(const struct fixture *fixture);
bool has_answer(struct fixture *fixture);
/* Reads one answer from `fd`; it begins with `wanted`, and `says` occurs in it (NULL: anything). */
void expect_answer(struct fixture *fixture, int fd, const char *wanted, const char *says);
/* The end of the stream, without a reset. */
void expect_peaceful_end(struct fixture *fixture, int fd);
void expect_end(struct fixture *fixture, int fd);
bool has_request(struct fixture *fixture);
bool has_two_requests(struct fixture *fixture);
bool is_gone(struct fixture *fixture);
bool is_closed(struct fixture *fixture);
bool is_written(struct fixture *fixture);
bool is_unlistened(struct fixture *fixture);
bool is_drained(struct fixture *fixture);
bool is_empty(struct fixture *fixture);

#endif
