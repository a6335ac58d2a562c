/* SPDX-License-Identifier: ISC */

#include "gss/test_client.h"

#include <gssapi/gssapi_ext.h>
#include <string.h>

#include "gss/test_suppressions.h"

static gss_OID_desc spnego_oid = {6, (char[]){"\x2b\x06\x01\x05\x05\x02"}};
static gss_OID_desc krb5_oid = {9, (char[]){"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"}};
static gss_OID_desc ntlmssp_oid = {10, (char[]){"\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"}};

static void client_init(struct client *client, gss_OID mechanism, bool spnego)
{
    *client = (struct client){.mechanism = spnego ? &spnego_oid : mechanism,
                              .flags = GSS_C_MUTUAL_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG |
                                       GSS_C_SEQUENCE_FLAG | GSS_C_REPLAY_FLAG};
}

static bool target_set(struct client *client, const char *service)
{
    gss_buffer_desc text = {strlen(service), (void *)(uintptr_t)service};
    OM_uint32 minor;

    return gss_import_name(&minor, &text, GSS_C_NT_HOSTBASED_SERVICE, &client->target) ==
           GSS_S_COMPLETE;
}

/* SPNEGO would offer everything; a test wants to know what it got. */
static bool mechanism_choose(struct client *client, gss_OID mechanism, bool spnego)
{
    gss_OID_set_desc set = {1, mechanism};
    OM_uint32 minor;

    return !spnego || gss_set_neg_mechs(&minor, client->credential, &set) == GSS_S_COMPLETE;
}

bool client_kerberos(struct client *client, const char *service, bool spnego)
{
    gss_OID_desc both[] = {krb5_oid, spnego_oid};
    gss_OID_set_desc set = {2, both};
    OM_uint32 minor;

    client_init(client, &krb5_oid, spnego);
    return gss_acquire_cred(&minor, GSS_C_NO_NAME, 0, &set, GSS_C_INITIATE, &client->credential,
                            NULL, NULL) == GSS_S_COMPLETE &&
           mechanism_choose(client, &krb5_oid, spnego) && target_set(client, service);
}

bool client_ntlm(struct client *client, const char *user, const char *password, bool spnego)
{
    gss_OID_desc both[] = {ntlmssp_oid, spnego_oid};
    gss_OID_set_desc set = {spnego ? 2 : 1, both};
    gss_buffer_desc text = {strlen(user), (void *)(uintptr_t)user};
    gss_buffer_desc secret = {strlen(password), (void *)(uintptr_t)password};
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor;
    bool ready;

    client_init(client, &ntlmssp_oid, spnego);
    ready = gss_import_name(&minor, &text, GSS_C_NT_USER_NAME, &name) == GSS_S_COMPLETE &&
            gss_acquire_cred_with_password(&minor, name, &secret, GSS_C_INDEFINITE, &set,
                                           GSS_C_INITIATE, &client->credential, NULL,
                                           NULL) == GSS_S_COMPLETE &&
            mechanism_choose(client, &ntlmssp_oid, spnego) && target_set(client, "HTTP@localhost");
    gss_release_name(&minor, &name);
    return ready;
}

bool client_step(struct client *client, const void *token, size_t length)
{
    gss_buffer_desc input = {length, (void *)(uintptr_t)token};
    gss_channel_bindings_t binding =
        client->binding.application_data.length > 0 ? &client->binding : NULL;
    OM_uint32 minor, major;

    gss_release_buffer(&minor, &client->token);
    major = gss_init_sec_context(&minor, client->credential, &client->context, client->target,
                                 client->mechanism, client->flags, GSS_C_INDEFINITE, binding,
                                 length > 0 ? &input : NULL, NULL, &client->token, NULL, NULL);
    client->done = major == GSS_S_COMPLETE;
    return !GSS_ERROR(major);
}

void client_clear(struct client *client)
{
    OM_uint32 minor;

    gss_release_buffer(&minor, &client->token);
    if (client->context != GSS_C_NO_CONTEXT)
        gss_delete_sec_context(&minor, &client->context, GSS_C_NO_BUFFER);
    if (client->credential != GSS_C_NO_CREDENTIAL)
        gss_release_cred(&minor, &client->credential);
    if (client->target != GSS_C_NO_NAME)
        gss_release_name(&minor, &client->target);
    *client = (struct client){0};
}
