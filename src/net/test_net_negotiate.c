/* SPDX-License-Identifier: ISC */

/*
 * winrmd-net towards clients that log in by Negotiate or Kerberos: the legs of a login and what the
 * connection is afterwards. winrmd-auth and the broker are played; the tokens are real (NTLM).
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
#include "net/negotiate.h"
#include "net/test_login.h"

/* ---- parts ---- */

static void headers_are_strict(void **state)
{
    static const struct {
        const char *header;
        const char *token; /* NULL: none */
        bool kerberos;
    } rows[] = {
        {"Negotiate YWJj", "abc", false},
        {"nEGOTIATE   YWJj", "abc", false},
        {"Kerberos YWJj", "abc", true},
        {"KERBEROS YWI=", "ab", true},
        {"Negotiate", NULL, false},
        {"Negotiate ", NULL, false},
        {"NegotiateYWJj", NULL, false},
        {"Negotiate\tYWJj", NULL, false},
        {"Negotiate YW Jj", NULL, false},
        {"Negotiate YWJ", NULL, false},  /* no padding */
        {"Negotiate YWJ=", NULL, false}, /* unused bits set */
        {"Negotiate YWJj, Basic x", NULL, false},
        {"Negotiate ====", NULL, false},
        {"NTLM YWJj", NULL, false},
        {"YWJj", NULL, false},
    };
    static uint8_t token[NEGOTIATE_ROOM];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool kerberos = false;
        size_t length = negotiate_decode(rows[i].header, &kerberos, token);

        if (length != (rows[i].token != NULL ? strlen(rows[i].token) : 0))
            fail_msg("%s", rows[i].header);
        if (length > 0) {
            assert_memory_equal(token, rows[i].token, length);
            assert_int_equal(kerberos, rows[i].kerberos);
        }
    }
}

static void tokens_have_a_limit(void **state)
{
    static uint8_t token[NEGOTIATE_ROOM];
    static char header[2 * LIMIT_TOKEN] = "Negotiate ";
    size_t most = (size_t)LIMIT_TOKEN / 3 * 4; /* characters: whole groups of three bytes */
    bool kerberos;

    (void)state;
    memset(header + 10, 'A', most);
    assert_int_equal(negotiate_decode(header, &kerberos, token), LIMIT_TOKEN / 3 * 3);
    memcpy(header + 10 + most, "AA==", 5);
    assert_int_equal(negotiate_decode(header, &kerberos, token), LIMIT_TOKEN / 3 * 3 + 1);
    memcpy(header + 10 + most, "AAA=", 5);
    assert_int_equal(negotiate_decode(header, &kerberos, token), 0);
    memcpy(header + 10 + most, "AAAAAAAA", 9);
    assert_int_equal(negotiate_decode(header, &kerberos, token), 0);
}

/* ---- what is offered ---- */

static int setup(void **state)
{
    int result = world_setup(state);

    if (result == 0)
        login_offer(*state, METHOD_BIT(negotiate) | METHOD_BIT(basic), true, true);
    return result;
}

/* P-2.9 */
static void each_scheme_has_a_line(void **state)
{
    static const struct {
        uint32_t methods;
        bool kerberos;
        bool ntlm;
        const char *lines;
    } rows[] = {
        {METHOD_BIT(negotiate) | METHOD_BIT(basic), true, true, OFFER_ALL},
        {METHOD_BIT(negotiate) | METHOD_BIT(basic), true, false, OFFER_ALL},
        {METHOD_BIT(negotiate) | METHOD_BIT(basic), false, true, OFFER_NEGOTIATE OFFER_BASIC},
        {METHOD_BIT(negotiate) | METHOD_BIT(basic), false, false, OFFER_BASIC},
        {METHOD_BIT(negotiate), true, true, OFFER_NEGOTIATE OFFER_KERBEROS},
        {METHOD_BIT(negotiate), false, false, ""},
        {METHOD_BIT(basic), true, true, OFFER_BASIC},
    };
    struct world *world = *state;
    struct client client;

    client_connect(&client, world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        login_offer(world, rows[i].methods, rows[i].kerberos, rows[i].ntlm);
        client_post(&client, "/wsman", "", NULL);
        login_expect_offer(&client, rows[i].lines);
    }
    client_close(&client);
}

