/* SPDX-License-Identifier: ISC */

/*
 * The encrypted transport, over a socket pair whose buffers are as small as they get, against an
 * OpenSSL client that speaks through memory: nothing moves but what the test moves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "tls/self_signed.h"
#include "tls/tls.h"
#include "tls/transport.h"

enum { ROUNDS = 100000, LARGE = 300 * 1000 };

struct world {
    struct tls_server *server;
    struct http_transport transport;
    SSL_CTX *context;
    SSL *client;
    BIO *in;  /* what has come for the client */
    BIO *out; /* what the client wants to send */
    int socket;
};

static struct buffer pem; /* of a key and its certificate */

static struct tls_settings settings_of(const struct buffer *file)
{
    const struct tls_file both = {(const char *)buffer_bytes(file), buffer_length(file)};

    return (struct tls_settings){.certificate = both,
                                 .key = both,
                                 .minimum = "1.2",
                                 .ciphers = "ECDHE+AESGCM",
                                 .ciphersuites = "TLS_AES_128_GCM_SHA256"};
}

static void world_open_with(struct world *world, const struct tls_settings *settings, int version)
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

static void world_open(struct world *world, int version)
{
    const struct tls_settings settings = settings_of(&pem);

    world_open_with(world, &settings, version);
}

static void world_close(struct world *world)
{
    SSL_free(world->client);
    SSL_CTX_free(world->context);
    if (world->socket >= 0)
        close(world->socket);
    world->transport.methods->close(&world->transport);
    tls_server_free(world->server);
}

/* Moves up to `most` bytes from the client to the socket, and all that is there the other way. */
static void carry(struct world *world, size_t most)
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

/* Both ends until they are done; the server's events have to be those it waits for. */
static void shake_hands(struct world *world, size_t piece)
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

static void both_versions(void (*test)(struct world *world))
{
    const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    for (int i = 0; i < 2; i++) {
        struct world world;

        world_open(&world, versions[i]);
        test(&world);
        world_close(&world);
    }
}

