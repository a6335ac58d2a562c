/* SPDX-License-Identifier: ISC */

#include "gss/test_login.h"

#include <gssapi/gssapi_krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "gss/test_suppressions.h"

static gss_OID_desc kerberos_mechanism = {9, (void *)"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"};
static gss_OID_desc ntlm_mechanism = {10, (void *)"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"};
static gss_OID_desc spnego_mechanism = {6, (void *)"\x2b\x06\x01\x05\x05\x02"};

static char folder[] = "/tmp/winrmd-test-login-XXXXXX";
static char users[64];

static void check(const char *what, OM_uint32 major, OM_uint32 minor)
{
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 ignored, more = 0;

    if (major == GSS_S_COMPLETE || major == GSS_S_CONTINUE_NEEDED)
        return;
    gss_display_status(&ignored, minor, GSS_C_MECH_CODE, GSS_C_NO_OID, &more, &text);
    fprintf(stderr, "%s: %#x, %#x: %.*s\n", what, major, minor, (int)text.length,
            (const char *)text.value);
    abort();
}

void login_prepare(void)
{
    FILE *file;

    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(users, sizeof(users), "%s/users", folder);
    file = fopen(users, "w");
    if (file == NULL)
        abort();
    fputs("LABDOM:bob:bob-secret\n", file);
    if (fclose(file) != 0 || chmod(users, 0600) != 0)
        abort();
    setenv("NTLM_USER_FILE", users, 1);
    /* SPNEGO would ask the KDC of the machine's own realm for the user of NTLM. */
    setenv("KRB5_CONFIG", "/dev/null", 0);
    setenv("NETBIOS_COMPUTER_NAME", "LABHOST", 1);
    setenv("NETBIOS_DOMAIN_NAME", "LABDOM", 1);
}

void login_unprepare(void)
{
    unlink(users);
    rmdir(folder);
}

static gss_name_t import_name(const char *text, gss_OID type)
{
    gss_buffer_desc buffer = {strlen(text), (void *)(uintptr_t)text};
    gss_name_t name;
    OM_uint32 major, minor;

    major = gss_import_name(&minor, &buffer, type, &name);
    check("gss_import_name", major, minor);
    return name;
}

/* MIT Kerberos asks for confidentiality whether or not its user does, unless this is said. */
static gss_cred_id_t unsealed_credential(void)
{
    gss_buffer_desc nothing = GSS_C_EMPTY_BUFFER;
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    OM_uint32 major, minor;

    major = gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, GSS_C_NO_OID_SET,
                             GSS_C_INITIATE, &credential, NULL, NULL);
    check("gss_acquire_cred", major, minor);
    major = gss_set_cred_option(&minor, &credential,
                                (gss_OID)(uintptr_t)GSS_KRB5_CRED_NO_CI_FLAGS_X, &nothing);
    check("gss_set_cred_option", major, minor);
    return credential;
}

/* The client's; Kerberos takes the ticket that the environment names. */
static gss_cred_id_t client_credential(const struct login_kind *kind)
{
    gss_OID_set_desc negotiated = {1, &ntlm_mechanism};
    gss_OID_set_desc wanted = {1, kind->spnego ? &spnego_mechanism : &ntlm_mechanism};
    gss_buffer_desc password = {10, (void *)(uintptr_t) "bob-secret"};
    gss_cred_id_t credential = GSS_C_NO_CREDENTIAL;
    gss_name_t name;
    OM_uint32 major, minor;

    if (kind->kerberos)
        return (kind->flags & GSS_C_CONF_FLAG) != 0 ? credential : unsealed_credential();
    name = import_name("LABDOM\\bob", GSS_C_NT_USER_NAME);
    major = gss_acquire_cred_with_password(&minor, name, &password, GSS_C_INDEFINITE, &wanted,
                                           GSS_C_INITIATE, &credential, NULL, NULL);
    check("gss_acquire_cred_with_password", major, minor);
    if (kind->spnego) {
        major = gss_set_neg_mechs(&minor, credential, &negotiated);
        check("gss_set_neg_mechs", major, minor);
    }
    gss_release_name(&minor, &name);
    return credential;
}

/* One leg each; true when both sides have what they need. */
static bool exchange(struct login *login, const struct login_kind *kind, gss_cred_id_t credential,
                     gss_name_t target, gss_ctx_id_t *server, gss_buffer_t to_client)
{
    gss_OID mechanism = kind->spnego     ? &spnego_mechanism
                        : kind->kerberos ? &kerberos_mechanism
                                         : &ntlm_mechanism;
    gss_buffer_desc to_server = GSS_C_EMPTY_BUFFER;
    OM_uint32 client_major, major = GSS_S_COMPLETE, minor;

    client_major =
        gss_init_sec_context(&minor, credential, &login->client, target, mechanism, kind->flags, 0,
                             NULL, to_client, NULL, &to_server, NULL, NULL);
    check("gss_init_sec_context", client_major, minor);
    gss_release_buffer(&minor, to_client);
    if (to_server.length > 0) {
        major = gss_accept_sec_context(&minor, server, GSS_C_NO_CREDENTIAL, &to_server, NULL, NULL,
                                       NULL, to_client, NULL, NULL, NULL);
        check("gss_accept_sec_context", major, minor);
        gss_release_buffer(&minor, &to_server);
    }
    return client_major == GSS_S_COMPLETE && major == GSS_S_COMPLETE && to_client->length == 0;
}

