/* SPDX-License-Identifier: ISC */

/*
 * Sealed messages that winrmd-net can not open, and what becomes of sealed ones when their
 * connection, login or session begins or ends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/test_sealed.h"

static void a_changed_message(void **state)
{
    struct scene *scene = *state;
    struct buffer body;

    sealed(scene, &body);
    buffer_bytes(&body)[buffer_length(&body) - 30] ^= 1;
    send_sealed(scene, &body);
    buffer_free(&body);
    expect_broken(scene);
}

static void a_message_for_the_second_time(void **state)
{
    struct scene *scene = *state;
    struct buffer body;

    login_seal(&scene->login, SPNEGO_PROTOCOL, identify_envelope, &body);
    send_sealed(scene, &body);
    expect_sealed(scene, 200);
    send_sealed(scene, &body);
    buffer_free(&body);
    expect_broken(scene);
}

static void a_message_is_missing(void **state)
{
    struct scene *scene = *state;
    struct buffer body;

    sealed(scene, &body);
    buffer_free(&body);
    sealed(scene, &body);
    send_sealed(scene, &body);
    buffer_free(&body);
    expect_broken(scene);
}

/* What a client sends that believes it has keys and has none. */
static void nothing_in_it(void **state)
{
    static const char body[] = "--Encrypted Boundary\r\n"
                               "\tContent-Type: " SPNEGO_PROTOCOL "\r\n"
                               "\tOriginalContent: type=application/soap+xml;charset=UTF-8;"
                               "Length=1000\r\n--Encrypted Boundary\r\n"
                               "\tContent-Type: application/octet-stream\r\n"
                               "\x10\0\0\0--Encrypted Boundary--\r\n";
    struct scene *scene = *state;

    login_post_bytes(&scene->client, SPNEGO_PROTOCOL, "", body, sizeof(body) - 1);
    expect_broken(scene);
}

static void no_frame(void **state)
{
    struct scene *scene = *state;

    login_post_bytes(&scene->client, SPNEGO_PROTOCOL, "", identify_envelope,
                     strlen(identify_envelope));
    expect_broken(scene);
}

static void a_protocol_that_is_not_spoken(void **state)
{
    struct scene *scene = *state;

    login_post(&scene->login, &scene->client, "application/HTTP-CredSSP-session-encrypted", "",
               identify_envelope);
    expect_broken(scene);
}

/* ---- connections that come and go ---- */

static void a_guest_does_not_seal(void **state)
{
    struct scene *scene = *state;
    struct client guest;
    struct buffer body;

    sealed(scene, &body);
    client_connect(&guest, scene->world);
    for (int i = 0; i < 2; i++) {
        login_post_bytes(&guest, SPNEGO_PROTOCOL, "", buffer_bytes(&body), buffer_length(&body));
        login_expect_offer(&guest, OFFER_NEGOTIATE OFFER_BASIC);
    }
    buffer_free(&body);
    client_close(&guest);
}

/*
 * A client whose connection was lost sends what it had sealed for that on a new one, and again with
 * each leg of the login that it is asked for. The new keys do not open it.
 */
static void a_message_of_a_lost_connection(void **state)
{
    struct scene *scene = *state;
    struct scene again = {.world = scene->world};
    const struct message_auth_token *asked;
    struct response response;
    struct buffer body;
    uint64_t exchange;

    sealed(scene, &body);
    login_open(&again.login);
    client_connect(&again.client, again.world);
    send_sealed(&again, &body);
    login_expect_offer(&again.client, OFFER_NEGOTIATE OFFER_BASIC);
    login_client_step(&again.login, NULL, 0);
    login_post_bytes(&again.client, SPNEGO_PROTOCOL, login_header(&again.login, "Negotiate"),
                     buffer_bytes(&body), buffer_length(&body));
    asked = peer_expect(&again.world->auth, auth_token);
    assert_false(login_server_step(&again.login, asked->token.data, asked->token.length));
    peer_send(&again.world->auth, auth_continue, .exchange = asked->exchange,
              .token = login_token(&again.login));
    response = client_response(&again.client);
    login_client_answer(&again.login, response_header(&response, "WWW-Authenticate"), "Negotiate");
    login_post_bytes(&again.client, SPNEGO_PROTOCOL, login_header(&again.login, "Negotiate"),
                     buffer_bytes(&body), buffer_length(&body));
    asked = peer_expect(&again.world->auth, auth_token);
    exchange = asked->exchange;
    assert_true(login_server_step(&again.login, asked->token.data, asked->token.length));
    login_send_context(&again.login, again.world, exchange, HOUR);
    peer_send(&again.world->broker, session_opened, .exchange = exchange, .session = FLOW_SESSION);
    expect_broken(&again);
    buffer_free(&body);
    client_close(&again.client);
    login_close(&again.login);
}

/* P-2.12: the last leg may bring a message along that is sealed with what it agrees on. */
static void the_last_leg_is_sealed(void **state)
{
    struct scene *scene = *state;
    struct scene other = {.world = scene->world};
    const struct message_auth_token *asked;
    struct buffer body;
    char *header;
    uint64_t exchange;

    login_open(&other.login);
    client_connect(&other.client, other.world);
    login_first_leg(other.world, &other.login, &other.client);
    header = strdup(login_header(&other.login, "Negotiate"));
    login_seal(&other.login, SPNEGO_PROTOCOL, identify_envelope, &body);
    login_post_bytes(&other.client, SPNEGO_PROTOCOL, header, buffer_bytes(&body),
                     buffer_length(&body));
    buffer_free(&body);
    free(header);
    asked = peer_expect(&other.world->auth, auth_token);
    exchange = asked->exchange;
    assert_true(asked->must_seal);
    assert_true(login_server_step(&other.login, asked->token.data, asked->token.length));
    login_send_context(&other.login, other.world, exchange, HOUR);
    peer_send(&other.world->broker, session_opened, .exchange = exchange, .session = 43);
    assert_non_null(strstr(expect_sealed(&other, 200), "IdentifyResponse"));
    client_close(&other.client);
    login_close(&other.login);
    assert_int_equal(peer_expect(&scene->world->broker, session_closed)->session, 43);
}

/* P-2.14: what began under a session that ends is answered as it was asked. */
static void the_session_ends_meanwhile(void **state)
{
    struct scene *scene = *state;
    struct peer host;

    create(scene, &host);
    peer_send(&scene->world->broker, session_revoked, .session = FLOW_SESSION);
    peer_send(&scene->world->broker, net_settle);
    peer_receive(&scene->world->broker, MESSAGE_net_settled);
    peer_send(&host, host_answer, .request = host.body.shell_create.request);
    expect_related(expect_sealed(scene, 200), SHELL_ID);
    flow_expect_written(scene->world);
    post(scene, identify_envelope);
    login_expect_offer(&scene->client, OFFER_NEGOTIATE OFFER_BASIC);
    peer_close(&host);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_changed_message),
        WORLD_TEST(a_message_for_the_second_time),
        WORLD_TEST(a_message_is_missing),
        WORLD_TEST(nothing_in_it),
        WORLD_TEST(no_frame),
        WORLD_TEST(a_protocol_that_is_not_spoken),
        WORLD_TEST(a_guest_does_not_seal),
        WORLD_TEST(a_message_of_a_lost_connection),
        WORLD_TEST(the_last_leg_is_sealed),
        WORLD_TEST(the_session_ends_meanwhile),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s WINRMD-NET\n", argv[0]);
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
