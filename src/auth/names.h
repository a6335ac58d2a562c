/* SPDX-License-Identifier: ISC */

/*
 * Whose account a name is that Kerberos or NTLM has proved. The name is in the spelling that the
 * client or the library chose; nothing of it is used before it was taken apart here. Pure
 * functions.
 */
#ifndef AUTH_NAMES_H
#define AUTH_NAMES_H

#include "auth/users.h"
#include "ipc/message.h"

/*
 * Both write the account, letters of ASCII in small ones, and return NULL; or why there is none,
 * for the audit. `name` may be NULL.
 */

/*
 * "anna@EXAMPLE.ORG" (RFC 1964, 2.1.1), whose realm is one of `realms`, letter by letter (RFC 4120,
 * 6.1). One with several components (of a service, HTTP/host, or anna/admin) is nobody's account.
 */
const char *name_of_kerberos(const char *name, const struct ipc_items *realms,
                             char account[USER_NAME_LIMIT + 1]);

/*
 * "DOMAIN\anna", where the domain is ours, in capitals or not; or "anna" of a client that named no
 * domain, which means ours. `domain` may be NULL: only such ones, then.
 */
const char *name_of_ntlm(const char *name, const char *domain, char account[USER_NAME_LIMIT + 1]);

#endif
