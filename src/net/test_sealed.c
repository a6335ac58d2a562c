/* SPDX-License-Identifier: ISC */

#include "net/test_sealed.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int setup(void **state)
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

int teardown(void **state)
{
    struct scene *scene = *state;
    void *world = scene->world;

    client_close(&scene->client);
    login_close(&scene->login);
    free(scene);
    return world_teardown(&world);
}

void post(struct scene *scene, const char *text)
{
    login_post(&scene->login, &scene->client, SPNEGO_PROTOCOL, "", text);
}

const char *expect_sealed(struct scene *scene, unsigned status)
{
    struct response response = client_response(&scene->client);

    assert_int_equal(response.status, status);
    assert_null(response_header(&response, "WWW-Authenticate"));
    return login_opened(&scene->login, &response, SPNEGO_PROTOCOL);
}

const char create_body[] =
    "<rsp:Shell><rsp:InputStreams>stdin</rsp:InputStreams>"
    "<rsp:OutputStreams>stdout stderr</rsp:OutputStreams></rsp:Shell>";

void create(struct scene *scene, struct peer *host)
{
    uint64_t request;

    post(scene, envelope(TRANSFER_ "Create", NULL, create_body));
    request = flow_expect_operation(scene->world, OPERATION_shell)->request;
    peer_send(&scene->world->broker, shell_details, FLOW_DETAILS(request));
    flow_grant(scene->world, host, request);
    flow_expect_payload(host, shell_create);
}

void expect_related(const char *text, const char *part)
{
    assert_non_null(strstr(text, "<a:RelatesTo>" MESSAGE_ID "</a:RelatesTo>"));
    if (strstr(text, part) == NULL)
        fail_msg("no %s in %s", part, text);
}

void expect_broken(struct scene *scene)
{
    struct response response = client_response(&scene->client);

    assert_int_equal(response.status, 400);
    assert_int_equal(response.body_length, 0);
    assert_string_equal(response_header(&response, "Connection"), "close");
    shutdown(scene->client.fd, SHUT_WR);
    assert_int_equal(peer_expect(&scene->world->broker, session_closed)->session, FLOW_SESSION);
}

void sealed(struct scene *scene, struct buffer *body)
{
    login_seal(&scene->login, SPNEGO_PROTOCOL, envelope(TRANSFER_ "Create", NULL, create_body),
               body);
}

void send_sealed(struct scene *scene, const struct buffer *body)
{
    login_post_bytes(&scene->client, SPNEGO_PROTOCOL, "", buffer_bytes(body), buffer_length(body));
}
