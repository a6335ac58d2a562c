/* SPDX-License-Identifier: ISC */

/* What the encrypted transport does with bytes, however they come and go. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tls/test_transport_world.h"

enum { LARGE = 300 * 1000 };

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
    };

    return cmocka_run_group_tests(tests, make_certificate, forget_certificate);
}
