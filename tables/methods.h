/* SPDX-License-Identifier: ISC */

/*
 * The authentication methods, each declared once:
 *
 *   M(identifier, word, mechanism, challenge, profile, built)
 *
 *   word       how winrmd.conf calls it, in `authentication` of a listener
 *   mechanism  how plug-ins and the audit call it (WSMAN_SENDER_DETAILS, authenticationMechanism)
 *   challenge  its line of WWW-Authenticate; NULL: clients look for none
 *   profile    its security profile (DSP0226), behind http/ or https/
 *   built      0: it does not exist in this version, and a listener that offers it is refused
 *
 * Each has a file of its own in src/net, which takes the Authorization header, and in src/auth,
 * which says who that is.
 */
#ifndef TABLES_METHODS_H
#define TABLES_METHODS_H

#define MECHANISM_BASIC       "Basic"
#define MECHANISM_CERTIFICATE "ClientCertificate"
/* What Negotiate has agreed on. */
#define MECHANISM_KERBEROS    "Kerberos"
#define MECHANISM_NTLM        "NTLM"

/* clang-format off */
#define METHOD_TABLE(M) \
    M(negotiate, "negotiate", "Negotiate", "Negotiate", "spnego-kerberos", 1) \
    M(basic, "basic", MECHANISM_BASIC, "Basic realm=\"WSMAN\"", "basic", 1) \
    M(certificate, "certificate", MECHANISM_CERTIFICATE, NULL, "mutual", 1)
/* clang-format on */

enum method {
#define M(name, word, mechanism, challenge, profile, built) METHOD_##name,
    METHOD_TABLE(M)
#undef M
        METHOD_COUNT
};

/*
 * A leg of Negotiate waits so long (ms) for its turn, and then for winrmd-gss. One that has left a
 * leg without an answer all that time is killed: the broker takes winrmd-auth's word for it only
 * when the winrmd-gss that serves has served that long (docs/authentication.md, U-5.10).
 */
enum { NEGOTIATE_WAIT = 10000 };

/* How far authentication has to be bound to the TLS channel that it comes in (RFC 5929). */
enum channel_binding {
    CHANNEL_BINDING_none,    /* what the client says of it is not looked at */
    CHANNEL_BINDING_relaxed, /* if it says something, that has to be right */
    CHANNEL_BINDING_strict   /* it has to say it */
};

/* Of a set of methods, such as those that a listener offers. */
#define METHOD_BIT(name) (1u << METHOD_##name)

#endif
