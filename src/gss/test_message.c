/* SPDX-License-Identifier: ISC */

/*
 * Messages between a client and a context that was exported and imported, with the real libraries.
 *
 *   test_message ntlm       brings its own users file
 *   test_message kerberos   in the environment of a realm, with a ticket: tests/realm/raise
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dlfcn.h>
#include <malloc.h>

#include <cmocka.h>

#include "base/memory.h"
#include "gss/message.h"
#include "gss/test_login.h"

#define TYPE "application/soap+xml;charset=UTF-8"
enum { ARENA = 4 * 1024 * 1024, LARGEST = 600 * 1024 };

static bool kerberos;
/* Raw, and through SPNEGO. */
static struct login_kind kinds[2] = {{.name = "raw", .flags = LOGIN_FLAGS},
                                     {.name = "SPNEGO", .spnego = true, .flags = LOGIN_FLAGS}};

/* A login of which both sides are there. */
struct world {
    gss_ctx_id_t client;
    struct gss_context *server;
    struct arena arena;
    struct sealed_message message;
};

static void world_begin(struct world *world, const struct login_kind *kind)
{
    *world = (struct world){0};
    world->server = login_context(kind, &world->client);
    arena_init(&world->arena, ARENA);
}

static void world_end(struct world *world)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &world->client, GSS_C_NO_BUFFER);
    gss_context_free(world->server);
    arena_free(&world->arena);
}

/* ---- the client ---- */

static void body_of(struct buffer *body, const uint8_t *token, size_t length, size_t header,
                    size_t original, const char *end)
{
    const uint8_t prefix[4] = {(uint8_t)header, (uint8_t)(header >> 8)};

    buffer_printf(body,
                  "--Encrypted Boundary\r\n"
                  "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                  "\tOriginalContent: type=" TYPE ";Length=%zu\r\n"
                  "--Encrypted Boundary\r\n"
                  "\tContent-Type: application/octet-stream\r\n",
                  original);
    buffer_append(body, prefix, sizeof(prefix));
    buffer_append(body, token, length);
    buffer_text(body, end);
}

static const char closing[] = "--Encrypted Boundary--\r\n";

/* A body of the client with that text in it; buffer_free() it. */
static struct buffer client_body(struct world *world, const void *plain, size_t length)
{
    struct buffer body;
    size_t header, sealed;
    uint8_t *token = login_seal(world->client, kerberos, plain, length, &header, &sealed);

    buffer_init(&body, 2 * 1024 * 1024);
    body_of(&body, token, sealed, header, length, closing);
    free(token);
    return body;
}

static enum sealed_result serve(struct world *world, const struct buffer *body)
{
    /* A copy of its size, so that a sanitizer sees what is read beyond it. */
    size_t length = buffer_length(body);
    uint8_t *copy = mem_alloc(length > 0 ? length : 1);
    enum sealed_result result;

    memcpy(copy, buffer_bytes(body), length);
    arena_reset(&world->arena);
    result = sealed_open(world->server, sealed_content_type(SEALED_spnego), copy, length,
                         &world->arena, &world->message);
    free(copy);
    if (result != SEALED_opened)
        assert_true(world->message.why[0] != '\0');
    return result;
}

static void assert_opened(struct world *world, const void *plain, size_t length)
{
    struct buffer body = client_body(world, plain, length);
    enum sealed_result result = serve(world, &body);

    if (result != SEALED_opened)
        fail_msg("%zu bytes: %d, %s", length, result, world->message.why);
    assert_int_equal(world->message.protocol, SEALED_spnego);
    assert_string_equal(world->message.content_type, TYPE);
    assert_int_equal(world->message.length, length);
    assert_memory_equal(world->message.body, plain, length);
    buffer_free(&body);
}

