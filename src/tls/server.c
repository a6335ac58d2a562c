/* SPDX-License-Identifier: ISC */

#include <stdlib.h>

#include "base/list.h"
#include "base/memory.h"
#include "tls/context.h"
#include "tls/transport.h"

struct tls_server {
    struct http_transport_source source;
    SSL_CTX *context; /* a reference; each connection has one too */
};

static bool server_encrypt(struct http_transport_source *source, struct http_transport *transport)
{
    const struct tls_server *server = container_of(source, struct tls_server, source);

    return server->context != NULL && tls_transport_make(server->context, transport);
}

struct tls_server *tls_server_new(void)
{
    struct tls_server *server = mem_alloc(sizeof(*server));

    server->source.encrypt = server_encrypt;
    return server;
}

void tls_server_free(struct tls_server *server)
{
    if (server == NULL)
        return;
    SSL_CTX_free(server->context);
    free(server);
}

bool tls_server_set(struct tls_server *server, const struct tls_settings *settings,
                    char why[TLS_WHY])
{
    SSL_CTX *context = tls_context_new(settings, why);

    if (context == NULL)
        return false;
    SSL_CTX_free(server->context);
    server->context = context;
    return true;
}

struct http_transport_source *tls_server_source(struct tls_server *server)
{
    return &server->source;
}
