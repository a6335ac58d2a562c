/* SPDX-License-Identifier: ISC */

/* Messages between a client and a context, as test_message_world.h has them. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "gss/test_message_world.h"

enum { LARGEST = 600 * 1024 };

/* E-4.1, E-4.2 */
static void messages_of_every_size(void **state)
{
    static const size_t sizes[] = {1,    2,    7,     15,    16,    17,    255,    256,    1683,
                                   2048, 4095, 16384, 65535, 65536, 65537, 131071, 512000, LARGEST};
    uint8_t *plain = mem_alloc(LARGEST);
    struct world world;

    (void)state;
    for (size_t i = 0; i < LARGEST; i++)
        plain[i] = (uint8_t)(i * 2654435761u >> 13);
    for (int kind = 0; kind < 2; kind++) {
        world_begin(&world, &kinds[kind]);
        assert_true(gss_context_seals(world.server));
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            assert_opened(&world, plain, sizes[i]);
            assert_answered(&world, plain, sizes[i]);
        }
        for (size_t i = 1; i < 100; i++)
            assert_answered(&world, plain, i);
        for (size_t i = 1; i < 100; i++)
            assert_opened(&world, plain, i);
        world_end(&world);
    }
    free(plain);
}

/* E-4.3, E-4.4: the first bytes of what is sealed, by RFC 4121 4.2.6.2 and MS-NLMP 2.2.2.9.1. */
static void headers_on_the_wire(void **state)
{
    /* Token id, sealed by the acceptor with its own key, filler, no extra bytes. */
    static const uint8_t rfc4121[] = {0x05, 0x04, 0x07, 0xff, 0, 0};
    static const uint8_t version[] = {1, 0, 0, 0};
    char plain[] = "a message";
    char why[GSS_WHY];
    struct gss_seal seal;
    struct world world;

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        world_begin(&world, &kinds[kind]);
        assert_true(gss_context_seal(world.server, (uint8_t *)plain, sizeof(plain), &seal, why));
        assert_int_equal(seal.padding_length, 0);
        if (kerberos) {
            assert_memory_equal(seal.header, rfc4121, sizeof(rfc4121));
            /* The rotation puts everything behind the data before it. */
            assert_int_equal(seal.header[6] << 8 | seal.header[7], seal.header_length - 32);
            assert_true(seal.header_length >= 60);
        } else {
            assert_int_equal(seal.header_length, 16);
            assert_memory_equal(seal.header, version, sizeof(version));
        }
        world_end(&world);
    }
}

/* E-4.5 */
static void replayed(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct world world;
        struct buffer body;

        world_begin(&world, &kinds[kind]);
        body = client_body(&world, "first", 5);
        assert_int_equal(serve(&world, &body), SEALED_opened);
        assert_doubtful(&world, &body);
        buffer_free(&body);
        world_end(&world);
    }
}

/* E-4.5 */
static void out_of_turn(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct world world;
        struct buffer first, second;

        world_begin(&world, &kinds[kind]);
        first = client_body(&world, "first", 5);
        second = client_body(&world, "second", 6);
        assert_doubtful(&world, &second);
        buffer_free(&first);
        buffer_free(&second);
        world_end(&world);

        world_begin(&world, &kinds[kind]);
        first = client_body(&world, "first", 5);
        second = client_body(&world, "second", 6);
        assert_int_equal(serve(&world, &first), SEALED_opened);
        buffer_free(&first);
        first = client_body(&world, "third", 5);
        assert_doubtful(&world, &first);
        buffer_free(&first);
        buffer_free(&second);
        world_end(&world);
    }
}

/* E-4.5 */
static void of_another_login(void **state)
{
    struct world world, other;
    struct buffer body;

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        world_begin(&world, &kinds[kind]);
        world_begin(&other, &kinds[kind]);
        body = client_body(&other, "first", 5);
        assert_doubtful(&world, &body);
        assert_int_equal(serve(&other, &body), SEALED_opened);
        buffer_free(&body);
        world_end(&world);
        world_end(&other);
    }
}

