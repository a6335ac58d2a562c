/* SPDX-License-Identifier: ISC */

/*
 * The environment is how Kerberos and gss-ntlmssp are configured, so none is inherited: what is
 * not set here, or kept by name, does not exist for them.
 */
#ifndef GSS_ENVIRONMENT_H
#define GSS_ENVIRONMENT_H

#include "base/netbios.h"

/*
 * Before any library has looked into it. NULL: there are none. `machine` is this host's name;
 * `domain` (NULL: the machine's) becomes what `shown` holds afterwards.
 */
void environment_set(const char *keytab, const char *ntlm_users, const char *domain,
                     const char *machine, char shown[NETBIOS_NAME]);

#endif
