/* SPDX-License-Identifier: ISC */

#include "tls/pem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

static BIO *open_file(const struct tls_file *file)
{
    if (file->bytes == NULL || file->length == 0 || file->length > INT_MAX)
        return NULL;
    return BIO_new_mem_buf(file->bytes, (int)file->length);
}

STACK_OF(X509) * tls_pem_certificates(const struct tls_file *file)
{
    STACK_OF(X509) *all = sk_X509_new_null();
    BIO *bio = open_file(file);
    X509 *one = NULL;

    if (all == NULL || bio == NULL)
        goto out;
    ERR_set_mark();
    while ((one = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL && sk_X509_push(all, one) > 0)
        one = NULL;
    if (sk_X509_num(all) > 0 && one == NULL &&
        ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
        ERR_pop_to_mark();
        BIO_free(bio);
        return all;
    }
    ERR_clear_last_mark();
out:
    X509_free(one);
    BIO_free(bio);
    sk_X509_pop_free(all, X509_free);
    return NULL;
}

static int no_passphrase(char *room, int size, int writing, void *context)
{
    (void)room;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

EVP_PKEY *tls_pem_key(const struct tls_file *file)
{
    BIO *bio = open_file(file);
    EVP_PKEY *key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

    BIO_free(bio);
    return key;
}
