/* SPDX-License-Identifier: ISC */

/*
 * A client and a context that was exported and imported, with the real libraries, for tests that
 * are programs of two ways:
 *
 *   test_... ntlm       brings its own users file
 *   test_... kerberos   in the environment of a realm, with a ticket: tests/realm/raise
 */
#ifndef GSS_TEST_MESSAGE_WORLD_H
#define GSS_TEST_MESSAGE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gss/message.h"
#include "gss/test_login.h"

#define WORLD_TYPE "application/soap+xml;charset=UTF-8"
enum { WORLD_ARENA = 4 * 1024 * 1024 };

extern bool kerberos; /* else NTLM */
/* Raw, and through SPNEGO. */
extern struct login_kind kinds[2];

/* A login of which both sides are there. */
struct world {
    gss_ctx_id_t client;
    struct gss_context *server;
    struct arena arena;
    struct sealed_message message;
};

/* Reads the arguments of the program; false: they are wrong. */
bool world_choose(int count, char **arguments);
/* Around the tests of a program: what logins need. */
int world_prepare(void **state);
int world_unprepare(void **state);

/* world_end() gives back what world_begin() has made. */
void world_begin(struct world *world, const struct login_kind *kind);
void world_end(struct world *world);

/* The line that ends a body. */
extern const char closing[25];
/* Adds a part to a body as a client frames it; `end` is `closing`, or "" when more will come. */
void body_of(struct buffer *body, const uint8_t *token, size_t length, size_t header,
             size_t original, const char *end);
/* A body of the client with that text in it; buffer_free() it. */
struct buffer client_body(struct world *world, const void *plain, size_t length);

/* Opens a body as winrmd-net does; a refusal must have a reason. */
enum sealed_result serve(struct world *world, const struct buffer *body);
/* What the client seals is opened. */
void assert_opened(struct world *world, const void *plain, size_t length);
/* It can not be opened, and nothing of it is given out. */
void assert_doubtful(struct world *world, const struct buffer *body);
/* What the server sealed, taken apart as strictly as the strictest clients do. */
void assert_answered(struct world *world, const uint8_t *plain, size_t length);

#endif