/* What the server sealed, taken apart as strictly as the strictest clients do. */
static void assert_answered(struct world *world, const uint8_t *plain, size_t length)
{
    static const char octets[] =
        "--Encrypted Boundary\r\n\tContent-Type: application/octet-stream\r\n";
    const uint8_t *data, *opened = NULL;
    struct buffer body;
    char expected[256];
    size_t header;
    ptrdiff_t size;
    int head;

    buffer_init(&body, length);
    buffer_append(&body, plain, length);
    assert_true(sealed_write(world->server, SEALED_spnego, TYPE, &body, world->message.why));
    data = buffer_bytes(&body);
    head = snprintf(expected, sizeof(expected),
                    "--Encrypted Boundary\r\n"
                    "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                    "\tOriginalContent: type=" TYPE ";Length=%zu\r\n%s",
                    length, octets);
    assert_true(buffer_length(&body) > (size_t)head + 4 + 24);
    assert_memory_equal(data, expected, (size_t)head);
    assert_memory_equal(data + buffer_length(&body) - 24, closing, 24);
    data += head;
    header = data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16 | (size_t)data[3] << 24;
    assert_int_equal(buffer_length(&body), (size_t)head + 4 + header + length + 24);
    size = login_open(world->client, kerberos, (uint8_t *)(uintptr_t)data + 4, header + length,
                      header, &opened);
    assert_int_equal(size, length);
    assert_memory_equal(opened, plain, length);
    buffer_free(&body);
}

/* ---- what holds ---- */

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

static void assert_doubtful(struct world *world, const struct buffer *body)
{
    assert_int_equal(serve(world, body), SEALED_doubtful);
    assert_null(world->message.body);
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
    arena_init(&world.arena, ARENA);
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
    assert_false(sealed_write(world.server, SEALED_spnego, TYPE, &body, why));
    assert_true(why[0] != '\0');
    buffer_text(&body, "text");
    assert_false(sealed_write(world.server, SEALED_none, TYPE, &body, NULL));
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
    assert_true(sealed_write(world.server, SEALED_kerberos, TYPE, &body, NULL));
    assert_true(buffer_length(&body) > 8192);
    assert_non_null(strstr((const char *)buffer_bytes(&body), "HTTP-Kerberos-session"));
    buffer_free(&body);
    world_end(&world);
}

/* ---- contexts ---- */

/* E-1.2 */
static void without_confidentiality_nothing_is_sealed(void **state)
{
    struct login_kind kind = kinds[0];
    uint8_t data[4] = "abc";
    char why[GSS_WHY];
    struct gss_seal seal;
    struct world world;

    (void)state;
    kind.flags = GSS_C_MUTUAL_FLAG | GSS_C_INTEG_FLAG;
    world_begin(&world, &kind);
    assert_false(gss_context_seals(world.server));
    assert_false(gss_context_seal(world.server, data, sizeof(data), &seal, why));
    world_end(&world);
}

static size_t memory_in_use(void)
{
    struct mallinfo2 use = mallinfo2();

    return use.uordblks + use.hblkhd;
}

/* Of each login winrmd-net has a context; what it loses with one is lost until it ends. */
static void contexts_give_everything_back(void **state)
{
    char plain[100] = "a message", why[GSS_WHY];
    struct gss_seal seal;
    struct login login;
    size_t before = 0;

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        login_make(&login, &kinds[kind]);
        for (int i = 0; i < 1100; i++) {
            struct gss_context *context;

            /* What is made once, when it is first needed, is there by now. */
            if (i == 100)
                before = memory_in_use();
            context = gss_context_import(login.exported.value, login.exported.length, why);
            assert_non_null(context);
            assert_true(gss_context_seal(context, (uint8_t *)plain, sizeof(plain), &seal, why));
            gss_context_free(context);
        }
        /* malloc counts as in use what it keeps for the next call. */
        assert_true(memory_in_use() < before + 1000 * 24);
        login_end(&login);
    }
}

enum { MANY = GSS_AWAKE_MAX * 3 / 2 };

/* E-1.4: each of them rests between its messages, because all others have theirs in between. */
static void more_contexts_than_are_kept_awake(void **state)
{
    static struct world worlds[MANY];
    static const uint8_t texts[][8] = {"first", "second", "third", "fourth"};
    struct buffer body;

    (void)state;
    for (int i = 0; i < MANY; i++)
        world_begin(&worlds[i], &kinds[i % 2]);
    for (int round = 0; round < 4; round++)
        for (int i = 0; i < MANY; i++) {
            assert_opened(&worlds[i], texts[round], sizeof(texts[round]));
            if ((i + round) % 3 != 0)
                assert_answered(&worlds[i], texts[round], sizeof(texts[round]));
        }
    body = client_body(&worlds[0], "once", 4);
    assert_int_equal(serve(&worlds[0], &body), SEALED_opened);
    for (int i = 1; i < MANY; i++)
        assert_answered(&worlds[i], texts[0], sizeof(texts[0]));
    assert_doubtful(&worlds[0], &body);
    buffer_free(&body);
    for (int i = 0; i < MANY; i++)
        world_end(&worlds[i]);
}

