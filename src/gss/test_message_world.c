/* SPDX-License-Identifier: ISC */

#include "gss/test_message_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

bool kerberos;
struct login_kind kinds[2] = {{.name = "raw", .flags = LOGIN_FLAGS},
                              {.name = "SPNEGO", .spnego = true, .flags = LOGIN_FLAGS}};
const char closing[] = "--Encrypted Boundary--\r\n";

bool world_choose(int count, char **arguments)
{
    if (count != 2 || (strcmp(arguments[1], "ntlm") != 0 && strcmp(arguments[1], "kerberos") != 0))
        return false;
    kerberos = strcmp(arguments[1], "kerberos") == 0;
    kinds[0].kerberos = kinds[1].kerberos = kerberos;
    return true;
}

int world_prepare(void **state)
{
    (void)state;
    gss_preload();
    login_prepare();
    return 0;
}

int world_unprepare(void **state)
{
    (void)state;
    login_unprepare();
    return 0;
}

void world_begin(struct world *world, const struct login_kind *kind)
{
    *world = (struct world){0};
    world->server = login_context(kind, &world->client);
    arena_init(&world->arena, WORLD_ARENA);
}

void world_end(struct world *world)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &world->client, GSS_C_NO_BUFFER);
    gss_context_free(world->server);
    arena_free(&world->arena);
}

void body_of(struct buffer *body, const uint8_t *token, size_t length, size_t header,
             size_t original, const char *end)
{
    const uint8_t prefix[4] = {(uint8_t)header, (uint8_t)(header >> 8)};

    buffer_printf(body,
                  "--Encrypted Boundary\r\n"
                  "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                  "\tOriginalContent: type=" WORLD_TYPE ";Length=%zu\r\n"
                  "--Encrypted Boundary\r\n"
                  "\tContent-Type: application/octet-stream\r\n",
                  original);
    buffer_append(body, prefix, sizeof(prefix));
    buffer_append(body, token, length);
    buffer_text(body, end);
}

struct buffer client_body(struct world *world, const void *plain, size_t length)
{
    struct buffer body;
    size_t header, sealed;
    uint8_t *token = login_seal(world->client, kerberos, plain, length, &header, &sealed);

    buffer_init(&body, 2 * 1024 * 1024);
    body_of(&body, token, sealed, header, length, closing);
    free(token);
    return body;
}

enum sealed_result serve(struct world *world, const struct buffer *body)
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

void assert_opened(struct world *world, const void *plain, size_t length)
{
    struct buffer body = client_body(world, plain, length);
    enum sealed_result result = serve(world, &body);

    if (result != SEALED_opened)
        fail_msg("%zu bytes: %d, %s", length, result, world->message.why);
    assert_int_equal(world->message.protocol, SEALED_spnego);
    assert_string_equal(world->message.content_type, WORLD_TYPE);
    assert_int_equal(world->message.length, length);
    assert_memory_equal(world->message.body, plain, length);
    buffer_free(&body);
}

void assert_answered(struct world *world, const uint8_t *plain, size_t length)
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
    assert_true(sealed_write(world->server, SEALED_spnego, WORLD_TYPE, &body, world->message.why));
    data = buffer_bytes(&body);
    head = snprintf(expected, sizeof(expected),
                    "--Encrypted Boundary\r\n"
                    "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n"
                    "\tOriginalContent: type=" WORLD_TYPE ";Length=%zu\r\n%s",
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

void assert_doubtful(struct world *world, const struct buffer *body)
{
    assert_int_equal(serve(world, body), SEALED_doubtful);
    assert_null(world->message.body);
}
