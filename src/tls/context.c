/* SPDX-License-Identifier: ISC */

#include "tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "tls/pem.h"

/* The oldest of OpenSSL's complaints is the cause of the others. */
static bool complain(char why[TLS_WHY], const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    snprintf(why, TLS_WHY, "%s%s%s%s", what, reason != NULL ? " (" : "",
             reason != NULL ? reason : "", reason != NULL ? ")" : "");
    ERR_clear_error();
    return false;
}

static bool use_chain(SSL_CTX *context, const struct tls_file *file, char why[TLS_WHY])
{
    STACK_OF(X509) *chain = tls_pem_certificates(file);
    bool used = chain != NULL && SSL_CTX_use_certificate(context, sk_X509_value(chain, 0)) == 1;

    for (int i = 1; used && i < sk_X509_num(chain); i++)
        used = SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)) == 1;
    sk_X509_pop_free(chain, X509_free);
    return used || complain(why, "the certificate cannot be used");
}

static bool use_key(SSL_CTX *context, const struct tls_file *file, char why[TLS_WHY])
{
    EVP_PKEY *key = tls_pem_key(file);
    bool used = key != NULL && SSL_CTX_use_PrivateKey(context, key) == 1 &&
                SSL_CTX_check_private_key(context) == 1;

    EVP_PKEY_free(key);
    return used || complain(why, "the key cannot be used");
}

/* The client's chain is no matter of this process: winrmd-auth verifies it. */
static int take_any_chain(X509_STORE_CTX *store, void *context)
{
    (void)context;
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
}

/* The names tell clients which of their certificates to show. */
static bool ask_client(SSL_CTX *context, const struct tls_file *file, char why[TLS_WHY])
{
    STACK_OF(X509) * authorities;
    bool used = true;

    if (file->bytes == NULL)
        return true;
    authorities = tls_pem_certificates(file);
    if (authorities == NULL)
        return complain(why, "client-ca holds no certificate");
    for (int i = 0; used && i < sk_X509_num(authorities); i++)
        used = SSL_CTX_add_client_CA(context, sk_X509_value(authorities, i)) == 1;
    sk_X509_pop_free(authorities, X509_free);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, take_any_chain, NULL);
    SSL_CTX_set_max_cert_list(context, TLS_CLIENT_CHAIN);
    return used || complain(why, "client-ca cannot be used");
}

static bool use_versions(SSL_CTX *context, const struct tls_settings *settings, char why[TLS_WHY])
{
    int minimum = strcmp(settings->minimum, "1.3") == 0 ? TLS1_3_VERSION : TLS1_2_VERSION;

    if (SSL_CTX_set_min_proto_version(context, minimum) != 1 ||
        SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1)
        return complain(why, "the version cannot be used");
    if (SSL_CTX_set_cipher_list(context, settings->ciphers) != 1)
        return complain(why, "no cipher of the list is known");
    return SSL_CTX_set_ciphersuites(context, settings->ciphersuites) == 1 ||
           complain(why, "a cipher suite is not known");
}

/*
 * No resumption, by ticket or by session id: each connection proves itself anew, whichever
 * winrmd-net it meets. AUTO_RETRY is off so that one call handles one message that is no data.
 */
static void set_behaviour(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
}

SSL_CTX *tls_context_new(const struct tls_settings *settings, char why[TLS_WHY])
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    why[0] = '\0';
    if (context == NULL) {
        complain(why, "OpenSSL cannot be used");
        return NULL;
    }
    set_behaviour(context);
    if (use_versions(context, settings, why) && use_chain(context, &settings->certificate, why) &&
        use_key(context, &settings->key, why) && ask_client(context, &settings->client_ca, why))
        return context;
    SSL_CTX_free(context);
    return NULL;
}
