/* SPDX-License-Identifier: ISC */

/*
 * What a client shows as its certificates: what is read from one is text without control
 * characters, and only what the authority has signed is taken. The functions behind the signature
 * are called too, as if it were right: whoever fuzzes cannot sign.
 */
#include <stdlib.h>

#include "auth/certificate.c"
#include "base/utf.h"

#include "certificate_authority.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1800000000 };

static void check_text(const char *text)
{
    if (!utf8_valid(text, strlen(text)) || strlen(text) > CERTIFICATE_NAME_BYTES)
        abort();
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            abort();
}

static void check_facts(const struct certificate_facts *facts)
{
    check_text(facts->subject);
    check_text(facts->issuer);
    check_text(facts->subject_name);
    if (strlen(facts->thumbprint) != 64 && facts->thumbprint[0] != '\0')
        abort();
}

static void check_verified(const struct authorities *authorities, const uint8_t *data, size_t size)
{
    struct certificate_facts facts;
    const char *fault = certificate_verify(authorities, data, size, NOW, &facts);

    check_facts(&facts);
    if (fault == NULL && (facts.subject_name[0] == '\0' || facts.issuer_thumbprint[0] == '\0' ||
                          strlen(facts.thumbprint) != 64))
        abort();
}

static void check_unverified(const uint8_t *data, size_t size)
{
    STACK_OF(X509) *chain = chain_read(data, size);
    struct certificate_facts facts = {0};

    for (int i = 0; chain != NULL && i < sk_X509_num(chain); i++) {
        X509 *certificate = sk_X509_value(chain, i);

        use_fault(certificate);
        if (facts_fill(certificate, certificate, &facts) == NULL && facts.subject_name[0] == '\0')
            abort();
        check_facts(&facts);
    }
    chain_free(chain);
    ERR_clear_error();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct authorities *authorities;
    struct file_fault fault;

    if (authorities == NULL)
        authorities =
            authorities_parse(certificate_authority, strlen(certificate_authority), &fault);
    if (authorities == NULL)
        abort();
    check_verified(authorities, data, size);
    check_unverified(data, size);
    return 0;
}
