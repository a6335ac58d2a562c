/* SPDX-License-Identifier: ISC */

/* What is wrong with the TLS settings of a listener, before any client meets them. */
#ifndef TLS_CHECK_H
#define TLS_CHECK_H

#include <time.h>

#include "tls/tls.h"

enum tls_part {
    TLS_PART_none,
    TLS_PART_certificate,
    TLS_PART_key,
    TLS_PART_client_ca,
    TLS_PART_ciphers,
    TLS_PART_ciphersuites
};

struct tls_complaint {
    enum tls_part part;
    bool warning; /* the settings can be used all the same */
    const char *cause;
    const char *remedy;
};

/* The texts live until it returns. */
typedef void (*tls_complain)(void *context, const struct tls_complaint *complaint);

/*
 * Calls `complain` for everything that is wrong with the settings at that time. Settings without a
 * complaint that is more than a warning are taken by tls_server_set().
 */
void tls_check(const struct tls_settings *settings, time_t now, tls_complain complain,
               void *context);

#endif