/* E-4.5: a bit anywhere in what is sealed. */
static void changed(void **state)
{
    struct world world;
    struct buffer body;
    size_t end = sizeof(closing) - 1;

    (void)state;
    for (size_t back = 1; back <= 24; back++) {
        world_begin(&world, &kinds[0]);
        body = client_body(&world, "changed!", 8);
        buffer_bytes(&body)[buffer_length(&body) - end - back] ^= 0x10;
        /* Of NTLM the library reads but the last 12 of the signature's bytes. */
        if (!kerberos && back > 20)
            assert_true(serve(&world, &body) != SEALED_malformed);
        else
            assert_doubtful(&world, &body);
        buffer_free(&body);
        world_end(&world);
    }
}

/* E-4.6: NTLM's library seals also what it is asked to sign. */
static void signed_only(void **state)
{
    gss_buffer_desc plain = {6, (void *)(uintptr_t) "signed"}, token;
    struct world world;
    struct buffer body;
    OM_uint32 minor;

    (void)state;
    for (int kind = 0; kind < 2 && kerberos; kind++) {
        world_begin(&world, &kinds[kind]);
        buffer_init(&body, 4096);
        assert_int_equal(gss_wrap(&minor, world.client, 0, 0, &plain, NULL, &token), 0);
        body_of(&body, token.value, token.length, token.length - 6, 6, closing);
        gss_release_buffer(&minor, &token);
        assert_doubtful(&world, &body);
        buffer_free(&body);
        world_end(&world);
    }
}

/* E-2.6 */
static void lengths_that_lie(void **state)
{
    static const struct {
        size_t original;
        bool opened;
    } cases[] = {{100, true}, {101, true}, {116, true}, {99, false}, {90, false}};
    uint8_t plain[100] = {1}, *token;
    size_t header, sealed;
    struct world world;
    struct buffer body;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        world_begin(&world, &kinds[0]);
        token = login_seal(world.client, kerberos, plain, sizeof(plain), &header, &sealed);
        buffer_init(&body, 4096);
        body_of(&body, token, sealed, header, cases[i].original, closing);
        if (cases[i].opened)
            assert_int_equal(serve(&world, &body), SEALED_opened);
        else
            assert_doubtful(&world, &body);
        free(token);
        buffer_free(&body);
        world_end(&world);
    }
}

/* E-2.7 */
static void several_parts_are_one_message(void **state)
{
    struct world world;

    (void)state;
    for (int close_each = 0; close_each <= 1; close_each++) {
        struct buffer body;
        size_t header, sealed;

        world_begin(&world, &kinds[1]);
        buffer_init(&body, 65536);
        for (int i = 0; i < 10; i++) {
            uint8_t *token = login_seal(world.client, kerberos, "0123456789", 10, &header, &sealed);

            body_of(&body, token, sealed, header, 10, close_each || i == 9 ? closing : "");
            free(token);
        }
        assert_int_equal(serve(&world, &body), SEALED_opened);
        assert_int_equal(world.message.length, 100);
        assert_memory_equal(world.message.body + 90, "0123456789", 10);
        buffer_free(&body);
        world_end(&world);
    }
}

/* E-2.4: what is refused by its frame was not tried, so the context goes on. */
static void malformed_is_not_opened(void **state)
{
    struct world world;
    struct buffer body;

    (void)state;
    world_begin(&world, &kinds[0]);
    body = client_body(&world, "in a frame", 10);
    buffer_bytes(&body)[2] = 'X';
    assert_int_equal(serve(&world, &body), SEALED_malformed);
    buffer_bytes(&body)[2] = 'E';
    assert_int_equal(serve(&world, &body), SEALED_opened);
    buffer_free(&body);
    world_end(&world);
}

static void lengths_of_tokens(void **state)
{
    uint8_t nothing[300] = {0x05, 0x04, 0x00, 0xff, [16] = 1};
    struct world world = {0};
    char why[GSS_WHY];
    struct login login;
    struct buffer body;

    (void)state;
    login_make(&login, &kinds[0]);
    arena_init(&world.arena, WORLD_ARENA);
    buffer_init(&body, 4096);
    for (size_t length = 1; length < 100; length += length < 25 ? 1 : 7)
        for (size_t header = 0; header < length && header <= 24; header++) {
            world.server = gss_context_import(login.exported.value, login.exported.length, why);
            assert_non_null(world.server);
            buffer_reset(&body);
            body_of(&body, nothing, length, header, length - header, closing);
            assert_doubtful(&world, &body);
            gss_context_free(world.server);
        }
    buffer_free(&body);
    arena_free(&world.arena);
    login_end(&login);
}

