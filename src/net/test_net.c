/* SPDX-License-Identifier: ISC */

/*
 * winrmd-net towards clients before any operation: paths, 401 rules, Basic, Identify. The broker
 * and winrmd-auth are played by the test (test_world.h).
 */

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/basic.h"
#include "net/content_type.h"
#include "net/test_world.h"

static void expect_unauthorized(struct client *client)
{
    struct response response = client_response(client);

    assert_int_equal(response.status, 401);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(response_header(&response, "WWW-Authenticate"), "Basic realm=\"WSMAN\"");
    assert_null(response_header(&response, "Connection"));
}

/* ---- parts ---- */

static void basic_is_strict(void **state)
{
    static const struct {
        const char *header;
        const char *user; /* NULL: refused */
        const char *password;
    } rows[] = {
        {"Basic YWxpY2U6c2VjcmV0", "alice", "secret"},
        {"bAsIc   YWxpY2U6c2VjcmV0", "alice", "secret"},
        {"Basic Ym9iOng6eQ==", "bob", "x:y"},
        {"Basic Ym9iOg==", "bob", ""},
        {"Basic w6k6w6k=", "\xc3\xa9", "\xc3\xa9"},
        {"Basic", NULL, NULL},
        {"Basic ", NULL, NULL},
        {"Basic Ym9i", NULL, NULL}, /* no colon */
        {"Basic OnNlY3JldA==", "", "secret"},
        {"Basic Ym9iOg", NULL, NULL},    /* no padding */
        {"Basic Ym9iOh==", NULL, NULL},  /* unused bits set */
        {"Basic Ym9i Og==", NULL, NULL}, /* a blank within */
        {"Basic Ym9iOg==, x", NULL, NULL},
        {"Basic Ym9iOv8=", NULL, NULL},     /* no UTF-8 */
        {"Basic Ym9iAHg6eQ==", NULL, NULL}, /* NUL */
        {"Basic Ym8KYjp5", "bo\nb", "y"},
        {"Negotiate YWxpY2U6c2VjcmV0", NULL, NULL},
        {"YWxpY2U6c2VjcmV0", NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct basic_credentials credentials;
        bool read = basic_decode(rows[i].header, &credentials);

        if (read != (rows[i].user != NULL))
            fail_msg("%s", rows[i].header);
        if (read) {
            assert_string_equal(credentials.user, rows[i].user);
            assert_string_equal(credentials.password, rows[i].password);
        }
        basic_wipe(&credentials);
    }
}

static void content_types(void **state)
{
    static const struct {
        const char *value;
        enum content_kind kind;
        const char *charset;
    } rows[] = {
        {NULL, CONTENT_none, ""},
        {"application/soap+xml", CONTENT_soap, ""},
        {"application/soap+xml;charset=UTF-8", CONTENT_soap, "UTF-8"},
        {"Application/SOAP+XML ; Charset = \"utf-16\"", CONTENT_soap, "utf-16"},
        {"application/soap+xml; action=\"http://x/y;charset=z\"; charset=UTF-8", CONTENT_soap,
         "UTF-8"},
        {"application/soap+xml;charset=UTF-8;charset=UTF-16", CONTENT_soap, "UTF-8"},
        {"application/soap+xml;=;;charset=a", CONTENT_soap, "a"},
        {"application/soap+xml;charset=\"a\\\"b", CONTENT_soap, "a\"b"},
        {"application/soap+xmlx", CONTENT_other, ""},
        {"text/xml; charset=utf-8", CONTENT_other, "utf-8"},
        {"", CONTENT_other, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct content_type type = content_type_read(rows[i].value);

        assert_int_equal(type.kind, rows[i].kind);
        assert_string_equal(type.charset, rows[i].charset);
    }
}

/* ---- paths and methods ---- */

static void paths(void **state)
{
    static const struct {
        const char *path;
        unsigned status;
    } rows[] = {
        {"/wsman", 401},
        {"/wsman/", 401},
        {"/WSMan", 401},
        {"/wsman?PSVersion=5.1", 401},
        {"/", 404},
        {"/wsman/x", 404},
        {"/wsmanx", 404},
        {"/wsman//", 404},
        {"/wsma", 404},
        {"/%77sman", 404},
        {"/wsman-anon/identify", 401},
    };
    struct client client;

    client_connect(&client, *state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        client_post(&client, rows[i].path, "", NULL);
        assert_int_equal(client_response(&client).status, rows[i].status);
    }
    client_close(&client);
}

static void methods(void **state)
{
    static const char get[] = "GET /wsman HTTP/1.1\r\nHost: h\r\n\r\n";
    struct client client;
    struct response response;

    client_connect(&client, *state);
    client_write(&client, get, strlen(get));
    response = client_response(&client);
    assert_int_equal(response.status, 405);
    assert_string_equal(response_header(&response, "Allow"), "POST");
    client_close(&client);
}

/* ---- authentication ---- */

static void nobody_is_asked_for(void **state)
{
    static const char *const headers[] = {
        "",
        "Authorization: Basic\r\n",
        "Authorization: Basic ?\r\n",
        "Authorization: Basic Ym9i\r\n",
        "Authorization: Negotiate YWxpY2U6c2VjcmV0\r\n",
    };
    struct world *world = *state;
    struct client client;

    client_connect(&client, world);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        /* The body must not be looked at: this one is what a client sends as filler. */
        client_post(&client, "/wsman", headers[i], "AWAITING_ENCRYPTION_KEYS");
        expect_unauthorized(&client);
    }
    assert_true(peer_silent(&world->auth));
    client_close(&client);
}

static void basic_success(void **state)
{
    struct world *world = *state;
    const struct message_auth_basic *asked;
    struct client client;
    uint64_t exchange;

    client_connect(&client, world);
    client_post(&client, "/wsman", AS_BOB, NULL);
    asked = peer_expect(&world->auth, auth_basic);
    exchange = asked->exchange;
    assert_string_equal(asked->user, "bob");
    assert_string_equal(asked->password, "x:y");
    assert_string_equal(asked->address, "127.0.0.1");
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 11);
    assert_int_equal(client_response(&client).status, 200);

    /* The same header again: nobody is asked. */
    client_post(&client, "/wsman", AS_BOB, NULL);
    assert_int_equal(client_response(&client).status, 200);
    assert_true(peer_silent(&world->auth));

    /* Without the header: not any more, but the session stays. */
    client_post(&client, "/wsman", "", NULL);
    expect_unauthorized(&client);
    client_post(&client, "/wsman", "", envelope(TRANSFER_ "Get", SHELL_ID, ""));
    expect_unauthorized(&client);
    client_post(&client, "/wsman", AS_BOB, NULL);
    assert_int_equal(client_response(&client).status, 200);
    assert_true(peer_silent(&world->auth));

    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 11);
}

