/* SPDX-License-Identifier: ISC */

#include "tls/test_transport_world.h"

#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tls/self_signed.h"

struct buffer pem;

int make_certificate(void **state)
{
    char fingerprint[TLS_FINGERPRINT];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    buffer_init(&pem, 65536);
    return tls_self_signed_make(&pem, "host", NULL, 0, time(NULL), fingerprint) ? 0 : 1;
}

int forget_certificate(void **state)
{
    (void)state;
    buffer_free(&pem);
    return 0;
}

struct tls_settings settings_of(const struct buffer *file)
{
    const struct tls_file both = {(const char *)buffer_bytes(file), buffer_length(file)};

    return (struct tls_settings){.certificate = both,
                                 .key = both,
                                 .minimum = "1.2",
                                 .ciphers = "ECDHE+AESGCM",
                                 .ciphersuites = "TLS_AES_128_GCM_SHA256"};
}

void world_open_with(struct world *world, const struct tls_settings *settings, int version)
{
    char why[TLS_WHY];
    int pair[2];
    int size = 1;

    *world = (struct world){.server = tls_server_new()};
    assert_true(tls_server_set(world->server, settings, why));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    world->transport = http_transport_on(pair[0]);
    assert_true(tls_server_source(world->server)
                    ->encrypt(tls_server_source(world->server), &world->transport));
    assert_true(world->transport.opening);
    world->socket = pair[1];
    world->context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(world->context, version);
    world->client = SSL_new(world->context);
    world->in = BIO_new(BIO_s_mem());
    world->out = BIO_new(BIO_s_mem());
    SSL_set_bio(world->client, world->in, world->out);
    SSL_set_connect_state(world->client);
}

void world_open(struct world *world, int version)
{
    const struct tls_settings settings = settings_of(&pem);

    world_open_with(world, &settings, version);
}

void world_close(struct world *world)
{
    SSL_free(world->client);
    SSL_CTX_free(world->context);
    if (world->socket >= 0)
        close(world->socket);
    world->transport.methods->close(&world->transport);
    tls_server_free(world->server);
}

void carry(struct world *world, size_t most)
{
    char bytes[8192];
    ssize_t count;
    char *waiting;
    long there = BIO_get_mem_data(world->out, &waiting);

    if (there > 0) {
        count =
            send(world->socket, waiting, (size_t)there < most ? (size_t)there : most, MSG_NOSIGNAL);
        if (count > 0)
            BIO_read(world->out, bytes, 0);
        while (count > 0) {
            size_t piece = (size_t)count < sizeof(bytes) ? (size_t)count : sizeof(bytes);

            count -= BIO_read(world->out, bytes, (int)piece);
        }
    }
    while ((count = recv(world->socket, bytes, sizeof(bytes), 0)) > 0)
        BIO_write(world->in, bytes, (int)count);
}

void shake_hands(struct world *world, size_t piece)
{
    bool opened = false;
    int rounds = 0;

    while (!opened || !SSL_is_init_finished(world->client)) {
        assert_true(++rounds < ROUNDS);
        SSL_do_handshake(world->client);
        carry(world, piece);
        if (!opened && world->transport.methods->open(&world->transport) == 0)
            opened = true;
        else if (!opened)
            assert_int_equal(errno, EAGAIN);
    }
    assert_false(world->transport.opening);
}
