/* SPDX-License-Identifier: ISC */

/*
 * The other side of a login, for tests: GSS-API as a client has it, with Kerberos (of the tickets
 * that KRB5CCNAME names) or NTLM, raw or inside of SPNEGO.
 */
#ifndef GSS_TEST_CLIENT_H
#define GSS_TEST_CLIENT_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client {
    gss_ctx_id_t context;
    gss_cred_id_t credential;
    gss_name_t target;
    gss_OID mechanism;
    OM_uint32 flags;
    struct gss_channel_bindings_struct binding; /* application_data empty: none */
    bool done;
    gss_buffer_desc token; /* of the last step; the client's until the next one */
};

/* `service` as in HTTP@localhost. False: there is no such ticket. */
bool client_kerberos(struct client *client, const char *service, bool spnego);
/* `user` may be DOMAIN\user. */
bool client_ntlm(struct client *client, const char *user, const char *password, bool spnego);
/* The first token, and then the one that answers `length` bytes of the server's. */
bool client_step(struct client *client, const void *token, size_t length);
void client_clear(struct client *client);

#endif
