/* SPDX-License-Identifier: ISC */

/* What a handshake has agreed on: version and cipher, the certificates of both sides. */
#include <openssl/pem.h>
#include <string.h>

#include "tls/test_transport_world.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version_and_cipher),
        cmocka_unit_test(test_the_clients_chain),
        cmocka_unit_test(test_a_connection_keeps_its_certificate),
    };

    return cmocka_run_group_tests(tests, make_certificate, forget_certificate);
}