void login_make(struct login *login, const struct login_kind *kind)
{
    gss_cred_id_t credential = client_credential(kind);
    gss_name_t target = import_name("HTTP@localhost", GSS_C_NT_HOSTBASED_SERVICE);
    gss_buffer_desc to_client = GSS_C_EMPTY_BUFFER;
    gss_ctx_id_t server = GSS_C_NO_CONTEXT;
    OM_uint32 major, minor;

    *login = (struct login){.client = GSS_C_NO_CONTEXT};
    while (!exchange(login, kind, credential, target, &server, &to_client))
        continue;
    major = gss_export_sec_context(&minor, &server, &login->exported);
    check("gss_export_sec_context", major, minor);
    gss_release_name(&minor, &target);
    gss_release_cred(&minor, &credential);
}

void login_end(struct login *login)
{
    OM_uint32 minor;

    gss_delete_sec_context(&minor, &login->client, GSS_C_NO_BUFFER);
    gss_release_buffer(&minor, &login->exported);
}

struct gss_context *login_context(const struct login_kind *kind, gss_ctx_id_t *client)
{
    char why[GSS_WHY] = "";
    struct gss_context *context;
    struct login login;
    OM_uint32 minor;

    login_make(&login, kind);
    context = gss_context_import(login.exported.value, login.exported.length, why);
    if (context == NULL) {
        fprintf(stderr, "%s: %s\n", kind->name, why);
        abort();
    }
    gss_release_buffer(&minor, &login.exported);
    *client = login.client;
    return context;
}

/* ---- messages of the client ---- */

static uint8_t *seal_kerberos(gss_ctx_id_t client, const void *plain, size_t length, size_t *header,
                              size_t *sealed)
{
    uint8_t *data = mem_alloc(length + 1), *token;
    gss_iov_buffer_desc iov[3] = {
        {.type = GSS_IOV_BUFFER_TYPE_HEADER | GSS_IOV_BUFFER_FLAG_ALLOCATE},
        {.type = GSS_IOV_BUFFER_TYPE_DATA, .buffer = {length, data}},
        {.type = GSS_IOV_BUFFER_TYPE_PADDING | GSS_IOV_BUFFER_FLAG_ALLOCATE},
    };
    OM_uint32 major, minor;

    memcpy(data, plain, length);
    major = gss_wrap_iov(&minor, client, 1, GSS_C_QOP_DEFAULT, NULL, iov, 3);
    check("gss_wrap_iov", major, minor);
    *header = iov[0].buffer.length;
    *sealed = *header + length + iov[2].buffer.length;
    token = mem_alloc(*sealed);
    memcpy(token, iov[0].buffer.value, *header);
    memcpy(token + *header, data, length);
    if (iov[2].buffer.length > 0)
        memcpy(token + *header + length, iov[2].buffer.value, iov[2].buffer.length);
    gss_release_iov_buffer(&minor, iov, 3);
    free(data);
    return token;
}

uint8_t *login_seal(gss_ctx_id_t client, bool kerberos, const void *plain, size_t length,
                    size_t *header, size_t *sealed)
{
    gss_buffer_desc input = {length, (void *)(uintptr_t)plain}, output = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor;
    uint8_t *token;

    if (kerberos)
        return seal_kerberos(client, plain, length, header, sealed);
    major = gss_wrap(&minor, client, 1, GSS_C_QOP_DEFAULT, &input, NULL, &output);
    check("gss_wrap", major, minor);
    *header = 16;
    *sealed = output.length;
    token = mem_alloc(output.length);
    memcpy(token, output.value, output.length);
    gss_release_buffer(&minor, &output);
    return token;
}

/* As clients on SSPI and pyspnego do: three buffers, split where the prefix says. */
static ptrdiff_t open_kerberos(gss_ctx_id_t client, uint8_t *token, size_t length, size_t header,
                               const uint8_t **plain)
{
    gss_iov_buffer_desc iov[3] = {
        {.type = GSS_IOV_BUFFER_TYPE_HEADER, .buffer = {header, token}},
        {.type = GSS_IOV_BUFFER_TYPE_DATA, .buffer = {length - header, token + header}},
        {.type = GSS_IOV_BUFFER_TYPE_DATA},
    };
    OM_uint32 major, minor;
    int sealed = 0;

    major = gss_unwrap_iov(&minor, client, &sealed, NULL, iov, 3);
    *plain = token + header;
    return major == GSS_S_COMPLETE && sealed ? (ptrdiff_t)iov[1].buffer.length : -1;
}

ptrdiff_t login_open(gss_ctx_id_t client, bool kerberos, uint8_t *token, size_t length,
                     size_t header, const uint8_t **plain)
{
    gss_buffer_desc input = {length, token}, output = GSS_C_EMPTY_BUFFER;
    OM_uint32 major, minor;
    ptrdiff_t result = -1;
    int sealed = 0;

    if (kerberos)
        return open_kerberos(client, token, length, header, plain);
    major = gss_unwrap(&minor, client, &input, &output, &sealed, NULL);
    if (major == GSS_S_COMPLETE && sealed && output.length == length - header) {
        result = (ptrdiff_t)output.length;
        memcpy(token + header, output.value, output.length);
        *plain = token + header;
    }
    gss_release_buffer(&minor, &output);
    return result;
}
