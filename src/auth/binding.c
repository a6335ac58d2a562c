/* SPDX-License-Identifier: ISC */

#include "auth/binding.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* NULL: the signature has no single digest. */
static const EVP_MD *binding_digest(X509 *certificate)
{
    int digest = NID_undef;

    if (X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) != 1 || digest == NID_undef)
        return NULL;
    if (digest == NID_md5 || digest == NID_sha1)
        return EVP_sha256();
    return EVP_get_digestbynid(digest);
}

static bool certificate_bind(X509 *certificate, struct binding *binding)
{
    const EVP_MD *digest = binding_digest(certificate);
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned int length = 0;

    if (digest == NULL || X509_digest(certificate, digest, value, &length) != 1 ||
        length > sizeof(binding->digest))
        return false;
    memcpy(binding->digest, value, length);
    binding->length = length;
    binding->hash = OBJ_nid2sn(EVP_MD_get_type(digest));
    return true;
}

/* A key before it is wiped, as what PEM_read_bio_X509() passes over is not. */
static X509 *first_certificate(BIO *bio)
{
    unsigned char *bytes = NULL;
    long length = 0;
    const unsigned char *at;
    X509 *certificate;

    if (PEM_bytes_read_bio_secmem(&bytes, &length, NULL, PEM_STRING_X509, bio, NULL, NULL) != 1)
        return NULL;
    at = bytes;
    certificate = d2i_X509(NULL, &at, length);
    OPENSSL_secure_clear_free(bytes, (size_t)length);
    return certificate;
}

bool binding_make(const char *pem, size_t length, struct binding *binding, struct file_fault *fault)
{
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = bio != NULL ? first_certificate(bio) : NULL;

    *fault = (struct file_fault){0};
    memset(binding, 0, sizeof(*binding));
    if (certificate == NULL)
        snprintf(fault->text, sizeof(fault->text), "it holds no certificate in PEM");
    else if (!certificate_bind(certificate, binding))
        snprintf(fault->text, sizeof(fault->text),
                 "its signature has no digest of its own, so that clients can not bind "
                 "authentication to TLS; use one with an RSA or ECDSA signature");
    X509_free(certificate);
    BIO_free(bio);
    ERR_clear_error();
    return fault->text[0] == '\0';
}

void binding_write(const struct binding *binding, char out[2 * BINDING_DIGEST_LIMIT + 1])
{
    out[0] = '\0';
    for (size_t i = 0; i < binding->length; i++)
        snprintf(out + 2 * i, 3, "%02x", binding->digest[i]);
}
