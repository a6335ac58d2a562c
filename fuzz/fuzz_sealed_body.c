/* SPDX-License-Identifier: ISC */

/*
 * Sealed bodies, framing and what is behind it, with contexts of the real libraries. Bytes of
 * whoever has no keys are never opened; what a client has sealed is opened however it is spelled;
 * and what is opened is what was sealed, whichever byte of the body was changed. What is answered
 * the client opens.
 *
 * Input: flags, then a body; or flags, spelling, the position and the change of a byte, the text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gss/message.h"
#include "gss/test_login.h"

#include "kerberos_contexts.h"
#include "source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_KERBEROS = 1, FLAG_RAW = 2, FLAG_TYPE = 4 };
enum { PARTS = 3, ARENA = 1 << 20 };

/* A login that has happened, as both sides exported it: each input begins with its own copies. */
struct exported {
    gss_buffer_desc client;
    gss_buffer_desc server;
};

static struct exported ntlm;
static struct exported kerberos = {{sizeof(kerberos_client), kerberos_client},
                                   {sizeof(kerberos_server), kerberos_server}};

static void log_in(void)
{
    static const struct login_kind kind = {.name = "NTLM", .spnego = true, .flags = LOGIN_FLAGS};
    struct login login;
    OM_uint32 minor;

    if (ntlm.server.length > 0)
        return;
    login_prepare();
    login_make(&login, &kind);
    ntlm.server = login.exported;
    require(gss_export_sec_context(&minor, &login.client, &ntlm.client) == GSS_S_COMPLETE);
    login_unprepare();
}

struct both {
    bool kerberos;
    gss_ctx_id_t client;
    struct gss_context *server;
    struct arena arena;
    struct sealed_message message;
};

static void both_begin(struct both *both, bool with_kerberos)
{
    const struct exported *exported = with_kerberos ? &kerberos : &ntlm;
    gss_buffer_desc client = exported->client;
    char why[GSS_WHY];
    OM_uint32 minor;

    *both = (struct both){.kerberos = with_kerberos, .client = GSS_C_NO_CONTEXT};
    both->server = gss_context_import(exported->server.value, exported->server.length, why);
    require(both->server != NULL && gss_context_seals(both->server));
    require(gss_import_sec_context(&minor, &client, &both->client) == GSS_S_COMPLETE);
    arena_init(&both->arena, ARENA);
}

static void both_end(struct both *both)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &both->client, GSS_C_NO_BUFFER);
    gss_context_free(both->server);
    arena_free(&both->arena);
}

static bool serve(struct both *both, const char *type, const void *body, size_t length)
{
    enum sealed_result result =
        sealed_open(both->server, type, body, length, &both->arena, &both->message);

    if (result == SEALED_opened)
        require(both->message.protocol != SEALED_none && both->message.content_type != NULL);
    else
        require(both->message.body == NULL && both->message.why[0] != '\0');
    return result == SEALED_opened;
}

static void add_part(struct both *both, struct buffer *body, uint8_t spelling, const uint8_t *plain,
                     size_t length, bool last)
{
    const char *tab = (spelling & 1) != 0 ? "\t" : "";
    const char *dashes = (spelling & 2) != 0 ? "--" : "-- ";
    size_t header, sealed;
    uint8_t *token = login_seal(both->client, both->kerberos, plain, length, &header, &sealed);
    const uint8_t prefix[MULTIPART_LENGTH_SIZE] = {(uint8_t)header};

    buffer_printf(body, "%sEncrypted Boundary\r\n%sContent-Type: %s\r\n", dashes, tab,
                  (spelling & 4) != 0 ? "application/HTTP-SPNEGO-session-encrypted"
                                      : "application/http-spnego-session-encrypted");
    buffer_printf(body, "%s%s:type=application/soap+xml;charset=UTF-8;Length=%zu\r\n", tab,
                  (spelling & 8) != 0 ? "OriginalContent" : "originalcontent", length);
    buffer_printf(body, "%sEncrypted Boundary\r\n%sContent-Type: application/octet-stream\r\n",
                  dashes, tab);
    buffer_append(body, prefix, sizeof(prefix));
    buffer_append(body, token, sealed);
    if (last || (spelling & 16) != 0)
        buffer_printf(body, "%sEncrypted Boundary--\r\n", dashes);
    free(token);
}

static void check_answer(struct both *both, const uint8_t *plain, size_t length)
{
    const uint8_t *opened;
    struct buffer body;
    size_t header, before;
    ptrdiff_t result;
    uint8_t *at;

    buffer_init(&body, length);
    buffer_append(&body, plain, length);
    require(sealed_write(both->server, SEALED_spnego, both->message.content_type, &body, NULL));
    at = memmem(buffer_bytes(&body), buffer_length(&body), "octet-stream\r\n", 14);
    require(at != NULL);
    at += 14;
    before = (size_t)(at - buffer_bytes(&body));
    header = at[0];
    require(buffer_length(&body) == before + 4 + header + length + MULTIPART_CLOSING_SIZE);
    result = login_open(both->client, both->kerberos, at + 4, header + length, header, &opened);
    require(result == (ptrdiff_t)length && memcmp(opened, plain, length) == 0);
    buffer_free(&body);
}

static void check_made(struct both *both, const char *type, struct source *source)
{
    uint8_t spelling = source_byte(source), change, *copy;
    size_t at = source_byte(source), length, done = 0;
    const uint8_t *plain;
    struct buffer body;
    unsigned parts = 1 + (spelling >> 6) % PARTS;

    at |= (size_t)source_byte(source) << 8;
    change = source_byte(source);
    plain = source->at;
    length = source->left;
    if (length < parts)
        return;
    buffer_init(&body, ARENA);
    for (unsigned i = 1; i <= parts; i++) {
        size_t size = i < parts ? length / parts : length - done;

        add_part(both, &body, spelling, plain + done, size, i == parts);
        done += size;
    }
    copy = malloc(buffer_length(&body));
    memcpy(copy, buffer_bytes(&body), buffer_length(&body));
    copy[at % buffer_length(&body)] ^= change;
    if (serve(both, type, copy, buffer_length(&body))) {
        require(both->message.length == length && memcmp(both->message.body, plain, length) == 0);
        check_answer(both, plain, length);
    } else {
        /* Very small parts may look like the padding of one. */
        require(change != 0 || length / parts <= MULTIPART_SLACK);
    }
    require(!serve(both, type, buffer_bytes(&body), buffer_length(&body)) || change != 0);
    free(copy);
    buffer_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {
        "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";"
        "boundary=\"Encrypted Boundary\"",
        "multipart/x-multi-encrypted; Protocol=application/HTTP-SPNEGO-session-encrypted",
    };
    struct source source = {.at = data, .left = size};
    uint8_t flags = source_byte(&source);
    const char *type = types[(flags & FLAG_TYPE) != 0];
    struct both both;

    log_in();
    both_begin(&both, (flags & FLAG_KERBEROS) != 0);
    if ((flags & FLAG_RAW) != 0)
        require(!serve(&both, type, source.at, source.left));
    else
        check_made(&both, type, &source);
    both_end(&both);
    return 0;
}
