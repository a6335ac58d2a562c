/* SPDX-License-Identifier: ISC */

#include "gss/acceptor.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "gss/mechanism.h"
#include "gss/text.h"
#include "messages.h"
#include "methods.h"

/* ---- keys ---- */

static bool credential_take(gss_OID_desc *mechanisms, size_t count, gss_cred_id_t *credential,
                            char why[ACCEPTOR_WHY])
{
    gss_OID_set_desc set = {count, mechanisms};
    OM_uint32 minor;
    /* No name: any key of the keytab, since clients ask for HTTP, host and WSMAN. */
    OM_uint32 major = gss_acquire_cred(&minor, GSS_C_NO_NAME, GSS_C_INDEFINITE, &set, GSS_C_ACCEPT,
                                       credential, NULL, NULL);

    if (major == GSS_S_COMPLETE)
        return true;
    gss_text(why, ACCEPTOR_WHY, &mechanisms[count - 1], major, minor);
    *credential = GSS_C_NO_CREDENTIAL;
    return false;
}

static void credential_release(gss_cred_id_t *credential)
{
    OM_uint32 minor;

    if (*credential != GSS_C_NO_CREDENTIAL)
        gss_release_cred(&minor, credential);
    *credential = GSS_C_NO_CREDENTIAL;
}

/*
 * SPNEGO takes every mechanism that is installed unless it is told which ones there are keys for.
 */
static bool negotiate_take(struct acceptor *acceptor, char why[ACCEPTOR_WHY])
{
    gss_OID_desc mechanisms[3];
    gss_OID_set_desc chosen = {0, mechanisms};
    OM_uint32 minor, major;

    if (acceptor->has_kerberos)
        mechanisms[chosen.count++] = mechanism_kerberos;
    if (acceptor->has_ntlm)
        mechanisms[chosen.count++] = mechanism_ntlm;
    if (chosen.count == 0)
        return true;
    mechanisms[chosen.count] = mechanism_spnego;
    if (!credential_take(mechanisms, chosen.count + 1, &acceptor->negotiate, why))
        return false;
    major = gss_set_neg_mechs(&minor, acceptor->negotiate, &chosen);
    if (major == GSS_S_COMPLETE)
        return true;
    gss_text(why, ACCEPTOR_WHY, &mechanism_spnego, major, minor);
    return false;
}

void acceptor_open(struct acceptor *acceptor, bool kerberos, bool ntlm,
                   char why_kerberos[ACCEPTOR_WHY], char why_ntlm[ACCEPTOR_WHY])
{
    gss_cred_id_t probe = GSS_C_NO_CREDENTIAL;
    char why[ACCEPTOR_WHY] = "";

    acceptor_close(acceptor);
    why_kerberos[0] = why_ntlm[0] = '\0';
    acceptor->has_kerberos =
        kerberos && credential_take(&mechanism_kerberos, 1, &acceptor->kerberos, why_kerberos);
    acceptor->has_ntlm = ntlm && credential_take(&mechanism_ntlm, 1, &probe, why_ntlm);
    credential_release(&probe);
    if (negotiate_take(acceptor, why))
        return;
    if (acceptor->has_kerberos)
        snprintf(why_kerberos, ACCEPTOR_WHY, "%s", why);
    if (acceptor->has_ntlm)
        snprintf(why_ntlm, ACCEPTOR_WHY, "%s", why);
    acceptor_close(acceptor);
}

void acceptor_close(struct acceptor *acceptor)
{
    credential_release(&acceptor->negotiate);
    credential_release(&acceptor->kerberos);
    acceptor->has_kerberos = acceptor->has_ntlm = false;
}

/* ---- a token ---- */

bool acceptor_token_begins(const void *token, size_t length)
{
    static const char ntlm_negotiate[] = "NTLMSSP\0\1\0\0";
    const uint8_t *bytes = token;

    return length > 0 &&
           (bytes[0] == 0x60 || (length >= sizeof(ntlm_negotiate) &&
                                 memcmp(token, ntlm_negotiate, sizeof(ntlm_negotiate)) == 0));
}