/* E-4.4: NTLM's signature has one length; Kerberos' header may end anywhere in the token. */
static void headers_of_another_length(void **state)
{
    struct world world;
    struct buffer body;

    (void)state;
    for (int kind = 0; kind < 2; kind++)
        for (int more = -1; more <= 1; more += 2) {
            size_t header, sealed;
            uint8_t *token;

            world_begin(&world, &kinds[kind]);
            token = login_seal(world.client, kerberos, "0123456789", 10, &header, &sealed);
            buffer_init(&body, 4096);
            body_of(&body, token, sealed, header + (size_t)more, 10, closing);
            if (kerberos)
                assert_int_equal(serve(&world, &body), SEALED_opened);
            else
                assert_doubtful(&world, &body);
            free(token);
            buffer_free(&body);
            world_end(&world);
        }
}

static void no_room(void **state)
{
    struct world world;
    struct buffer body;

    (void)state;
    world_begin(&world, &kinds[0]);
    body = client_body(&world, "in a frame", 10);
    arena_free(&world.arena);
    arena_init(&world.arena, 16);
    assert_int_equal(serve(&world, &body), SEALED_full);
    buffer_free(&body);
    world_end(&world);
}

/* E-3.4 */
static void nothing_is_sealed_that_may_not_be_sent(void **state)
{
    struct world world;
    struct buffer body;
    char why[GSS_WHY] = "";

    (void)state;
    world_begin(&world, &kinds[0]);
    buffer_init(&body, 4096);
    assert_false(sealed_write(world.server, SEALED_spnego, WORLD_TYPE, &body, why));
    assert_true(why[0] != '\0');
    buffer_text(&body, "text");
    assert_false(sealed_write(world.server, SEALED_none, WORLD_TYPE, &body, NULL));
    assert_int_equal(buffer_length(&body), 0);
    /* Neither has used up a number. */
    assert_answered(&world, (const uint8_t *)"next", 4);
    buffer_free(&body);
    world_end(&world);
}

/* E-3.3: the limit is the client's for the envelope, not for what is around it. */
static void the_frame_is_above_the_limit(void **state)
{
    struct world world;
    struct buffer body;

    (void)state;
    world_begin(&world, &kinds[0]);
    buffer_init(&body, 8192);
    buffer_append(&body, "x", 1);
    buffer_consume(&body, 1);
    while (buffer_length(&body) < 8192)
        assert_true(buffer_append(&body, "0123456789abcdef", 16));
    assert_true(sealed_write(world.server, SEALED_kerberos, WORLD_TYPE, &body, NULL));
    assert_true(buffer_length(&body) > 8192);
    assert_non_null(strstr((const char *)buffer_bytes(&body), "HTTP-Kerberos-session"));
    buffer_free(&body);
    world_end(&world);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_every_size),
        cmocka_unit_test(headers_on_the_wire),
        cmocka_unit_test(replayed),
        cmocka_unit_test(out_of_turn),
        cmocka_unit_test(of_another_login),
        cmocka_unit_test(changed),
        cmocka_unit_test(signed_only),
        cmocka_unit_test(lengths_that_lie),
        cmocka_unit_test(several_parts_are_one_message),
        cmocka_unit_test(malformed_is_not_opened),
        cmocka_unit_test(lengths_of_tokens),
        cmocka_unit_test(headers_of_another_length),
        cmocka_unit_test(no_room),
        cmocka_unit_test(nothing_is_sealed_that_may_not_be_sent),
        cmocka_unit_test(the_frame_is_above_the_limit),
    };

    if (!world_choose(count, arguments))
        return 2;
    return cmocka_run_group_tests(tests, world_prepare, world_unprepare);
}