static void what_is_not_offered_is_not_asked(void **state)
{
    static const struct {
        const char *header;
        uint32_t methods;
        bool kerberos;
        bool ntlm;
        const char *lines;
    } rows[] = {
        {"Authorization: Negotiate YWJj\r\n", METHOD_BIT(basic), true, true, OFFER_BASIC},
        {"Authorization: Negotiate YWJj\r\n", METHOD_BIT(negotiate), false, false, ""},
        {"Authorization: Kerberos YWJj\r\n", METHOD_BIT(negotiate), false, true, OFFER_NEGOTIATE},
        {"Authorization: Negotiate ?\r\n", METHOD_BIT(negotiate), false, true, OFFER_NEGOTIATE},
        {"Authorization: Negotiate\r\n", METHOD_BIT(negotiate), false, true, OFFER_NEGOTIATE},
    };
    struct world *world = *state;
    struct client client;

    client_connect(&client, world);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        login_offer(world, rows[i].methods, rows[i].kerberos, rows[i].ntlm);
        client_post(&client, "/wsman", rows[i].header, NULL);
        login_expect_offer(&client, rows[i].lines);
    }
    assert_true(peer_silent(&world->auth));
    client_close(&client);
}

/* ---- legs ---- */

/* P-2.10, P-2.12 */
static void two_legs(void **state)
{
    struct world *world = *state;
    const struct message_auth_token *asked;
    struct login login;
    struct client client;
    struct response response;
    uint64_t exchange;
    uint64_t connection;

    login_open(&login);
    client_connect(&client, world);
    login_client_step(&login, NULL, 0);
    /* A body on a leg is not looked at: this one is what a client sends as filler. */
    client_post(&client, "/wsman", login_header(&login, "negotiate"), "AWAITING_ENCRYPTION_KEYS");
    asked = peer_expect(&world->auth, auth_token);
    exchange = asked->exchange;
    connection = asked->connection;
    assert_string_equal(asked->address, "127.0.0.1");
    assert_int_equal(asked->listener, WORLD_LISTENER);
    assert_false(asked->kerberos);
    assert_false(asked->must_seal);
    assert_int_equal(asked->token.length, buffer_length(&login.token));
    assert_memory_equal(asked->token.data, buffer_bytes(&login.token), asked->token.length);
    assert_false(login_server_step(&login, asked->token.data, asked->token.length));
    peer_send(&world->auth, auth_continue, .exchange = exchange, .token = login_token(&login));

    response = client_response(&client);
    assert_int_equal(response.status, 401);
    assert_int_equal(response.body_length, 0);
    assert_null(strstr(strstr(response.head, "WWW-Authenticate: ") + 1, "WWW-Authenticate"));
    login_client_answer(&login, response_header(&response, "WWW-Authenticate"), "Negotiate");

    /* The last leg brings the request along, which is carried out when both have said yes. */
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), identify_envelope);
    asked = peer_expect(&world->auth, auth_token);
    exchange = asked->exchange;
    assert_int_equal(asked->connection, connection);
    assert_true(login_server_step(&login, asked->token.data, asked->token.length));
    login_send_context(&login, world, exchange, 60000);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 11);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "IdentifyResponse"));
    /* NTLM has no last token. */
    assert_null(response_header(&response, "WWW-Authenticate"));

    /* From here on the connection is who it is: no header, nobody is asked. */
    client_post(&client, "/wsman", "", identify_envelope);
    assert_int_equal(client_response(&client).status, 200);
    assert_true(peer_silent(&world->auth));
    assert_true(peer_silent(&world->broker));
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 11);
    login_close(&login);
}

/* ---- legs that lead nowhere ---- */

