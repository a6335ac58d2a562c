/* SPDX-License-Identifier: ISC */

#include "auth/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/text.h"

/* As OpenSSL counts: 112 bits, so RSA and DSA of 2048, curves of 224, no MD5 and no SHA-1. */
enum { SECURITY_LEVEL = 2 };

/* ---- what winrmd-net passed on ---- */

static X509 *der_take(const uint8_t **at, size_t *left)
{
    const unsigned char *der;
    uint32_t size;
    X509 *certificate;

    if (*left < sizeof(size))
        return NULL;
    memcpy(&size, *at, sizeof(size));
    *at += sizeof(size);
    *left -= sizeof(size);
    if (size == 0 || size > CERTIFICATE_BYTES || size > *left)
        return NULL;
    der = *at;
    certificate = d2i_X509(NULL, &der, (long)size);
    if (certificate != NULL && der != *at + size) {
        X509_free(certificate);
        certificate = NULL;
    }
    *at += size;
    *left -= size;
    return certificate;
}

static void chain_free(STACK_OF(X509) * chain)
{
    sk_X509_pop_free(chain, X509_free);
}

/* NULL unless it is one to CERTIFICATE_CHAIN certificates and nothing else. */
static STACK_OF(X509) * chain_read(const uint8_t *bytes, size_t length)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    bool good = chain != NULL && length > 0 && length <= CERTIFICATE_CHAIN_BYTES;

    while (good && length > 0) {
        X509 *certificate =
            sk_X509_num(chain) < CERTIFICATE_CHAIN ? der_take(&bytes, &length) : NULL;

        good = certificate != NULL && sk_X509_push(chain, certificate) > 0;
        if (!good)
            X509_free(certificate);
    }
    if (good)
        return chain;
    chain_free(chain);
    return NULL;
}

/* ---- names ---- */

static bool text_usable(const char *text, size_t length)
{
    if (length > CERTIFICATE_NAME_BYTES || !utf8_valid(text, length))
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static bool text_keep(char out[CERTIFICATE_NAME_BYTES + 1], const char *text, size_t length)
{
    if (!text_usable(text, length))
        return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

/* As Windows writes it: the most specific part first, a blank behind each comma. */
static bool name_write(char out[CERTIFICATE_NAME_BYTES + 1], const X509_NAME *name)
{
    const unsigned long flags = (XN_FLAG_RFC2253 & ~(unsigned long)XN_FLAG_SEP_COMMA_PLUS &
                                 ~(unsigned long)ASN1_STRFLGS_ESC_MSB) |
                                XN_FLAG_SEP_CPLUS_SPC;
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    long length;
    bool good = false;

    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, flags) >= 0) {
        length = BIO_get_mem_data(bio, &text);
        good = length >= 0 && text_keep(out, text != NULL ? text : "", (size_t)length);
    }
    BIO_free(bio);
    return good;
}

/* The text of a UPN or DNS name; NULL for any other kind of name. */
static const ASN1_STRING *alternative_text(const GENERAL_NAME *name, int kind)
{
    if (kind == GEN_DNS && name->type == GEN_DNS)
        return name->d.dNSName;
    if (kind == GEN_OTHERNAME && name->type == GEN_OTHERNAME &&
        OBJ_obj2nid(name->d.otherName->type_id) == NID_ms_upn &&
        name->d.otherName->value->type == V_ASN1_UTF8STRING)
        return name->d.otherName->value->value.utf8string;
    return NULL;
}

static const ASN1_STRING *alternative_first(const GENERAL_NAMES *names, int kind)
{
    const ASN1_STRING *text = NULL;

    for (int i = 0; text == NULL && i < sk_GENERAL_NAME_num(names); i++)
        text = alternative_text(sk_GENERAL_NAME_value(names, i), kind);
    return text;
}

static bool common_name_write(char out[CERTIFICATE_NAME_BYTES + 1], const X509_NAME *subject)
{
    unsigned char *text = NULL;
    int at = -1;
    int last = -1;
    int length;
    bool good;

    while ((at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0)
        last = at;
    length = last < 0 ? -1
                      : ASN1_STRING_to_UTF8(
                            &text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    good = length > 0 && text_keep(out, (const char *)text, (size_t)length);
    OPENSSL_free(text);
    return good;
}

static bool subject_name_write(char out[CERTIFICATE_NAME_BYTES + 1], const X509 *certificate)
{
    int problem = 0;
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, &problem, NULL);
    const ASN1_STRING *text = NULL;
    bool good = false;

    if (names != NULL)
        text = alternative_first(names, GEN_OTHERNAME);
    if (names != NULL && text == NULL)
        text = alternative_first(names, GEN_DNS);
    if (text != NULL)
        good = ASN1_STRING_length(text) > 0 &&
               text_keep(out, (const char *)ASN1_STRING_get0_data(text),
                         (size_t)ASN1_STRING_length(text));
    else if (names != NULL || problem == -1) /* -1: there is no such extension */
        good = common_name_write(out, X509_get_subject_name(certificate));
    GENERAL_NAMES_free(names);
    return good;
}

/* False when the digest can not be had. `out`: two digits a byte and a NUL. */
static bool thumbprint_write(char *out, uint8_t *binary, const X509 *certificate,
                             const EVP_MD *kind)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;

    if (X509_digest(certificate, kind, digest, &size) != 1)
        return false;
    for (unsigned int i = 0; i < size; i++)
        snprintf(out + (size_t)2 * i, 3, "%02X", digest[i]);
    if (binary != NULL)
        memcpy(binary, digest, size);
    return true;
}

/* ---- verification ---- */

