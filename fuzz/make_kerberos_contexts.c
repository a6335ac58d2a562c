/* SPDX-License-Identifier: ISC */

/*
 * Writes kerberos_contexts.h: a login with Kerberos as both of its sides export it, so that a
 * target needs no KDC. The realm is one that ends afterwards, its keys open nothing; the ticket
 * is one for as long as anybody may run the target, since a context ends with its ticket:
 *
 *   tests/realm/raise --login alice --lifetime 20000d - \
 *       BUILD/fuzz/make_kerberos_contexts > fuzz/kerberos_contexts.h
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gss/test_login.h"

static void write_array(const char *name, const gss_buffer_desc *bytes)
{
    printf("static uint8_t %s[] = {", name);
    for (size_t i = 0; i < bytes->length; i++)
        printf("%s0x%02x,", i % 16 == 0 ? "\n    " : " ", ((const uint8_t *)bytes->value)[i]);
    printf("\n};\n");
}

/* An exported context names the krb5.conf of its making, which is read when it is imported. */
static void forget_configuration(const gss_buffer_desc *bytes)
{
    const char *path = getenv("KRB5_CONFIG");
    size_t length = path != NULL ? strlen(path) : 0;
    char *at = length >= 9 ? memmem(bytes->value, bytes->length, path, length) : NULL;

    if (at == NULL)
        exit(EXIT_FAILURE);
    memset(at, '/', length);
    memcpy(at, "/dev", 4);
    memcpy(at + length - 4, "null", 4);
}

int main(void)
{
    static const struct login_kind kind = {
        .name = "Kerberos", .kerberos = true, .flags = LOGIN_FLAGS};
    gss_buffer_desc client;
    struct login login;
    OM_uint32 minor;

    login_make(&login, &kind);
    if (gss_export_sec_context(&minor, &login.client, &client) != GSS_S_COMPLETE)
        return EXIT_FAILURE;
    forget_configuration(&client);
    forget_configuration(&login.exported);
    printf("/* SPDX-License-Identifier: ISC */\n\n"
           "/* Made by make_kerberos_contexts.c. */\n"
           "#include <stdint.h>\n\n");
    write_array("kerberos_client", &client);
    printf("\n");
    write_array("kerberos_server", &login.exported);
    gss_release_buffer(&minor, &client);
    login_end(&login);
    return EXIT_SUCCESS;
}