/* P-2.11: the list, and the connection can begin anew. */
static void a_leg_is_refused(void **state)
{
    struct world *world = *state;
    struct login login;
    struct client client;

    login_open(&login);
    client_connect(&client, world);
    login_first_leg(world, &login, &client);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), identify_envelope);
    peer_send(&world->auth, auth_refused,
              .exchange = peer_expect(&world->auth, auth_token)->exchange);
    login_expect_offer(&client, OFFER_ALL);
    /* winrmd-auth has nothing left of it, and the connection can begin anew. */
    client_post(&client, "/wsman", "", NULL);
    login_expect_offer(&client, OFFER_ALL);
    assert_true(peer_silent(&world->auth));
    login_close(&login);
    login_open(&login);
    login_through(&login, world, &client, 3, 60000);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 3);
    login_close(&login);
}

static void a_login_is_not_continued(void **state)
{
    /* A request without credentials, another method, a header that is none. */
    static const char *const headers[] = {"", "Authorization: Negotiate ?\r\n", AS_BOB};
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        struct login login;
        struct client client;
        bool asks = headers[i] == headers[2];

        login_open(&login);
        client_connect(&client, world);
        login_first_leg(world, &login, &client);
        client_post(&client, "/wsman", headers[i], NULL);
        if (asks)
            peer_send(&world->auth, auth_refused,
                      .exchange = peer_expect(&world->auth, auth_basic)->exchange);
        login_expect_offer(&client, OFFER_ALL);
        assert_true(peer_expect(&world->auth, auth_token_end)->connection != 0);
        client_close(&client);
        login_close(&login);
    }
}

static void the_client_leaves_between_legs(void **state)
{
    struct world *world = *state;
    const struct message_auth_token *asked;
    struct login login;
    struct client client;
    uint64_t connection;

    login_open(&login);
    client_connect(&client, world);
    login_client_step(&login, NULL, 0);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), NULL);
    asked = peer_expect(&world->auth, auth_token);
    connection = asked->connection;
    assert_false(login_server_step(&login, asked->token.data, asked->token.length));
    peer_send(&world->auth, auth_continue, .exchange = asked->exchange,
              .token = login_token(&login));
    assert_int_equal(client_response(&client).status, 401);
    client_close(&client);
    assert_int_equal(peer_expect(&world->auth, auth_token_end)->connection, connection);
    login_close(&login);
}

static void the_client_leaves_during_a_leg(void **state)
{
    struct world *world = *state;
    const struct message_auth_token *asked;
    struct login login;
    struct client client;
    uint64_t exchange;
    uint64_t connection;

    login_open(&login);
    client_connect(&client, world);
    login_first_leg(world, &login, &client);
    client_post(&client, "/wsman", login_header(&login, "Negotiate"), NULL);
    asked = peer_expect(&world->auth, auth_token);
    exchange = asked->exchange;
    connection = asked->connection;
    assert_true(login_server_step(&login, asked->token.data, asked->token.length));
    client_close(&client);
    assert_int_equal(peer_expect(&world->auth, auth_abandon)->exchange, exchange);
    assert_int_equal(peer_expect(&world->auth, auth_token_end)->connection, connection);
    /* It was too late to stop it. */
    login_send_context(&login, world, exchange, 60000);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 77);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 77);
    login_close(&login);
}

/* The session is there, the context is not: the session goes back when the client leaves. */
static void the_client_leaves_half_admitted(void **state)
{
    struct world *world = *state;
    struct login login;
    struct client client;
    uint64_t exchange;

    login_open(&login);
    client_connect(&client, world);
    login_first_leg(world, &login, &client);
    exchange = login_last_leg(world, &login, &client, "Negotiate", NULL);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 78);
    peer_send(&world->broker, net_settle);
    peer_receive(&world->broker, MESSAGE_net_settled);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 78);
    login_close(&login);
}

/* ---- what completes it ---- */

static void the_session_comes_first(void **state)
{
    struct world *world = *state;
    struct login login;
    struct client client;
    uint64_t exchange;

    login_open(&login);
    client_connect(&client, world);
    login_first_leg(world, &login, &client);
    exchange = login_last_leg(world, &login, &client, "Negotiate", identify_envelope);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 4);
    peer_send(&world->broker, net_settle);
    peer_receive(&world->broker, MESSAGE_net_settled);
    login_send_context(&login, world, exchange, 60000);
    assert_int_equal(client_response(&client).status, 200);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 4);
    login_close(&login);
}

