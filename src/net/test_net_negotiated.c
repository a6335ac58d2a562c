/* SPDX-License-Identifier: ISC */

/*
 * winrmd-net towards connections that have logged in by Negotiate: what they are, and what ends
 * that. winrmd-auth and the broker are played; the tokens are real (NTLM).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "methods.h"
#include "net/connection.h"
#include "net/net.h"
#include "net/test_login.h"

enum { HOUR = 3600 * 1000 };

/*
 * P-2.17: asked when a connection has been idle for the time that each has. The longest idle
 * time-out counts, from the last answer on, and only while there is a session.
 */
static void a_shell_keeps_its_connection(void **state)
{
    static const struct message_session_opened opened = {.session = 1};
    struct net net = {.loop = loop_new()};
    struct connection connection = {.net = &net};

    (void)state;
    assert_non_null(net.loop);
    connection.answered = loop_now(net.loop);
    connection.session = session_ref_new(&opened, NULL, METHOD_negotiate);
    assert_false(connection_stays(&connection));
    connection_used_by_shell(&connection, HOUR);
    connection_used_by_shell(&connection, 1);
    assert_true(connection_stays(&connection));
    connection.answered -= HOUR;
    assert_false(connection_stays(&connection));
    connection.answered += HOUR;
    session_ref_free(connection.session);
    connection.session = NULL;
    assert_false(connection_stays(&connection));
    loop_free(net.loop);
}

static int setup(void **state)
{
    int result = world_setup(state);

    if (result == 0)
        login_offer(*state, METHOD_BIT(negotiate) | METHOD_BIT(basic), true, true);
    return result;
}

/* ---- an authenticated connection ---- */

struct scene {
    struct world *world;
    struct login login;
    struct client client;
};

static struct scene logged_in(struct world *world, uint64_t session, uint64_t lifetime)
{
    struct scene scene = {.world = world};

    login_open(&scene.login);
    client_connect(&scene.client, world);
    login_through(&scene.login, world, &scene.client, session, lifetime);
    return scene;
}

static void leave(struct scene *scene)
{
    client_close(&scene->client);
    login_close(&scene->login);
}

/* P-2.13 */
static void an_empty_request_asks_for_a_challenge(void **state)
{
    struct scene scene = logged_in(*state, 5, 60000);

    for (int i = 0; i < 2; i++) {
        client_post(&scene.client, "/wsman", "", NULL);
        login_expect_offer(&scene.client, OFFER_ALL);
        client_post(&scene.client, "/wsman", "", identify_envelope);
        assert_int_equal(client_response(&scene.client).status, 200);
    }
    assert_true(peer_silent(&scene.world->auth));
    leave(&scene);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 5);
}

/* P-2.13: a token on a connection that has logged in ends what was. */
static void a_new_token_discards_the_session(void **state)
{
    struct scene scene = logged_in(*state, 5, 60000);
    struct login again;

    login_open(&again);
    login_client_step(&again, NULL, 0);
    client_post(&scene.client, "/wsman", login_header(&again, "Negotiate"), identify_envelope);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 5);
    peer_send(&scene.world->auth, auth_refused,
              .exchange = peer_expect(&scene.world->auth, auth_token)->exchange);
    login_expect_offer(&scene.client, OFFER_ALL);
    client_post(&scene.client, "/wsman", "", identify_envelope);
    login_expect_offer(&scene.client, OFFER_ALL);
    login_close(&again);
    login_open(&again);
    login_through(&again, scene.world, &scene.client, 6, 60000);
    login_close(&again);
    leave(&scene);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 6);
}

static void another_method_discards_the_session(void **state)
{
    struct scene scene = logged_in(*state, 5, 60000);

    client_post(&scene.client, "/wsman", AS_ALICE, NULL);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 5);
    peer_send(&scene.world->broker, session_opened,
              .exchange = peer_expect(&scene.world->auth, auth_basic)->exchange, .session = 6);
    assert_int_equal(client_response(&scene.client).status, 200);
    /* Now it is Basic's rule: the header comes with each request. */
    client_post(&scene.client, "/wsman", "", identify_envelope);
    login_expect_offer(&scene.client, OFFER_ALL);
    client_post(&scene.client, "/wsman", AS_ALICE, identify_envelope);
    assert_int_equal(client_response(&scene.client).status, 200);
    leave(&scene);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 6);
}

/* P-2.14: the time of a login is over when the next request comes; the request that began in it was
 * served.
 */
static void a_login_expires(void **state)
{
    struct scene scene = logged_in(*state, 5, 0);
    struct login again;

    client_post(&scene.client, "/wsman", "", identify_envelope);
    login_expect_offer(&scene.client, OFFER_ALL);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 5);
    login_open(&again);
    login_through(&again, scene.world, &scene.client, 6, 60000);
    client_post(&scene.client, "/wsman", "", identify_envelope);
    assert_int_equal(client_response(&scene.client).status, 200);
    login_close(&again);
    leave(&scene);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 6);
}

