/* SPDX-License-Identifier: ISC */

/*
 * What sealing itself costs, without winrmd around it: the library of winrmd-net and a client in
 * one process. Prints lines "WHAT NUMBER" for bench/negotiate.
 *
 *   bench-sealing ntlm       with a users file of its own
 *   bench-sealing kerberos   in the environment of a realm, with a ticket: tests/realm/raise
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "gss/message.h"
#include "gss/test_login.h"

#define TYPE "application/soap+xml;charset=UTF-8"
enum { SMALL = 2048, LARGE = 512 * 1024, ROUNDS = 5, IMPORTS = 200 };

static double cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench-sealing: %s\n", what);
    exit(EXIT_FAILURE);
}

/* Microseconds of sealing an answer of that size. */
static double seal_us(struct gss_context *context, size_t size, int count)
{
    uint8_t *plain = mem_alloc(size);
    struct buffer body;
    double begin;

    buffer_init(&body, size);
    begin = cpu_us();
    for (int i = 0; i < count; i++) {
        buffer_reset(&body);
        buffer_append(&body, plain, size);
        check(sealed_write(context, SEALED_spnego, TYPE, &body, NULL), "nothing is sealed");
    }
    begin = cpu_us() - begin;
    buffer_free(&body);
    free(plain);
    return begin / count;
}

/* The same for opening a request; what the client does is not counted. */
static double open_us(struct gss_context *context, gss_ctx_id_t client, bool kerberos, size_t size,
                      int count)
{
    uint8_t *plain = mem_alloc(size);
    uint8_t prefix[MULTIPART_PREFIX_MAX];
    struct sealed_message message;
    struct buffer body;
    struct arena arena;
    double spent = 0;

    buffer_init(&body, 2 * size + 1024);
    arena_init(&arena, 4 * size + 65536);
    for (int i = 0; i < count; i++) {
        size_t header, sealed;
        uint8_t *token = login_seal(client, kerberos, plain, size, &header, &sealed);

        buffer_reset(&body);
        buffer_append(&body, prefix,
                      multipart_write_prefix(prefix, SEALED_spnego, TYPE, size, header));
        buffer_append(&body, token, sealed);
        buffer_text(&body, multipart_closing);
        free(token);
        spent -= cpu_us();
        check(sealed_open(context, sealed_content_type(SEALED_spnego), buffer_bytes(&body),
                          buffer_length(&body), &arena, &message) == SEALED_opened,
              message.why);
        arena_reset(&arena);
        spent += cpu_us();
    }
    buffer_free(&body);
    arena_free(&arena);
    free(plain);
    return spent / count;
}

static double import_us(const struct login_kind *kind)
{
    char why[GSS_WHY];
    struct login login;
    double begin;

    login_make(&login, kind);
    begin = cpu_us();
    for (int i = 0; i < IMPORTS; i++) {
        struct gss_context *context =
            gss_context_import(login.exported.value, login.exported.length, why);

        check(context != NULL, why);
        gss_context_free(context);
    }
    begin = cpu_us() - begin;
    login_end(&login);
    return begin / IMPORTS;
}

static double least(double left, double right)
{
    return left == 0 || right < left ? right : left;
}

static void measure(const struct login_kind *kind)
{
    double seal[2] = {0}, open[2] = {0}, import = 0;
    static const size_t sizes[2] = {SMALL, LARGE};
    static const int counts[2] = {2000, 40};

    for (int round = 0; round < ROUNDS; round++) {
        gss_ctx_id_t client;
        struct gss_context *context = login_context(kind, &client);
        OM_uint32 minor;

        for (int i = 0; i < 2; i++) {
            seal[i] = least(seal[i], seal_us(context, sizes[i], counts[i]));
            open[i] = least(open[i], open_us(context, client, kind->kerberos, sizes[i], counts[i]));
        }
        import = least(import, import_us(kind));
        gss_context_free(context);
        gss_delete_sec_context(&minor, &client, GSS_C_NO_BUFFER);
    }
    printf("seal-us %.1f\nopen-us %.1f\nseal-mb %.0f\nopen-mb %.0f\nimport-us %.1f\n", seal[0],
           open[0], LARGE / seal[1], LARGE / open[1], import);
}

int main(int count, char **arguments)
{
    struct login_kind kind = {.spnego = true, .flags = LOGIN_FLAGS};

    if (count != 2)
        return EXIT_FAILURE;
    kind.name = arguments[1];
    kind.kerberos = strcmp(arguments[1], "kerberos") == 0;
    gss_preload();
    login_prepare();
    measure(&kind);
    login_unprepare();
    return EXIT_SUCCESS;
}
