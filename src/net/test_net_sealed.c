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
#include <sys/socket.h>

#include "base/base64.h"
#include "net/test_flow.h"
#include "net/test_login.h"

enum { HOUR = 3600 * 1000 };

/* A world that offers Negotiate, and one client that has logged in. */
struct scene {
    struct world *world;
    struct login login;
    struct client client;
};

static int setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    void *world;

    if (scene == NULL || world_setup(&world) != 0)
        return -1;
    *state = scene;
    scene->world = world;
    login_offer_sealed(world, true);
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

/* P-2.3.4, P-2.16 */
static void sealed_in_sealed_out(void **state)
{
    struct scene *scene = *state;

    for (int i = 0; i < 3; i++) {
        post(scene, identify_envelope);
        assert_non_null(strstr(expect_sealed(scene, 200), "IdentifyResponse"));
    }
}

/* ---- operations ---- */

static const char create_body[] =
    "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>"
    "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>";

/* A Create, up to where its host has it. */
static void create(struct scene *scene, struct peer *host)
{
    uint64_t request;

    post(scene, envelope(TRANSFER_ "Create", NULL, create_body));
    request = flow_expect_operation(scene->world, OPERATION_shell)->request;
    peer_send(&scene->world->broker, shell_details, FLOW_DETAILS(request));
    flow_grant(scene->world, host, request);
    flow_expect_payload(host, shell_create);
}

static void expect_related(const char *text, const char *part)
{
    assert_non_null(strstr(text, "<a:RelatesTo>" MESSAGE_ID "</a:RelatesTo>"));
    if (strstr(text, part) == NULL)
        fail_msg("no %s in %s", part, text);
}

static void a_shell_is_made(void **state)
{
    struct scene *scene = *state;
    struct peer host;

    create(scene, &host);
    peer_send(&host, host_answer, .request = host.body.shell_create.request);
    expect_related(expect_sealed(scene, 200), SHELL_ID);
    flow_expect_written(scene->world);
    peer_close(&host);
}

static void faults_are_sealed(void **state)
{
    struct scene *scene = *state;
    struct peer host;

    create(scene, &host);
    peer_send(&host, host_answer, .request = host.body.shell_create.request, .code = 87);
    expect_related(expect_sealed(scene, 500), "Code=\"87\"");
    flow_expect_written(scene->world);

    post(scene, envelope(TRANSFER_ "Get", SHELL_ID, ""));
    peer_send(&scene->world->broker, operation_refused,
              .request = flow_expect_operation(scene->world, OPERATION_get)->request, .code = 5);
    expect_related(expect_sealed(scene, 500), "Code=\"5\"");
    /* Of what could not be read, too. */
    post(scene, "<html/>");
    assert_non_null(strstr(expect_sealed(scene, 500), "s:Fault"));
    peer_close(&host);
}

/* P-2.16: a redirect is followed by the HTTP of the client, which has no keys. */
static void a_redirect_is_not_sealed(void **state)
{
    struct scene *scene = *state;
    struct response response;

    post(scene, envelope(TRANSFER_ "Create", NULL, create_body));
    peer_send(&scene->world->broker, operation_refused,
              .request = flow_expect_operation(scene->world, OPERATION_shell)->request,
              .location = "http://other:5985/wsman");
    response = client_response(&scene->client);
    assert_int_equal(response.status, 302);
    assert_string_equal(response_header(&response, "Location"), "http://other:5985/wsman");
    assert_string_equal(response_header(&response, "Content-Type"),
                        "application/soap+xml;charset=UTF-8");
    assert_non_null(strstr(response.body, "s:Fault"));
    /* And takes no number in the order of messages. */
    post(scene, identify_envelope);
    assert_non_null(strstr(expect_sealed(scene, 200), "IdentifyResponse"));
}

static void statuses_without_body_are_plain(void **state)
{
    struct scene *scene = *state;
    struct response response;

    post(scene, "no envelope");
    response = client_response(&scene->client);
    assert_int_equal(response.status, 400);
    assert_int_equal(response.body_length, 0);
    assert_null(response_header(&response, "Connection"));
    post(scene, identify_envelope);
    assert_non_null(strstr(expect_sealed(scene, 200), "IdentifyResponse"));
}

/* ---- protocols ---- */

static void the_protocol_is_echoed(void **state)
{
    static const char *const protocols[] = {SPNEGO_PROTOCOL, KERBEROS_PROTOCOL, SPNEGO_PROTOCOL};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        struct response response;

        login_post(&scene->login, &scene->client, protocols[i], "", identify_envelope);
        response = client_response(&scene->client);
        assert_int_equal(response.status, 200);
        assert_non_null(
            strstr(login_opened(&scene->login, &response, protocols[i]), "IdentifyResponse"));
    }
}