/* E-1.4 */
static void contexts_that_rest_are_small(void **state)
{
    struct gss_context *contexts[5 * GSS_AWAKE_MAX];
    enum { COUNT = sizeof(contexts) / sizeof(contexts[0]) };
    char why[GSS_WHY];
    struct login login;
    size_t before;

    (void)state;
    login_make(&login, &kinds[1]);
    before = memory_in_use();
    for (int i = 0; i < COUNT; i++) {
        contexts[i] = gss_context_import(login.exported.value, login.exported.length, why);
        assert_non_null(contexts[i]);
    }
    assert_true(memory_in_use() <
                before + (size_t)GSS_AWAKE_MAX * 80 * 1024 + (size_t)COUNT * 5 * 1024);
    for (int i = 0; i < COUNT; i++)
        gss_context_free(contexts[i]);
    login_end(&login);
}

static unsigned pretended; /* encryption type; 0: the real one */

OM_uint32 KRB5_CALLCONV gss_inquire_sec_context_by_oid(OM_uint32 *minor, const gss_ctx_id_t context,
                                                       const gss_OID oid, gss_buffer_set_t *set)
{
    OM_uint32 (*real)(OM_uint32 *, gss_ctx_id_t, gss_OID, gss_buffer_set_t *);
    OM_uint32 major;

    *(void **)&real = dlsym(RTLD_NEXT, "gss_inquire_sec_context_by_oid");
    major = real(minor, context, oid, set);
    if (pretended != 0 && major == GSS_S_COMPLETE && (*set)->count > 1)
        ((uint8_t *)(*set)->elements[1].value)[(*set)->elements[1].length - 1] = (uint8_t)pretended;
    return major;
}

/* E-1.2 */
static void old_encryption_types_do_not_seal(void **state)
{
    struct world world;

    (void)state;
    if (!kerberos)
        return;
    for (pretended = 1; pretended < 30; pretended++) {
        bool good = (pretended >= 17 && pretended <= 20) || pretended == 25 || pretended == 26;

        world_begin(&world, &kinds[pretended % 2]);
        assert_int_equal(gss_context_seals(world.server), good);
        world_end(&world);
    }
    pretended = 0;
}

/* E-1.1 */
static void what_is_no_context(void **state)
{
    char why[GSS_WHY] = "";
    struct login login;
    struct gss_context *context;

    (void)state;
    gss_context_free(NULL);
    assert_null(gss_context_import("", 0, why));
    assert_true(why[0] != '\0');
    assert_null(gss_context_import("garbage, of some length", 23, why));
    login_make(&login, &kinds[1]);
    for (size_t cut = 0; cut < login.exported.length / 2; cut += cut < 64 ? 1 : 97)
        assert_null(gss_context_import(login.exported.value, cut, why));
    context = gss_context_import(login.exported.value, login.exported.length, why);
    assert_non_null(context);
    gss_context_free(context);
    login_end(&login);
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
        cmocka_unit_test(without_confidentiality_nothing_is_sealed),
        cmocka_unit_test(contexts_give_everything_back),
        cmocka_unit_test(more_contexts_than_are_kept_awake),
        cmocka_unit_test(contexts_that_rest_are_small),
        cmocka_unit_test(old_encryption_types_do_not_seal),
        cmocka_unit_test(what_is_no_context),
    };
    int failed;

    if (count != 2 || (strcmp(arguments[1], "ntlm") != 0 && strcmp(arguments[1], "kerberos") != 0))
        return 2;
    kerberos = strcmp(arguments[1], "kerberos") == 0;
    kinds[0].kerberos = kinds[1].kerberos = kerberos;
    gss_preload();
    login_prepare();
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    login_unprepare();
    return failed;
}
