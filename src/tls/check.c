/* SPDX-License-Identifier: ISC */

#include "tls/check.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdarg.h>
#include <stdio.h>

#include "tls/context.h"
#include "tls/pem.h"

enum { RSA_BITS = 2048, EC_BITS = 256, SOON_DAYS = 30 };

#define MAKE_ONE \
    "make an RSA or P-256 certificate, such as with openssl req -x509 -newkey rsa:2048 -nodes"

struct check {
    const struct tls_settings *settings;
    time_t now;
    tls_complain complain;
    void *context;
    bool failed;
};

__attribute__((format(printf, 5, 6))) static void complain(struct check *check, enum tls_part part,
                                                           bool warning, const char *remedy,
                                                           const char *format, ...)
{
    char cause[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(cause, sizeof(cause), format, arguments);
    va_end(arguments);
    check->failed = check->failed || !warning;
    check->complain(check->context,
                    &(struct tls_complaint){
                        .part = part, .warning = warning, .cause = cause, .remedy = remedy});
}

/* ---- the certificate ---- */

/*
 * The hash of a channel binding of type tls-server-end-point (RFC 5929 section 4.1) is that of the
 * certificate's signature, and these have none; Windows clients do not know them either.
 */
static void check_algorithm(struct check *check, EVP_PKEY *key)
{
    int kind = EVP_PKEY_get_base_id(key);
    int bits = EVP_PKEY_get_bits(key);
    const char *name = EVP_PKEY_get0_type_name(key);

    if (kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS) {
        if (bits < RSA_BITS)
            complain(check, TLS_PART_certificate, false, MAKE_ONE,
                     "has an RSA key of %d bits, and fewer than %d are too weak", bits, RSA_BITS);
    } else if (kind == EVP_PKEY_EC) {
        if (bits < EC_BITS)
            complain(check, TLS_PART_certificate, false, MAKE_ONE,
                     "has an elliptic curve of %d bits, and fewer than %d are too weak", bits,
                     EC_BITS);
    } else {
        complain(check, TLS_PART_certificate, false, MAKE_ONE,
                 "has a key of the kind %s, which Windows clients and channel bindings cannot use",
                 name != NULL ? name : "unknown");
    }
}

static void show_time(const ASN1_TIME *time, char *text, size_t size)
{
    struct tm parts;

    if (ASN1_TIME_to_tm(time, &parts) != 1 || strftime(text, size, "%Y-%m-%d", &parts) == 0)
        snprintf(text, size, "a time that cannot be read");
}

static void check_time(struct check *check, const X509 *certificate)
{
    const ASN1_TIME *begin = X509_get0_notBefore(certificate);
    const ASN1_TIME *end = X509_get0_notAfter(certificate);
    time_t soon = check->now + (time_t)SOON_DAYS * 24 * 60 * 60;
    char day[32];

    show_time(ASN1_TIME_cmp_time_t(begin, check->now) > 0 ? begin : end, day, sizeof(day));
    if (ASN1_TIME_cmp_time_t(begin, check->now) > 0)
        complain(check, TLS_PART_certificate, true, "clients refuse it until then",
                 "is not valid before %s", day);
    else if (ASN1_TIME_cmp_time_t(end, check->now) < 0)
        complain(check, TLS_PART_certificate, true,
                 "clients refuse it: put a new one there, then winrmctl reload", "expired on %s",
                 day);
    else if (ASN1_TIME_cmp_time_t(end, soon) < 0)
        complain(check, TLS_PART_certificate, true, "put a new one there, then winrmctl reload",
                 "expires on %s", day);
}

static void check_chain(struct check *check, const STACK_OF(X509) * chain)
{
    for (int i = 0; i + 1 < sk_X509_num(chain); i++)
        if (X509_check_issued(sk_X509_value(chain, i + 1), sk_X509_value(chain, i)) != X509_V_OK)
            complain(
                check, TLS_PART_certificate, true,
                "write the listener's own certificate first, each issuer behind what it issued",
                "holds certificate %d, which has not issued the one before it", i + 2);
}

static void check_certificate(struct check *check, const STACK_OF(X509) * chain)
{
    X509 *own = sk_X509_value(chain, 0);
    EVP_PKEY *key = X509_get0_pubkey(own);

    if (key == NULL) {
        complain(check, TLS_PART_certificate, false, MAKE_ONE, "has a key of an unknown kind");
        return;
    }
    check_algorithm(check, key);
    check_time(check, own);
    check_chain(check, chain);
    if ((X509_get_extension_flags(own) & EXFLAG_XKUSAGE) != 0 &&
        (X509_get_extended_key_usage(own) & XKU_SSL_SERVER) == 0)
        complain(check, TLS_PART_certificate, true, "ask its issuer for one with serverAuth",
                 "is not made for servers, and clients may refuse it");
}

/* ---- the key ---- */

static void check_key(struct check *check, const STACK_OF(X509) * chain)
{
    EVP_PKEY *key = tls_pem_key(&check->settings->key);

    ERR_clear_error();
    if (key == NULL)
        complain(check, TLS_PART_key, false,
                 "name a PEM file with the key; openssl pkey removes a passphrase",
                 "holds no private key that can be read without a passphrase");
    else if (chain != NULL && X509_check_private_key(sk_X509_value(chain, 0), key) != 1)
        complain(check, TLS_PART_key, false, "name the key that the certificate was made with",
                 "holds a key that does not belong to the certificate");
    ERR_clear_error();
    EVP_PKEY_free(key);
}

/* ---- the rest ---- */

static void check_client_ca(struct check *check)
{
    STACK_OF(X509) * authorities;

    if (check->settings->client_ca.bytes == NULL)
        return;
    authorities = tls_pem_certificates(&check->settings->client_ca);
    if (authorities == NULL)
        complain(check, TLS_PART_client_ca, false,
                 "name a PEM file with the certificates of the authorities",
                 "holds no certificate that can be read");
    sk_X509_pop_free(authorities, X509_free);
    ERR_clear_error();
}

static void check_ciphers(struct check *check)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    if (context != NULL && SSL_CTX_set_cipher_list(context, check->settings->ciphers) != 1)
        complain(check, TLS_PART_ciphers, false,
                 "openssl ciphers -s -tls1_2 -v lists what there is",
                 "is a list without any cipher of TLS 1.2 that can be used");
    if (context != NULL && SSL_CTX_set_ciphersuites(context, check->settings->ciphersuites) != 1)
        complain(check, TLS_PART_ciphersuites, false,
                 "write names such as TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
                 "names a cipher suite of TLS 1.3 that there is not");
    SSL_CTX_free(context);
    ERR_clear_error();
}

void tls_check(const struct tls_settings *settings, time_t now, tls_complain complain_to,
               void *context)
{
    struct check check = {
        .settings = settings, .now = now, .complain = complain_to, .context = context};
    STACK_OF(X509) *chain = tls_pem_certificates(&settings->certificate);
    char why[TLS_WHY];

    ERR_clear_error();
    if (chain == NULL)
        complain(&check, TLS_PART_certificate, false,
                 "name a PEM file that begins with the listener's certificate",
                 "holds no certificate that can be read");
    else
        check_certificate(&check, chain);
    check_key(&check, chain);
    check_client_ca(&check);
    check_ciphers(&check);
    /* What OpenSSL refuses besides, by the rules of the machine. */
    if (!check.failed) {
        SSL_CTX *whole = tls_context_new(settings, why);

        if (whole == NULL)
            complain(&check, TLS_PART_certificate, false, "make another one", "is refused: %s",
                     why);
        SSL_CTX_free(whole);
    }
    sk_X509_pop_free(chain, X509_free);
}