static void a_session_is_revoked(void **state)
{
    struct scene scene = logged_in(*state, 5, 60000);

    peer_send(&scene.world->broker, session_revoked, .session = 5);
    peer_send(&scene.world->broker, net_settle);
    peer_receive(&scene.world->broker, MESSAGE_net_settled);
    client_post(&scene.client, "/wsman", "", identify_envelope);
    login_expect_offer(&scene.client, OFFER_ALL);
    leave(&scene);
}

static void the_method_is_taken_away(void **state)
{
    struct scene scene = logged_in(*state, 5, 60000);

    login_offer(scene.world, METHOD_BIT(basic), true, true);
    client_post(&scene.client, "/wsman", "", identify_envelope);
    login_expect_offer(&scene.client, OFFER_BASIC);
    assert_int_equal(peer_expect(&scene.world->broker, session_closed)->session, 5);
    leave(&scene);
}

/*
 * The library of NTLM writes down what passes through it where GSSNTLMSSP_DEBUG says. winrmd-net
 * goes by nothing of that kind in its environment.
 */
static void the_environment_does_not_count(void **state)
{
    static char path[] = "/tmp/winrmd-net-trace.XXXXXX";
    struct scene scene;
    void *world;

    (void)state;
    close(mkstemp(path));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(setenv("GSSNTLMSSP_DEBUG", path, 1), 0);
    assert_int_equal(setup(&world), 0);
    assert_int_equal(unsetenv("GSSNTLMSSP_DEBUG"), 0);
    scene = logged_in(world, 5, 60000);
    login_post(&scene.login, &scene.client, SPNEGO_PROTOCOL, "", identify_envelope);
    assert_int_equal(client_response(&scene.client).status, 200);
    leave(&scene);
    world_teardown(&world);
    assert_int_equal(access(path, F_OK), -1);
}

/* ---- winrmd-auth is replaced, winrmd-net ends ---- */

static void auth_is_replaced_during_a_leg(void **state)
{
    struct world *world = *state;
    const struct message_auth_token *asked;
    struct login login;
    struct client client;
    uint64_t exchange;

    login_open(&login);
    client_connect(&client, world);
    login_client_step(&login, NULL, 0);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), NULL);
    exchange = peer_expect(&world->auth, auth_token)->exchange;
    world_new_auth(world);
    asked = peer_expect(&world->auth, auth_token);
    assert_int_equal(asked->exchange, exchange);
    assert_memory_equal(asked->token.data, buffer_bytes(&login.token), asked->token.length);
    peer_send(&world->auth, auth_refused, .exchange = exchange);
    login_expect_offer(&client, OFFER_ALL);
    client_close(&client);
    login_close(&login);
}

/* Nobody is left who could say anything to the token. */
static void the_offer_ends_during_a_leg(void **state)
{
    struct world *world = *state;
    struct login login;
    struct client client;

    login_open(&login);
    client_connect(&client, world);
    login_client_step(&login, NULL, 0);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), NULL);
    peer_receive(&world->auth, MESSAGE_auth_token);
    login_offer(world, METHOD_BIT(negotiate) | METHOD_BIT(basic), false, false);
    world_new_auth(world);
    login_expect_offer(&client, OFFER_BASIC);
    client_close(&client);
    login_close(&login);
}

/* P-2.10: what began on a connection can not end on another one. */
static void a_drain_waits_for_the_login(void **state)
{
    struct world *world = *state;
    const struct message_auth_token *asked;
    struct login login;
    struct client client;
    struct response response;
    uint64_t exchange;

    login_open(&login);
    client_connect(&client, world);
    login_client_step(&login, NULL, 0);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), NULL);
    asked = peer_expect(&world->auth, auth_token);
    exchange = asked->exchange;
    assert_false(login_server_step(&login, asked->token.data, asked->token.length));
    peer_send(&world->broker, net_drain);
    peer_send(&world->broker, net_settle);
    peer_receive(&world->broker, MESSAGE_net_settled);
    peer_send(&world->auth, auth_continue, .exchange = exchange, .token = login_token(&login));
    response = client_response(&client);
    assert_int_equal(response.status, 401);
    assert_null(response_header(&response, "Connection"));
    login_client_answer(&login, response_header(&response, "WWW-Authenticate"), "Negotiate");

    exchange = login_last_leg(world, &login, &client, "Negotiate", NULL);
    login_send_context(&login, world, exchange, 60000);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 9);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_null(response_header(&response, "Connection"));

    client_post(&client, "/wsman", "", identify_envelope);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_string_equal(response_header(&response, "Connection"), "close");
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 9);
    login_close(&login);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shell_keeps_its_connection),
        cmocka_unit_test(the_environment_does_not_count),
        WORLD_TEST(an_empty_request_asks_for_a_challenge),
        WORLD_TEST(a_new_token_discards_the_session),
        WORLD_TEST(another_method_discards_the_session),
        WORLD_TEST(a_login_expires),
        WORLD_TEST(a_session_is_revoked),
        WORLD_TEST(the_method_is_taken_away),
        WORLD_TEST(auth_is_replaced_during_a_leg),
        WORLD_TEST(the_offer_ends_during_a_leg),
        WORLD_TEST(a_drain_waits_for_the_login),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_negotiated WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
