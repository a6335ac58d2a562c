/* SPDX-License-Identifier: ISC */

/*
 * The authorities of a listener's client-ca file: whom winrmd trusts to say who a client is. What
 * stands in the file is trusted as it is, an intermediate authority without its root too. Constant
 * once read; belongs to one thread.
 */
#ifndef AUTH_AUTHORITIES_H
#define AUTH_AUTHORITIES_H

#include <stddef.h>
#include <openssl/types.h>

#include "base/trusted_file.h"

struct authorities;

/* PEM. NULL when it holds no certificate, or one that is wrong or no authority's. */
struct authorities *authorities_parse(const char *pem, size_t length, struct file_fault *fault);
/* NULL is allowed. */
void authorities_free(struct authorities *authorities);

size_t authorities_count(const struct authorities *authorities);
X509_STORE *authorities_store(const struct authorities *authorities);

#endif
