/* SPDX-License-Identifier: ISC */

/*
 * Sealed messages to winrmd-net and its sealed answers, on connections that have logged in by
 * Negotiate. winrmd-auth, the broker and shell hosts are played; the seals are real (NTLM).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "methods.h"
#include "net/test_flow.h"
#include "net/test_login.h"

enum { HOUR = 3600 * 1000 };

/* A world that offers Negotiate, and one client that has logged in. */
struct scene {
    struct world *world;
    struct login login;
    struct client client;
};

static void offer(struct world *world, bool must_seal)
{
    peer_send(&world->broker, net_listener, .listener = WORLD_LISTENER, .url = "http://x:5985",
              .methods = METHOD_BIT(negotiate) | METHOD_BIT(basic), .must_seal = must_seal,
              .header_limit = 98304, .socket = -1);
    peer_send(&world->broker, net_mechanisms, .ntlm = true);
    peer_send(&world->broker, net_settle);
    peer_receive(&world->broker, MESSAGE_net_settled);
}

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *world;

    if (scene == NULL || world_setup(&world) != 0)
        return -1;
    *state = scene;
    scene->world = world;
    offer(world, true);
    login_open(&scene->login);
    client_connect(&scene->client, world);
    login_through(&scene->login, world, &scene->client, FLOW_SESSION, HOUR);
    return 0;
}

static int teardown(void **state)
{
    struct scene *scene = *state;
    void *world = scene->world;

    client_close(&scene->client);
    login_close(&scene->login);
    free(scene);
    return world_teardown(&world);
}

static void post(struct scene *scene, const char *text)
{
    login_post(&scene->login, &scene->client, SPNEGO_PROTOCOL, "", text);
}

static const char *expect_sealed(struct scene *scene, unsigned status)
{
    struct response response = client_response(&scene->client);

    assert_int_equal(response.status, status);
    assert_null(response_header(&response, "WWW-Authenticate"));
    return login_opened(&scene->login, &response, SPNEGO_PROTOCOL);
}

static void sealed_in_sealed_out(void **state)
{
    struct scene *scene = *state;

    for (int i = 0; i < 3; i++) {
        post(scene, identify_envelope);
        assert_non_null(strstr(expect_sealed(scene, 200), "IdentifyResponse"));
    }
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sealed_in_sealed_out),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_sealed WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