static void byte_by_byte(struct world *world)
{
    char room[16] = "";

    shake_hands(world, 1);
    assert_int_equal(world->transport.methods->read(&world->transport, room, sizeof(room)), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(world->transport.read_awaits, EPOLLIN);
    assert_int_equal(SSL_write(world->client, "hello", 5), 5);
    for (int rounds = 0; BIO_pending(world->out) > 0; rounds++) {
        assert_true(rounds < ROUNDS);
        carry(world, 1);
        if (BIO_pending(world->out) > 0) {
            assert_int_equal(world->transport.methods->read(&world->transport, room, 1), -1);
            assert_int_equal(errno, EAGAIN);
        }
    }
    assert_int_equal(world->transport.methods->read(&world->transport, room, sizeof(room)), 5);
    assert_string_equal(room, "hello");
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    both_versions(byte_by_byte);
}

/* A server whose flight does not fit waits to write, not to read. */
static void test_a_handshake_that_waits_to_write(void **state)
{
    struct world world;
    bool awaited_out = false;
    char filler[4096] = "";
    size_t filled = 0;

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    SSL_do_handshake(world.client);
    while (send(world.transport.fd, filler, sizeof(filler), MSG_NOSIGNAL) > 0)
        filled++;
    while (send(world.transport.fd, filler, 1, MSG_NOSIGNAL) > 0)
        ;
    assert_true(filled > 0);
    for (int rounds = 0; rounds < 10; rounds++) {
        char *waiting;
        long there = BIO_get_mem_data(world.out, &waiting);

        if (there > 0) {
            assert_int_equal(send(world.socket, waiting, (size_t)there, MSG_NOSIGNAL), there);
            BIO_reset(world.out);
        }
        assert_int_equal(world.transport.methods->open(&world.transport), -1);
        assert_int_equal(errno, EAGAIN);
        awaited_out = awaited_out || world.transport.read_awaits == EPOLLOUT;
    }
    assert_true(awaited_out);
    /* What filled the socket is no matter of the client. */
    while (recv(world.socket, filler, sizeof(filler), 0) > 0)
        ;
    shake_hands(&world, SIZE_MAX);
    world_close(&world);
}

static void data_that_waits_inside(struct world *world)
{
    char room[4];

    shake_hands(world, SIZE_MAX);
    assert_false(world->transport.methods->pending(&world->transport));
    assert_int_equal(SSL_write(world->client, "abcdefgh", 8), 8);
    carry(world, SIZE_MAX);
    assert_int_equal(world->transport.methods->read(&world->transport, room, 3), 3);
    /* The socket is empty, and yet: */
    assert_true(world->transport.methods->pending(&world->transport));
    assert_int_equal(world->transport.methods->watch(&world->transport), 1);
    assert_int_equal(world->transport.methods->read(&world->transport, room, 4), 4);
    assert_memory_equal(room, "defg", 4);
    assert_int_equal(world->transport.methods->read(&world->transport, room, 4), 1);
    assert_false(world->transport.methods->pending(&world->transport));
}

static void test_data_that_waits_inside(void **state)
{
    (void)state;
    both_versions(data_that_waits_inside);
}

/* As client.c sends: what was not taken comes again, in one piece, perhaps with more behind it. */
static void parts_and_remains(struct world *world)
{
    uint8_t *sent = malloc(LARGE);
    uint8_t *got = malloc(LARGE);
    struct iovec parts[2] = {{sent, 300}, {sent + 300, LARGE - 300}};
    size_t done = 0;
    size_t received = 0;
    bool blocked = false;

    for (size_t i = 0; i < LARGE; i++)
        sent[i] = (uint8_t)(i * 7 + i / 251);
    shake_hands(world, SIZE_MAX);
    for (int rounds = 0; received < LARGE; rounds++) {
        struct iovec rest = {sent + done, LARGE - done};
        ssize_t count = 0;
        int read;

        assert_true(rounds < ROUNDS);
        if (done < LARGE)
            count = world->transport.methods->write(&world->transport, done == 0 ? parts : &rest,
                                                    done == 0 ? 2 : 1);
        if (count < 0) {
            assert_int_equal(errno, EAGAIN);
            assert_int_equal(world->transport.write_awaits, EPOLLOUT);
            blocked = true;
        } else {
            done += (size_t)count;
        }
        carry(world, SIZE_MAX);
        while ((read = SSL_read(world->client, got + received, (int)(LARGE - received))) > 0)
            received += (size_t)read;
    }
    assert_true(blocked);
    assert_memory_equal(sent, got, LARGE);
    free(sent);
    free(got);
}

static void test_parts_and_remains(void **state)
{
    (void)state;
    both_versions(parts_and_remains);
}

/* A head and its body are one record: one message of the client's side. */
static void test_a_head_and_its_body_leave_together(void **state)
{
    struct iovec parts[2] = {{(void *)"head ", 5}, {(void *)"body", 4}};
    struct world world;
    char room[16] = "";

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    shake_hands(&world, SIZE_MAX);
    assert_int_equal(world.transport.methods->write(&world.transport, parts, 2), 9);
    carry(&world, SIZE_MAX);
    assert_int_equal(SSL_read(world.client, room, sizeof(room)), 9);
    assert_string_equal(room, "head body");
    world_close(&world);
}

static void a_farewell_is_heard(struct world *world)
{
    char room[4];

    shake_hands(world, SIZE_MAX);
    assert_int_equal(world->transport.methods->watch(&world->transport), -1);
    assert_int_equal(errno, EAGAIN);
    SSL_shutdown(world->client);
    carry(world, SIZE_MAX);
    assert_int_equal(world->transport.methods->watch(&world->transport), 0);
    assert_int_equal(world->transport.methods->read(&world->transport, room, 4), 0);
}

static void test_a_farewell_is_heard(void **state)
{
    (void)state;
    both_versions(a_farewell_is_heard);
}

/* So that a client can tell an end from a cut. */
static void a_farewell_is_said(struct world *world)
{
    char room[4];

    shake_hands(world, SIZE_MAX);
    world->transport.methods->finish(&world->transport);
    carry(world, SIZE_MAX);
    assert_int_equal(SSL_read(world->client, room, 4), 0);
    assert_int_equal(SSL_get_error(world->client, 0), SSL_ERROR_ZERO_RETURN);
    /* The other direction stays open. */
    assert_int_equal(SSL_write(world->client, "more", 4), 4);
    carry(world, SIZE_MAX);
    assert_int_equal(world->transport.methods->read(&world->transport, room, 4), 4);
}

static void test_a_farewell_is_said(void **state)
{
    (void)state;
    both_versions(a_farewell_is_said);
}

static void a_cut_is_an_end(struct world *world)
{
    char room[4];

    shake_hands(world, SIZE_MAX);
    close(world->socket);
    world->socket = -1;
    assert_int_equal(world->transport.methods->read(&world->transport, room, 4), 0);
}

static void test_a_cut_is_an_end(void **state)
{
    (void)state;
    both_versions(a_cut_is_an_end);
}

static void test_plain_http_becomes_plain(void **state)
{
    static const char request[] = "POST /wsman HTTP/1.1\r\n\r\n";
    struct world world;
    char room[4] = "";

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    assert_true(send(world.socket, request, strlen(request), 0) > 0);
    assert_int_equal(world.transport.methods->open(&world.transport), -1);
    assert_int_equal(errno, EPROTONOSUPPORT);
    assert_ptr_equal(world.transport.methods, &http_transport_plain);
    assert_false(world.transport.opening);
    assert_string_equal(tls_version_and_cipher(&world.transport), "");
    assert_int_equal(
        world.transport.methods->write(&world.transport, &(struct iovec){(void *)"400", 3}, 1), 3);
    assert_int_equal(recv(world.socket, room, 4, 0), 3);
    assert_string_equal(room, "400");
    world_close(&world);
}

static void test_nonsense_fails(void **state)
{
    static const char nonsense[] = "\x17\x03\x03\x00\x05xxxxx";
    struct world world;

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    assert_true(send(world.socket, nonsense, sizeof(nonsense), 0) > 0);
    assert_int_equal(world.transport.methods->open(&world.transport), -1);
    assert_int_equal(errno, EPROTO);
    world_close(&world);
}

static void test_version_and_cipher(void **state)
{
    struct world world;

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    assert_string_equal(tls_version_and_cipher(&world.transport), "");
    shake_hands(&world, SIZE_MAX);
    assert_string_equal(tls_version_and_cipher(&world.transport), "TLSv1.3 TLS_AES_128_GCM_SHA256");
    world_close(&world);
    world_open(&world, TLS1_2_VERSION);
    shake_hands(&world, SIZE_MAX);
    assert_memory_equal(tls_version_and_cipher(&world.transport), "TLSv1.2 ECDHE-ECDSA-AES", 23);
    world_close(&world);
}

/* ---- the client's certificate ---- */

static void show_certificate(struct world *world)
{
    const struct tls_settings own = settings_of(&pem);
    BIO *bio = BIO_new_mem_buf(own.key.bytes, (int)own.key.length);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

    assert_int_equal(SSL_use_certificate(world->client, certificate), 1);
    assert_int_equal(SSL_use_PrivateKey(world->client, key), 1);
    assert_int_equal(SSL_add1_chain_cert(world->client, certificate), 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(bio);
}

static void expect_chain(bool asked, bool shown, int version, unsigned certificates)
{
    struct tls_settings settings = settings_of(&pem);
    unsigned char room[8192];
    struct world world;
    size_t length;
    size_t at = 0;

    if (asked)
        settings.client_ca = settings.certificate;
    world_open_with(&world, &settings, version);
    if (shown)
        show_certificate(&world);
    shake_hands(&world, SIZE_MAX);
    length = tls_peer_chain(&world.transport, room, sizeof(room));
    for (unsigned i = 0; i < certificates; i++) {
        uint32_t announced;
        const unsigned char *der = room + at + sizeof(announced);
        X509 *certificate;

        assert_true(at + sizeof(announced) < length);
        memcpy(&announced, room + at, sizeof(announced));
        certificate = d2i_X509(NULL, &der, announced);
        assert_non_null(certificate);
        X509_free(certificate);
        at += sizeof(announced) + announced;
        assert_ptr_equal(der, room + at);
    }
    assert_int_equal(at, length);
    /* Too little room is no chain, not a part of one. */
    assert_int_equal(length == 0 ? 0 : tls_peer_chain(&world.transport, room, length - 1), 0);
    assert_int_equal(tls_peer_chain(&world.transport, room, 3), 0);
    world_close(&world);
}

static void test_the_clients_chain(void **state)
{
    (void)state;
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        expect_chain(true, true, version, 2);
        expect_chain(true, false, version, 0);
        expect_chain(false, true, version, 0);
    }
}

/* ---- settings that change ---- */

static void test_a_connection_keeps_its_certificate(void **state)
{
    struct tls_settings settings = settings_of(&pem);
    const struct tls_settings broken = {.certificate = {"x", 1},
                                        .key = settings.key,
                                        .minimum = "1.2",
                                        .ciphers = "ECDHE",
                                        .ciphersuites = "TLS_AES_128_GCM_SHA256"};
    char why[TLS_WHY];
    char room[4];
    struct world world;

    (void)state;
    world_open(&world, TLS1_3_VERSION);
    shake_hands(&world, SIZE_MAX);
    assert_false(tls_server_set(world.server, &broken, why));
    assert_true(strlen(why) > 0);
    assert_true(tls_server_set(world.server, &settings, why));
    tls_server_free(world.server);
    world.server = NULL;
    assert_int_equal(SSL_write(world.client, "more", 4), 4);
    carry(&world, SIZE_MAX);
    assert_int_equal(world.transport.methods->read(&world.transport, room, 4), 4);
    world_close(&world);
}

static int make_certificate(void **state)
{
    char fingerprint[TLS_FINGERPRINT];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    buffer_init(&pem, 65536);
    return tls_self_signed_make(&pem, "host", NULL, 0, time(NULL), fingerprint) ? 0 : 1;
}

static int forget_certificate(void **state)
{
    (void)state;
    buffer_free(&pem);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_a_handshake_that_waits_to_write),
        cmocka_unit_test(test_data_that_waits_inside),
        cmocka_unit_test(test_parts_and_remains),
        cmocka_unit_test(test_a_head_and_its_body_leave_together),
        cmocka_unit_test(test_a_farewell_is_heard),
        cmocka_unit_test(test_a_farewell_is_said),
        cmocka_unit_test(test_a_cut_is_an_end),
        cmocka_unit_test(test_plain_http_becomes_plain),
        cmocka_unit_test(test_nonsense_fails),
        cmocka_unit_test(test_version_and_cipher),
        cmocka_unit_test(test_the_clients_chain),
        cmocka_unit_test(test_a_connection_keeps_its_certificate),
    };

    return cmocka_run_group_tests(tests, make_certificate, forget_certificate);
}
