/* SPDX-License-Identifier: ISC */

#include "auth/authorities.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/memory.h"
#include "input_limits.h"

struct authorities {
    X509_STORE *store;
    size_t count;
};

static void fault_say(struct file_fault *fault, const char *text, size_t number)
{
    snprintf(fault->text, sizeof(fault->text), "certificate %zu %s", number, text);
}

static bool authority_add(struct authorities *authorities, X509 *certificate,
                          struct file_fault *fault)
{
    size_t number = authorities->count + 1;

    if (authorities->count == CERTIFICATE_AUTHORITIES)
        fault_say(fault, "is one too many: 1024 are the most", number);
    else if (X509_check_ca(certificate) == 0)
        fault_say(fault, "is not that of an authority", number);
    else if (X509_STORE_add_cert(authorities->store, certificate) != 1)
        fault_say(fault, "cannot be used", number);
    else
        authorities->count++;
    return fault->text[0] == '\0';
}

/* The end of the text is an error to this reader, of which nothing is said. */
static bool is_end_of_pem(void)
{
    unsigned long error = ERR_peek_last_error();

    return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

struct authorities *authorities_parse(const char *pem, size_t length, struct file_fault *fault)
{
    struct authorities *authorities = mem_alloc(sizeof(*authorities));
    BIO *bio = BIO_new_mem_buf(pem, (int)length);
    X509 *certificate = NULL;
    bool good = true;

    *fault = (struct file_fault){0};
    authorities->store = X509_STORE_new();
    if (bio == NULL || authorities->store == NULL)
        abort();
    ERR_clear_error();
    while (good && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        good = authority_add(authorities, certificate, fault);
        X509_free(certificate);
    }
    if (good && !is_end_of_pem())
        fault_say(fault, "is no certificate in PEM", authorities->count + 1);
    else if (good && authorities->count == 0)
        snprintf(fault->text, sizeof(fault->text), "there is no certificate in PEM in it");
    ERR_clear_error();
    BIO_free(bio);
    if (fault->text[0] == '\0')
        return authorities;
    authorities_free(authorities);
    return NULL;
}

void authorities_free(struct authorities *authorities)
{
    if (authorities == NULL)
        return;
    X509_STORE_free(authorities->store);
    free(authorities);
}

size_t authorities_count(const struct authorities *authorities)
{
    return authorities->count;
}

X509_STORE *authorities_store(const struct authorities *authorities)
{
    return authorities->store;
}
