/* SPDX-License-Identifier: ISC */

#include "net/serve.h"

#include <strings.h>

#include "net/connection.h"
#include "net/net.h"
#include "net/steps.h"
#include "tls/tls.h"

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

static void serve_unread(void *context, void *user)
{
    (void)context;
    connection_unread(user);
}

static bool serve_idle(void *context, void *user)
{
    (void)context;
    return user != NULL && connection_stays(user);
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

/* The key of a listener goes with its last connection. */
static void serve_unlistened(void *context, uint32_t number)
{
    const struct net *net = context;
    struct listener *listener = site_listener(&net->site, number);

    if (listener == NULL)
        return;
    tls_server_free(listener->tls);
    listener->tls = NULL;
}

/* Everything that was asked has been answered, or its client has gone. */
static void serve_drained(void *context)
{
    struct net *net = context;

    channel_flush(net->broker);
    loop_stop(net->loop);
}

static struct http_settings serve_settings(const struct net *net)
{
    struct http_settings settings = http_settings_default();

    settings.body_limit = serve_body_limit(net);
    settings.connections = net->site.connections;
    settings.guest_connections = net->site.guest_connections;
    settings.address_connections = net->site.address_connections;
    settings.request_time = net->site.request_time;
    return settings;
}

bool serve_start(struct net *net)
{
    static const struct http_events events = {
        .request = serve_request,
        .gone = serve_gone,
        .written = serve_written,
        .unread = serve_unread,
        .idle = serve_idle,
        .closed = serve_closed,
        .path_known = serve_path_known,
        .unlistened = serve_unlistened,
        .drained = serve_drained,
    };
    struct http_settings settings = serve_settings(net);

    net->server = http_server_new(net->loop, &events, net, &settings);
    if (net->server == NULL)
        return false;
    for (size_t i = 0; i < net->site.listener_count; i++)
        if (!serve_listen(net, net->site.listeners[i]))
            return false;
    return true;
}

bool serve_listen(struct net *net, struct listener *listener)
{
    int socket = listener->socket;

    listener->socket = -1;
    return socket < 0 ||
           (http_server_listen(net->server, socket, listener->number, listener->header_limit) &&
            (listener->tls == NULL ||
             http_server_encrypt(net->server, listener->number, tls_server_source(listener->tls))));
}

void serve_unlisten(struct net *net, uint32_t listener)
{
    http_server_unlisten(net->server, listener);
}

void serve_update(struct net *net)
{
    struct http_settings settings = serve_settings(net);

    http_server_set_settings(net->server, &settings);
}

void serve_drain(struct net *net, bool at_once)
{
    struct http_settings settings = serve_settings(net);

    if (at_once)
        settings.retired_guest_time = settings.retired_idle_time = 0;
    http_server_set_settings(net->server, &settings);
    http_server_drain(net->server);
}