static void another_header_is_another_client(void **state)
{
    struct world *world = *state;
    struct client client;
    uint64_t exchange;

    client_connect(&client, world);
    world_login(world, &client, 1);
    client_post(&client, "/wsman", AS_BOB, NULL);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 1);
    exchange = peer_expect(&world->auth, auth_basic)->exchange;
    peer_send(&world->auth, auth_refused, .exchange = exchange);
    expect_unauthorized(&client);
    /* And alice has to prove herself again. */
    world_login(world, &client, 2);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 2);
}

static void a_revoked_session_is_asked_for_again(void **state)
{
    struct world *world = *state;
    struct client client;
    struct client other;
    uint64_t exchange;

    client_connect(&client, world);
    world_login(world, &client, 1);
    client_connect(&other, world);
    world_login(world, &other, 2);
    peer_send(&world->broker, session_revoked, .session = 1);
    peer_send(&world->broker, session_revoked, .session = 99);
    /* The same header as before. */
    client_post(&client, "/wsman", AS_ALICE, NULL);
    exchange = peer_expect(&world->auth, auth_basic)->exchange;
    peer_send(&world->auth, auth_refused, .exchange = exchange);
    expect_unauthorized(&client);
    /* The other connection is still who it was; the first one can be again. */
    client_post(&other, "/wsman", AS_ALICE, NULL);
    assert_int_equal(client_response(&other).status, 200);
    world_login(world, &client, 3);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 3);
    client_close(&other);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 2);
}

static void basic_refusal(void **state)
{
    struct world *world = *state;
    struct client client;

    client_connect(&client, world);
    client_post(&client, "/wsman", AS_ALICE, "not looked at");
    peer_send(&world->auth, auth_refused,
              .exchange = peer_expect(&world->auth, auth_basic)->exchange);
    expect_unauthorized(&client);
    world_login(world, &client, 5);
    client_close(&client);
}

static void client_leaves_while_authenticating(void **state)
{
    struct world *world = *state;
    struct client client;
    uint64_t exchange;

    client_connect(&client, world);
    client_post(&client, "/wsman", AS_ALICE, NULL);
    exchange = peer_expect(&world->auth, auth_basic)->exchange;
    client_close(&client);
    assert_int_equal(peer_expect(&world->auth, auth_abandon)->exchange, exchange);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 77);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 77);
}