static enum accept_outcome fail(struct accepted *accepted, const char *reason, const char *detail)
{
    accepted->reason = reason;
    if (accepted->detail[0] == '\0')
        snprintf(accepted->detail, sizeof(accepted->detail), "%s",
                 detail != NULL ? detail : reason);
    return ACCEPT_failed;
}

/*
 * Kerberos has one status for all of these, and SPNEGO shows a number of its own for them: they are
 * known by the words of their table.
 */
static const char *kerberos_reason(const char *detail)
{
    static const struct {
        long code;
        const char *reason;
    } known[] = {
        {KRB5KRB_AP_ERR_REPEAT, "the token was used before"},
        {KRB5KRB_AP_ERR_TKT_EXPIRED, "the ticket has expired"},
        {KRB5KRB_AP_ERR_TKT_NYV, "the ticket is not valid yet"},
        {KRB5KRB_AP_ERR_SKEW, "the clocks differ too much"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strstr(detail, error_message(known[i].code)) != NULL)
            return known[i].reason;
    return NULL;
}

/* What administrators look for; the library's own words stand in the detail. */
static const char *reason_of(OM_uint32 major, const char *detail)
{
    const char *known = kerberos_reason(detail);

    if (known != NULL)
        return known;
    switch (GSS_ROUTINE_ERROR(major)) {
    case GSS_S_BAD_BINDINGS:
        return "the channel binding is not that of this connection";
    case GSS_S_DEFECTIVE_TOKEN:
        return "the token is malformed";
    case GSS_S_CREDENTIALS_EXPIRED:
    case GSS_S_CONTEXT_EXPIRED:
        return "the ticket has expired";
    case GSS_S_NO_CRED:
    case GSS_S_BAD_MECH:
        return "its mechanism is not accepted";
    default:
        return "the token was not accepted";
    }
}

/* SPNEGO is no mechanism that messages are sealed with: it names the one that it has chosen. */
static gss_OID inner_mechanism(gss_ctx_id_t context)
{
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 minor;

    /* gss-ntlmssp 1.2.0 crashes when it is asked for the name of the target. */
    if (gss_inquire_context(&minor, context, NULL, NULL, NULL, &mechanism, NULL, NULL, NULL) !=
        GSS_S_COMPLETE)
        return GSS_C_NO_OID;
    return mechanism;
}

static const char *mechanism_name(const gss_OID_desc *mechanism)
{
    return mechanism_is(mechanism, &mechanism_kerberos) ? MECHANISM_KERBEROS
           : mechanism_is(mechanism, &mechanism_ntlm)   ? MECHANISM_NTLM
                                                        : NULL;
}

/* As text without a NUL in it, or NULL. */
static char *name_text(gss_name_t name)
{
    gss_buffer_desc shown = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor;
    char *text = NULL;
    size_t length;

    if (name == GSS_C_NO_NAME || gss_display_name(&minor, name, &shown, NULL) != GSS_S_COMPLETE)
        return NULL;
    length = shown.length;
    /* gss-ntlmssp 1.2.0 counts the NUL behind it. */
    if (length > 0 && ((const char *)shown.value)[length - 1] == '\0')
        length--;
    if (length > 0 && length <= LIMIT_NAME && memchr(shown.value, '\0', length) == NULL)
        text = mem_text_n(shown.value, length);
    gss_release_buffer(&minor, &shown);
    return text;
}

/* What is known of a finished login, before its context goes. */
static enum accept_outcome finish(struct login *login, gss_name_t name, OM_uint32 flags,
                                  OM_uint32 lifetime, struct accepted *accepted)
{
    gss_OID mechanism = inner_mechanism(login->context);
    OM_uint32 minor, major;

    accepted->mechanism = mechanism_name(mechanism);
    if (accepted->mechanism == NULL)
        return fail(accepted, "its mechanism is not accepted", NULL);
    if ((flags & GSS_C_ANON_FLAG) != 0)
        return fail(accepted, "nobody was named", "the client is anonymous");
    if ((flags & GSS_C_DCE_STYLE) != 0)
        return fail(accepted, "its mechanism is not accepted", "DCE style is not supported");
    if (mechanism_is(mechanism, &mechanism_kerberos) && !mechanism_encryption_good(login->context))
        return fail(accepted, "its encryption type is not accepted",
                    "the session key is of an old encryption type such as RC4; use AES");
    accepted->name = name_text(name);
    if (accepted->name == NULL)
        return fail(accepted, "nobody was named", "the client's name cannot be shown");
    accepted->lifetime = lifetime == GSS_C_INDEFINITE ? 0 : (uint64_t)lifetime * 1000;
    accepted->seals = (flags & GSS_C_CONF_FLAG) != 0 && (flags & GSS_C_INTEG_FLAG) != 0;
    accepted->bound = (flags & GSS_C_CHANNEL_BOUND_FLAG) != 0;
    major = gss_export_sec_context(&minor, &login->context, &accepted->exported);
    if (major != GSS_S_COMPLETE) {
        gss_text(accepted->detail, sizeof(accepted->detail), mechanism, major, minor);
        return fail(accepted, "the context cannot be handed on", NULL);
    }
    if (accepted->exported.length > LIMIT_TOKEN)
        return fail(accepted, "the context cannot be handed on", "it is too large");
    return ACCEPT_done;
}

static enum accept_outcome take(gss_cred_id_t credential, struct login *login,
                                gss_channel_bindings_t bindings, gss_buffer_t token,
                                struct accepted *accepted)
{
    gss_name_t name = GSS_C_NO_NAME;
    gss_OID mechanism = GSS_C_NO_OID;
    OM_uint32 minor = 0, ignored, flags = 0, lifetime = 0;
    OM_uint32 major =
        gss_accept_sec_context(&minor, &login->context, credential, token, bindings, &name,
                               &mechanism, &accepted->token, &flags, &lifetime, NULL);
    enum accept_outcome outcome;

    login->legs++;
    accepted->mechanism = mechanism_name(mechanism);
    if (GSS_ERROR(major) || (major & ~(OM_uint32)GSS_S_CONTINUE_NEEDED) != 0) {
        gss_text(accepted->detail, sizeof(accepted->detail), mechanism, major, minor);
        outcome = fail(accepted, reason_of(major, accepted->detail), NULL);
    } else if (accepted->token.length > LIMIT_TOKEN) {
        outcome = fail(accepted, "the answer to it is too large", NULL);
    } else if (major == GSS_S_COMPLETE) {
        outcome = finish(login, name, flags, lifetime, accepted);
    } else if (accepted->token.length == 0 || login->legs >= ACCEPTOR_LEGS) {
        outcome = fail(accepted, "the login does not end", NULL);
    } else {
        outcome = ACCEPT_continues;
    }
    if (name != GSS_C_NO_NAME)
        gss_release_name(&ignored, &name);
    return outcome;
}

enum accept_outcome acceptor_take(const struct acceptor *acceptor, struct login *login,
                                  bool kerberos, const void *binding, size_t binding_length,
                                  const void *token, size_t length, struct accepted *accepted)
{
    struct gss_channel_bindings_struct bindings = {
        .application_data = {binding_length, (void *)(uintptr_t)binding}};
    gss_buffer_desc input = {length, (void *)(uintptr_t)token};
    gss_cred_id_t credential = kerberos ? acceptor->kerberos : acceptor->negotiate;
    enum accept_outcome outcome;

    *accepted = (struct accepted){0};
    if (credential == GSS_C_NO_CREDENTIAL)
        outcome = fail(accepted, "its mechanism is not accepted", "there are no keys for it");
    else if (length == 0)
        outcome = fail(accepted, "the token is malformed", "it is empty");
    else
        outcome = take(credential, login, binding_length > 0 ? &bindings : NULL, &input, accepted);
    if (outcome != ACCEPT_continues)
        login_clear(login);
    return outcome;
}

void accepted_clear(struct accepted *accepted)
{
    OM_uint32 minor;

    if (accepted->exported.value != NULL)
        explicit_bzero(accepted->exported.value, accepted->exported.length);
    gss_release_buffer(&minor, &accepted->exported);
    gss_release_buffer(&minor, &accepted->token);
    free(accepted->name);
    accepted->name = NULL;
}

void login_clear(struct login *login)
{
    OM_uint32 minor;

    if (login->context != GSS_C_NO_CONTEXT)
        gss_delete_sec_context(&minor, &login->context, GSS_C_NO_BUFFER);
    *login = (struct login){0};
}
