/* SPDX-License-Identifier: ISC */

/*
 * Logins for tests, with the real libraries on both sides in one process: NTLM with a users file of
 * its own, Kerberos with a ticket and a keytab that the environment has (tests/realm/raise).
 */
#ifndef GSS_TEST_LOGIN_H
#define GSS_TEST_LOGIN_H

#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gss/context.h"

struct login_kind {
    const char *name;
    bool kerberos; /* else NTLM */
    bool spnego;
    OM_uint32 flags; /* that the client asks for */
};

enum {
    LOGIN_FLAGS = GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG |
                  GSS_C_INTEG_FLAG
};

struct login {
    gss_ctx_id_t client;
    gss_buffer_desc exported; /* of the server's side */
};

/* Makes the file with the NTLM user, and lets the library know; login_unprepare() removes it. */
void login_prepare(void);
void login_unprepare(void);

/* Logs in; a failure ends the process with a message. */
void login_make(struct login *login, const struct login_kind *kind);
void login_end(struct login *login);

/* The server's side of a new login; the client's goes to `client`. */
struct gss_context *login_context(const struct login_kind *kind, gss_ctx_id_t *client);

/*
 * What a client does with its messages: sealed as header and data, which it gives back in one piece
 * (free() it), and opened, in place, where the header ends. -1: it can not be opened, also when it
 * is a duplicate or not in its turn.
 */
uint8_t *login_seal(gss_ctx_id_t client, bool kerberos, const void *plain, size_t length,
                    size_t *header, size_t *sealed);
ptrdiff_t login_open(gss_ctx_id_t client, bool kerberos, uint8_t *token, size_t length,
                     size_t header, const uint8_t **plain);

#endif
