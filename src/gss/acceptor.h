/* SPDX-License-Identifier: ISC */

/*
 * What accepts the tokens of clients: GSS-API with the mechanisms that there are keys for, under
 * Negotiate any of them (raw or inside of SPNEGO, RFC 4178), under Kerberos that alone. Tokens are
 * handed to the libraries as they came: whatever these make of them happens in a process that can
 * be lost. One thread.
 */
#ifndef GSS_ACCEPTOR_H
#define GSS_ACCEPTOR_H

#include <gssapi/gssapi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ACCEPTOR_WHY = 512, ACCEPTOR_LEGS = 8 };

/* What tokens are accepted with. Zeroed memory accepts none. */
struct acceptor {
    gss_cred_id_t negotiate; /* every mechanism below, and SPNEGO that chooses among them */
    gss_cred_id_t kerberos;  /* Kerberos alone */
    bool has_kerberos;
    bool has_ntlm;
};

/*
 * Takes the keys that the environment names (environment.h) of the mechanisms that are wanted; what
 * cannot be used is told in `why`, which is empty otherwise. May be called again: the keys are then
 * taken anew.
 */
void acceptor_open(struct acceptor *acceptor, bool kerberos, bool ntlm,
                   char why_kerberos[ACCEPTOR_WHY], char why_ntlm[ACCEPTOR_WHY]);
void acceptor_close(struct acceptor *acceptor);

/* A login that has begun; zeroed memory is one that has not. */
struct login {
    gss_ctx_id_t context;
    unsigned legs;
};

enum accept_outcome { ACCEPT_failed, ACCEPT_continues, ACCEPT_done };

/* What became of a token. Clear it in any case. */
struct accepted {
    gss_buffer_desc token;    /* for the client; may be empty when it is done */
    gss_buffer_desc exported; /* the context; done only */
    char *name;               /* as the mechanism has it; done only */
    const char *mechanism;    /* MECHANISM_*; NULL as long as it is not known */
    uint64_t lifetime;        /* milliseconds; 0: it has none */
    bool seals;               /* its messages can be given confidentiality and integrity */
    bool bound;               /* the client has bound it to the channel, rightly */
    const char *reason;       /* why it failed, for the audit; constant */
    char detail[ACCEPTOR_WHY];
};

/*
 * Takes a client's token. `kerberos`: no other mechanism. `binding`: application data of the
 * channel binding; with length 0 none is compared. Unless the login continues it is over, and
 * cleared.
 */
enum accept_outcome acceptor_take(const struct acceptor *acceptor, struct login *login,
                                  bool kerberos, const void *binding, size_t binding_length,
                                  const void *token, size_t length, struct accepted *accepted);
void accepted_clear(struct accepted *accepted);
void login_clear(struct login *login);

/* Does a login begin with this token, whatever came before? */
bool acceptor_token_begins(const void *token, size_t length);

#endif
