/* SPDX-License-Identifier: ISC */

/*
 * For tests of sealed messages to winrmd-net: a world, and one client in it that has logged in by
 * Negotiate. winrmd-auth, the broker and shell hosts are played; the seals are real (NTLM).
 */
#ifndef NET_TEST_SEALED_H
#define NET_TEST_SEALED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/test_flow.h"
#include "net/test_login.h"

enum { HOUR = 3600 * 1000 };

/* A world that offers Negotiate, and one client that has logged in. */
struct scene {
    struct world *world;
    struct login login;
    struct client client;
};

int setup(void **state);
int teardown(void **state);
#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

void post(struct scene *scene, const char *text);
/* What an answer with that status has in it, which is sealed and no offer to log in. */
const char *expect_sealed(struct scene *scene, unsigned status);
/* It answers the request, and has that part. */
void expect_related(const char *text, const char *part);

extern const char create_body[];
/* A Create, up to where its host has it. */
void create(struct scene *scene, struct peer *host);

/* A message that was sealed and has not been sent; buffer_free() it. */
void sealed(struct scene *scene, struct buffer *body);
void send_sealed(struct scene *scene, const struct buffer *body);
/* The connection ends with a 400, and that is the next that the broker hears. */
void expect_broken(struct scene *scene);

#endif
