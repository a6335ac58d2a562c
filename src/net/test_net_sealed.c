/* SPDX-License-Identifier: ISC */

/* Sealed messages to winrmd-net, and which of its answers are sealed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "net/test_sealed.h"

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
    };

    if (argc != 2) {
        fprintf(stderr, "usage: %s WINRMD-NET\n", argv[0]);
        return 2;
    }
    world_program = argv[1];
    return cmocka_run_group_tests(tests, login_prepare, login_unprepare);
}
