/* SPDX-License-Identifier: ISC */

#include "net/serve.h"

#include <strings.h>

#include "net/connection.h"
#include "net/net.h"
#include "net/steps.h"

static bool wants_guest_identify(const struct http_request *http)
{
    const char *header = http_request_header(http, "WSMANIDENTIFY");

    return site_is_identify(http->target, http->path_length) ||
           (header != NULL && strcasecmp(header, "unauthenticated") == 0);
}

static void serve_request(void *context, const struct http_request *http)
{
    struct net *net = context;
    struct request *request = request_new(net, connection_of(net, http), http);

    request->guest_identify = wants_guest_identify(http);
    steps_run(request);
}

static void serve_gone(void *context, uint64_t handle, void *user)
{
    struct connection *connection = user;

    (void)context;
    (void)handle;
    if (connection != NULL && connection->request != NULL)
        request_client_gone(connection->request);
}

static void serve_written(void *context, uint64_t handle, uint64_t token, bool delivered)
{
    struct request *request = request_find_in(context, token, REQUEST_ANSWERED);

    (void)handle;
    if (request != NULL)
        request_end(request, delivered);
}

static void serve_closed(void *context, void *user)
{
    (void)context;
    connection_closed(user);
}

static bool serve_path_known(void *context, const char *path, size_t length)
{
    const struct net *net = context;

    return site_application(&net->site, path, length) != NULL || site_is_identify(path, length);
}

/* Bytes of a body: an envelope in UTF-16 (twice the size) and what may stand around it. */
static size_t serve_body_limit(const struct net *net)
{
    return 2 * (size_t)site_max_envelope(&net->site) + 64 * 1024;
}

bool serve_start(struct net *net)
{
    static const struct http_events events = {
        .request = serve_request,
        .gone = serve_gone,
        .written = serve_written,
        .closed = serve_closed,
        .path_known = serve_path_known,
    };
    struct http_settings settings = http_settings_default();

    settings.body_limit = serve_body_limit(net);
    net->server = http_server_new(net->loop, &events, net, &settings);
    if (net->server == NULL)
        return false;
    for (size_t i = 0; i < net->site.listener_count; i++) {
        struct listener *listener = &net->site.listeners[i];

        if (!http_server_listen(net->server, listener->socket, listener->number,
                                listener->header_limit))
            return false;
        listener->socket = -1;
    }
    return true;
}
