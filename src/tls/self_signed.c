/* SPDX-License-Identifier: ISC */

#include "tls/self_signed.h"

#include <arpa/inet.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

enum { DAYS = 3650, SERIAL_BITS = 127 };

static bool put_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool done = number != NULL && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, 0) == 1 &&
                BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;

    BN_free(number);
    return done;
}

static bool put_name(X509 *certificate, const char *machine)
{
    /* A common name has 64 characters at most; the whole one is a subjectAltName. */
    int length = (int)strnlen(machine, 64);
    X509_NAME *name = X509_get_subject_name(certificate);

    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)machine,
                                      length, -1, 0) == 1 &&
           X509_set_issuer_name(certificate, name) == 1;
}

static bool put_extension(X509 *certificate, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool done;

    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    done = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool push_name(GENERAL_NAMES *names, int kind, const void *bytes, size_t length)
{
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value =
        kind == GEN_DNS ? (ASN1_STRING *)ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();

    if (name != NULL && value != NULL && ASN1_STRING_set(value, bytes, (int)length) == 1) {
        GENERAL_NAME_set0_value(name, kind, value);
        if (sk_GENERAL_NAME_push(names, name) > 0)
            return true;
        value = NULL;
    }
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return false;
}

static bool push_address(GENERAL_NAMES *names, const char *address)
{
    unsigned char binary[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, address, binary) == 1)
        return push_name(names, GEN_IPADD, binary, sizeof(struct in_addr));
    return inet_pton(AF_INET6, address, binary) == 1 &&
           push_name(names, GEN_IPADD, binary, sizeof(struct in6_addr));
}

static bool put_names(X509 *certificate, const char *machine, const char *const *addresses,
                      size_t count)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    bool done = names != NULL && push_name(names, GEN_DNS, machine, strlen(machine)) &&
                push_name(names, GEN_DNS, "localhost", strlen("localhost")) &&
                push_address(names, "127.0.0.1") && push_address(names, "::1");

    for (size_t i = 0; done && i < count; i++)
        done = push_address(names, addresses[i]);
    done = done && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0) == 1;
    GENERAL_NAMES_free(names);
    return done;
}

static bool fill(X509 *certificate, EVP_PKEY *key, const char *machine,
                 const char *const *addresses, size_t count, time_t now)
{
    /* A day back, for clients whose clock is slow. */
    return X509_set_version(certificate, X509_VERSION_3) == 1 && put_serial(certificate) &&
           ASN1_TIME_adj(X509_getm_notBefore(certificate), now, -1, 0) != NULL &&
           ASN1_TIME_adj(X509_getm_notAfter(certificate), now, DAYS, 0) != NULL &&
           put_name(certificate, machine) && X509_set_pubkey(certificate, key) == 1 &&
           put_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           put_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
           put_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           put_extension(certificate, NID_subject_key_identifier, "hash") &&
           put_names(certificate, machine, addresses, count) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool write_pem(struct buffer *pem, X509 *certificate, EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *bytes;
    long length = 0;
    bool done = bio != NULL && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                PEM_write_bio_X509(bio, certificate) == 1;

    if (done)
        length = BIO_get_mem_data(bio, &bytes);
    done = length > 0 && buffer_append(pem, bytes, (size_t)length);
    BIO_free(bio);
    return done;
}

static bool show_fingerprint(const X509 *certificate, char fingerprint[TLS_FINGERPRINT])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;

    if (X509_digest(certificate, EVP_sha256(), hash, &length) != 1 || length * 3 > TLS_FINGERPRINT)
        return false;
    for (unsigned i = 0; i < length; i++)
        snprintf(fingerprint + (size_t)i * 3, 4, "%02X%s", hash[i], i + 1 < length ? ":" : "");
    return true;
}

bool tls_self_signed_make(struct buffer *pem, const char *machine, const char *const *addresses,
                          size_t count, time_t now, char fingerprint[TLS_FINGERPRINT])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    bool done = key != NULL && certificate != NULL &&
                fill(certificate, key, machine, addresses, count, now) &&
                show_fingerprint(certificate, fingerprint) && write_pem(pem, certificate, key);

    X509_free(certificate);
    EVP_PKEY_free(key);
    ERR_clear_error();
    return done;
}
