/* SPDX-License-Identifier: ISC */

/*
 * The NTLM password file, as winrmctl keeps it and gss-ntlmssp reads it: smbpasswd(5) with a
 * domain,
 *
 *     DOMAIN\user:0:XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX:8846F7EAEE8FB117AD06BDD830B7586C:[U
 * ]:LCT-6741F0A5:
 *
 * Blank lines and lines that begin with '#' do not count. Pure functions over bytes.
 */
#ifndef AUTH_NTLM_USERS_H
#define AUTH_NTLM_USERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/trusted_file.h"

enum { NTLM_HASH = 16, NTLM_USER_LIMIT = 256, NTLM_DOMAIN_LIMIT = 15 };

/* Is each line in order? Otherwise `fault` says which one is not, and what to do. */
bool ntlm_users_valid(const char *bytes, size_t length, struct file_fault *fault);
/*
 * The line of the user, without its end, in a text that is valid; NULL: there is none. Letters of
 * ASCII are equal in both cases.
 */
const char *ntlm_users_find(const char *bytes, size_t length, const char *domain, const char *user,
                            size_t *line_length);

/* May this be a user's name there: 1 to 256 bytes of UTF-8 without what separates names? */
bool ntlm_user_valid(const char *user);
/* May this be a domain: 1 to 15 letters, digits, '_' and '-'? */
bool ntlm_domain_valid(const char *domain);

/* A line with its end; `changed` is in seconds since 1970. free(), which wipes nothing. */
char *ntlm_users_line(const char *domain, const char *user, const uint8_t hash[NTLM_HASH],
                      uint64_t changed);

#endif