/* ---- plain text ---- */

/* P-2.15 */
static void plain_text_is_refused(void **state)
{
    static const char *const types[] = {"", "Content-Type: text/plain\r\n",
                                        "Content-Type: multipart/mixed\r\n"};
    struct scene *scene = *state;

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct response response;

        client_post(&scene->client, "/wsman", types[i],
                    envelope(TRANSFER_ "Create", NULL, create_body));
        response = client_response(&scene->client);
        assert_int_equal(response.status, 500);
        assert_int_equal(response.body_length, 0);
        assert_null(response_header(&response, "Connection"));
    }
    assert_true(peer_silent(&scene->world->broker));
    /* The login is as good as before. */
    post(scene, identify_envelope);
    expect_sealed(scene, 200);
}

/* P-2.8 holds where everything else has to be sealed: it is answered as a guest's is, and counts
 * not. */
static void an_identify_for_guests_is_plain(void **state)
{
    struct scene *scene = *state;
    struct response response;

    client_post(&scene->client, "/wsman", "WSMANIDENTIFY: unauthenticated\r\n", identify_envelope);
    response = client_response(&scene->client);
    assert_int_equal(response.status, 200);
    assert_non_null(strstr(response.body, "OS: 0.0.0 SP: 0.0 Stack: 3.0"));
    client_post(&scene->client, "/wsman", "", identify_envelope);
    assert_int_equal(client_response(&scene->client).status, 500);
    post(scene, identify_envelope);
    assert_null(strstr(expect_sealed(scene, 200), "OS: 0.0.0"));
}

static void output_is_sealed(void **state)
{
    enum { BYTES = 30000 };
    static char output[BYTES];
    struct scene *scene = *state;
    struct ipc_item chunk = {.name = "stdout", .value = output, .length = BYTES};
    const char *text;
    struct peer host;
    uint64_t request;

    post(scene, envelope(SHELL_ "Receive", SHELL_ID, flow_receive_body));
    request = flow_expect_operation(scene->world, OPERATION_receive)->request;
    flow_grant(scene->world, &host, request);
    flow_expect_payload(&host, receive_output);
    peer_send(&host, output, .request = request, .chunks = {.item = &chunk, .count = 1});
    text = expect_sealed(scene, 200);
    expect_related(text, "<rsp:Stream Name=\"stdout\"");
    assert_true(strlen(text) > base64_encoded_size(BYTES));
    assert_true(peer_expect(&host, output_written)->delivered);
    peer_close(&host);
}

/* Where it need not be sealed, an answer is what its request was. */
static void each_answer_is_as_its_request(void **state)
{
    struct scene *scene = *state;

    login_offer_sealed(scene->world, false);
    for (int i = 0; i < 2; i++) {
        struct response response;

        client_post(&scene->client, "/wsman", "", identify_envelope);
        response = client_response(&scene->client);
        assert_int_equal(response.status, 200);
        assert_string_equal(response_header(&response, "Content-Type"),
                            "application/soap+xml;charset=UTF-8");
        post(scene, identify_envelope);
        assert_non_null(strstr(expect_sealed(scene, 200), "IdentifyResponse"));
    }
}

/* ---- what can not be opened ---- */

/* The end of it is the next that the broker hears. */
static void expect_broken(struct scene *scene)
{
    struct response response = client_response(&scene->client);

    assert_int_equal(response.status, 400);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(response_header(&response, "Connection"), "close");
    shutdown(scene->client.fd, SHUT_WR);
    assert_int_equal(peer_expect(&scene->world->broker, session_closed)->session, FLOW_SESSION);
}

static void sealed(struct scene *scene, struct buffer *body)
{
    login_seal(&scene->login, SPNEGO_PROTOCOL, envelope(TRANSFER_ "Create", NULL, create_body),
               body);
}

static void send_sealed(struct scene *scene, const struct buffer *body)
{
    login_post_bytes(&scene->client, SPNEGO_PROTOCOL, "", buffer_bytes(body), buffer_length(body));
}

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

#define WORLD_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(sealed_in_sealed_out),
        WORLD_TEST(a_shell_is_made),
        WORLD_TEST(faults_are_sealed),
        WORLD_TEST(a_redirect_is_not_sealed),
        WORLD_TEST(statuses_without_body_are_plain),
        WORLD_TEST(the_protocol_is_echoed),
        WORLD_TEST(plain_text_is_refused),
        WORLD_TEST(an_identify_for_guests_is_plain),
        WORLD_TEST(output_is_sealed),
        WORLD_TEST(each_answer_is_as_its_request),
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
        fprintf(stderr, "usage: test_net_sealed WINRMD-NET\n");
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