static void auth_is_replaced(void **state)
{
    struct world *world = *state;
    struct client client;
    uint64_t exchange;

    client_connect(&client, world);
    client_post(&client, "/wsman", AS_ALICE, NULL);
    exchange = peer_expect(&world->auth, auth_basic)->exchange;
    world_new_auth(world);
    assert_int_equal(peer_expect(&world->auth, auth_basic)->exchange, exchange);
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 5);
    assert_int_equal(client_response(&client).status, 200);
    /* The one that went had said yes, too. */
    peer_send(&world->broker, session_opened, .exchange = exchange, .session = 6);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 6);
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 5);
}

static void bodies_after_authentication(void **state)
{
    static const struct {
        const char *header;
        const char *body;
        unsigned status;
    } rows[] = {
        {AS_ALICE "Content-Type: text/plain\r\n", NULL, 200},
        {AS_ALICE "Content-Type: text/plain\r\n", "x", 415},
        {AS_ALICE, "x", 400},
        {AS_ALICE, "<html/>", 500},
        {AS_ALICE, "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"/>", 500},
    };
    struct world *world = *state;
    struct client client;

    client_connect(&client, world);
    world_login(world, &client, 5);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        client_post(&client, "/wsman", rows[i].header, rows[i].body);
        assert_int_equal(client_response(&client).status, rows[i].status);
    }
    assert_true(peer_silent(&world->broker));
    client_close(&client);
}

/* It can not be opened: Basic has no keys. */
static void basic_does_not_seal(void **state)
{
    struct world *world = *state;
    struct client client;
    struct response response;

    client_connect(&client, world);
    world_login(world, &client, 5);
    client_post(&client, "/wsman",
                AS_ALICE "Content-Type: multipart/encrypted;protocol=\"application/HTTP-SPNEGO-"
                         "session-encrypted\";boundary=\"Encrypted Boundary\"\r\n",
                "x");
    response = client_response(&client);
    assert_int_equal(response.status, 400);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(response_header(&response, "Connection"), "close");
    client_close(&client);
    assert_int_equal(peer_expect(&world->broker, session_closed)->session, 5);
}

/* ---- Identify ---- */

static void identify_for_guests(void **state)
{
    struct world *world = *state;
    struct client client;
    struct response response;

    client_connect(&client, world);
    client_post(&client, "/wsman", "WSMANIDENTIFY: unauthenticated\r\n", identify_envelope);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "OS: 0.0.0 SP: 0.0 Stack: 3.0"));
    assert_non_null(strstr(response.body, "wsmid:IdentifyResponse"));

    client_post(&client, "/wsman-anon/identify", "", identify_envelope);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "OS: 0.0.0 SP: 0.0 Stack: 3.0"));

    client_post(&client, "/wsman", "WSMANIDENTIFY: unauthenticated\r\n",
                envelope(TRANSFER_ "Get", SHELL_ID, ""));
    expect_unauthorized(&client);
    client_post(&client, "/wsman", "WSMANIDENTIFY: unauthenticated\r\n", "<");
    expect_unauthorized(&client);
    client_post(&client, "/wsman", "WSMANIDENTIFY: unauthenticated\r\n", NULL);
    expect_unauthorized(&client);
    client_post(&client, "/wsman", "", identify_envelope);
    expect_unauthorized(&client);
    client_close(&client);
}

static void identify_for_users(void **state)
{
    struct world *world = *state;
    struct client client;
    struct response response;

    client_connect(&client, world);
    world_login(world, &client, 5);
    client_post(&client, "/wsman", AS_ALICE, identify_envelope);
    response = client_response(&client);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "Stack: 3.0"));
    assert_null(strstr(response.body, "OS: 0.0.0"));
    assert_true(peer_silent(&world->broker));
    client_close(&client);
}

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(basic_is_strict),
        cmocka_unit_test(content_types),
        WORLD_TEST(paths),
        WORLD_TEST(methods),
        WORLD_TEST(nobody_is_asked_for),
        WORLD_TEST(basic_success),
        WORLD_TEST(another_header_is_another_client),
        WORLD_TEST(a_revoked_session_is_asked_for_again),
        WORLD_TEST(basic_refusal),
        WORLD_TEST(client_leaves_while_authenticating),
        WORLD_TEST(auth_is_replaced),
        WORLD_TEST(bodies_after_authentication),
        WORLD_TEST(basic_does_not_seal),
        WORLD_TEST(identify_for_guests),
        WORLD_TEST(identify_for_users),
    };

    if (argc != 2) {
        fprintf(stderr, "usage: test_net WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