/* Admits the client of `exchange` with a last token, which NTLM does not have: SPNEGO does. */
static void admit(struct world *world, struct login *login, uint64_t exchange, uint64_t session)
{
    gss_buffer_desc exported = login_export(login);
    OM_uint32 minor;

    peer_send(&world->auth, auth_context, .exchange = exchange, .lifetime = 60000, .seals = true,
              .token = {.data = (const uint8_t *)"abc", .length = 3},
              .context = {.data = exported.value, .length = (uint32_t)exported.length});
    gss_release_buffer(&minor, &exported);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = session);
}

/* P-2.11 */
static void the_last_token_is_on_the_answer(void **state)
{
    static const struct {
        const char *scheme;
        const char *body;
        unsigned status;
        const char *line;
    } rows[] = {
        {"negotiate", NULL, 200, "Negotiate YWJj"},
        {"kerberos", NULL, 200, "Kerberos YWJj"},
        {"Negotiate", identify_envelope, 200, "Negotiate YWJj"},
        {"Negotiate", "<html/>", 500, "Negotiate YWJj"},
        {"Negotiate", "x", 400, "Negotiate YWJj"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct login login;
        struct client client;
        struct response response;

        login_open(&login);
        client_connect(&client, world);
        login_first_leg(world, &login, &client);
        admit(world, &login, login_last_leg(world, &login, &client, rows[i].scheme, rows[i].body),
              i + 1);
        response = client_response(&client);
        assert_int_equal(response.status, rows[i].status);
        assert_string_equal(response_header(&response, "WWW-Authenticate"), rows[i].line);
        /* On that answer only. */
        client_post(&client, "/wsman", "", identify_envelope);
        response = client_response(&client);
        assert_int_equal(response.status, 200);
        assert_null(response_header(&response, "WWW-Authenticate"));
        client_close(&client);
        assert_int_equal(peer_expect(&world->broker, session_closed)->session, i + 1);
        login_close(&login);
    }
}

/* The client is right; what came for it is not. Whether the session came before or comes after. */
static void a_context_that_is_none(void **state)
{
    struct world *world = *state;

    for (int first = 0; first < 2; first++) {
        struct login login;
        struct client client;
        struct response response;
        uint64_t exchange;

        login_open(&login);
        client_connect(&client, world);
        login_first_leg(world, &login, &client);
        exchange = login_last_leg(world, &login, &client, "Negotiate", identify_envelope);
        if (first) {
            peer_send(&world->broker, session_opened, .exchange = exchange, .session = 8);
            peer_send(&world->broker, net_settle);
            peer_receive(&world->broker, MESSAGE_net_settled);
        }
        peer_send(&world->auth, auth_context, .exchange = exchange, .lifetime = 60000,
                  .token = {.data = (const uint8_t *)"abc", .length = 3},
                  .context = {.data = (const uint8_t *)"none", .length = 4});
        response = client_response(&client);
        assert_int_equal(response.status, 500);
        assert_int_equal(response.body_length, 0);
        assert_null(response_header(&response, "WWW-Authenticate"));
        if (!first)
            peer_send(&world->broker, session_opened, .exchange = exchange, .session = 8);
        assert_int_equal(peer_expect(&world->broker, session_closed)->session, 8);
        client_post(&client, "/wsman", "", identify_envelope);
        login_expect_offer(&client, OFFER_ALL);
        client_close(&client);
        login_close(&login);
    }
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_strict),
        cmocka_unit_test(tokens_have_a_limit),
        WORLD_TEST(each_scheme_has_a_line),
        WORLD_TEST(what_is_not_offered_is_not_asked),
        WORLD_TEST(two_legs),
        WORLD_TEST(a_leg_is_refused),
        WORLD_TEST(a_login_is_not_continued),
        WORLD_TEST(the_client_leaves_between_legs),
        WORLD_TEST(the_client_leaves_during_a_leg),
        WORLD_TEST(the_client_leaves_half_admitted),
        WORLD_TEST(the_session_comes_first),
        WORLD_TEST(the_last_token_is_on_the_answer),
        WORLD_TEST(a_context_that_is_none),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net_negotiate WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