static const struct {
    int error;
    const char *own; /* of the client's certificate */
    const char *authority;
} reasons[] = {
    {X509_V_ERR_CERT_HAS_EXPIRED, "the certificate has expired",
     "the certificate of an authority has expired"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "the certificate is not valid yet",
     "the certificate of an authority is not valid yet"},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, "the certificate is signed by itself", NULL},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
     "the certificate is of no authority of this listener", NULL},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, "the certificate is of no authority of this listener",
     NULL},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
     "the certificate is of no authority of this listener", NULL},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, "the certificate is of no authority of this listener",
     NULL},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, "the signature of the certificate is wrong",
     "the signature of an authority's certificate is wrong"},
    {X509_V_ERR_INVALID_PURPOSE, "the certificate is not for client authentication",
     "an authority may not issue certificates for client authentication"},
    {X509_V_ERR_INVALID_CA, "the certificate is issued by one who is no authority", NULL},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, "there are more authorities than one of them allows", NULL},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, "there are too many authorities in between", NULL},
    {X509_V_ERR_EE_KEY_TOO_SMALL, "the key of the certificate is too weak", NULL},
    {X509_V_ERR_CA_KEY_TOO_SMALL, "the key of an authority is too weak", NULL},
    {X509_V_ERR_CA_MD_TOO_WEAK, "the certificate is signed with a weak digest", NULL},
    {X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "a critical extension is not known", NULL},
};

static const char *verify_reason(int error, int depth)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].error == error)
            return depth > 0 && reasons[i].authority != NULL ? reasons[i].authority
                                                             : reasons[i].own;
    return X509_verify_cert_error_string(error);
}

/*
 * What X509_verify_cert() takes and a client may not have: a certificate that says nothing about
 * its use, or one of an authority.
 */
static const char *use_fault(X509 *certificate)
{
    uint32_t flags = X509_get_extension_flags(certificate);

    if ((flags & EXFLAG_INVALID) != 0)
        return "the certificate has an extension that can not be read";
    if ((flags & EXFLAG_CA) != 0)
        return "the certificate is that of an authority";
    if ((flags & EXFLAG_XKUSAGE) == 0 ||
        (X509_get_extended_key_usage(certificate) & XKU_SSL_CLIENT) == 0)
        return "the certificate is not for client authentication";
    if ((flags & EXFLAG_KUSAGE) != 0 &&
        (X509_get_key_usage(certificate) & KU_DIGITAL_SIGNATURE) == 0)
        return "the key of the certificate is not for signatures";
    return NULL;
}

static X509_STORE_CTX *context_new(const struct authorities *authorities, STACK_OF(X509) * chain,
                                   time_t now)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *rules;

    if (context == NULL || X509_STORE_CTX_init(context, authorities_store(authorities),
                                               sk_X509_value(chain, 0), chain) != 1) {
        X509_STORE_CTX_free(context);
        return NULL;
    }
    rules = X509_STORE_CTX_get0_param(context);
    X509_VERIFY_PARAM_set_time(rules, now);
    X509_VERIFY_PARAM_set_depth(rules, CERTIFICATE_DEPTH);
    X509_VERIFY_PARAM_set_auth_level(rules, SECURITY_LEVEL);
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_CLIENT);
    X509_VERIFY_PARAM_set_trust(rules, X509_TRUST_SSL_CLIENT);
    X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
    return context;
}

/* NULL, and the certificate of the issuer (the context's): the second of the verified chain. */
static const char *chain_verify(X509_STORE_CTX *context, const X509 **issuer)
{
    STACK_OF(X509) * verified;

    if (X509_verify_cert(context) != 1)
        return verify_reason(X509_STORE_CTX_get_error(context),
                             X509_STORE_CTX_get_error_depth(context));
    verified = X509_STORE_CTX_get0_chain(context);
    if (sk_X509_num(verified) < 2)
        return "the certificate is signed by itself";
    *issuer = sk_X509_value(verified, 1);
    return NULL;
}

static const char *facts_fill(X509 *certificate, const X509 *issuer,
                              struct certificate_facts *facts)
{
    if (!name_write(facts->issuer, X509_get_issuer_name(certificate)))
        return "the issuer's name is too long or no plain text";
    if (!subject_name_write(facts->subject_name, certificate))
        return "the certificate has no UPN, DNS name or common name that can be used";
    if (!thumbprint_write(facts->issuer_thumbprint, facts->issuer_sha1, issuer, EVP_sha1()))
        return "the issuer has no thumbprint";
    return NULL;
}

const char *certificate_verify(const struct authorities *authorities, const uint8_t *chain,
                               size_t length, time_t now, struct certificate_facts *facts)
{
    STACK_OF(X509) *shown = chain_read(chain, length);
    X509_STORE_CTX *context = NULL;
    const X509 *issuer = NULL;
    const char *fault = NULL;
    X509 *own;

    memset(facts, 0, sizeof(*facts));
    if (shown == NULL) {
        fault = "the certificate can not be read";
        goto out;
    }
    own = sk_X509_value(shown, 0);
    if (!thumbprint_write(facts->thumbprint, NULL, own, EVP_sha256()) ||
        !name_write(facts->subject, X509_get_subject_name(own))) {
        fault = "the subject's name is too long or no plain text";
        goto out;
    }
    context = authorities != NULL ? context_new(authorities, shown, now) : NULL;
    if (context == NULL)
        fault = "the listener has no authorities";
    if (fault == NULL)
        fault = chain_verify(context, &issuer);
    if (fault == NULL)
        fault = use_fault(own);
    if (fault == NULL)
        fault = facts_fill(own, issuer, facts);
out:
    X509_STORE_CTX_free(context);
    chain_free(shown);
    ERR_clear_error();
    return fault;
}
