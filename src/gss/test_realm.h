/* SPDX-License-Identifier: ISC */

/*
 * winrmd-gss (test_world.h) in a realm, with a ticket of alice's: tests/realm/raise runs the
 * programs that use this.
 */
#ifndef GSS_TEST_REALM_H
#define GSS_TEST_REALM_H

#include "gss/test_world.h"

/* NT hash of "alice-secret" (MS-NLMP 3.3.1), as smbpasswd(5) has it. */
#define NTLM_ALICE                                                                       \
    "LAB\\alice:1000:AAD3B435B51404EEAAD3B435B51404EE:D81BB5239F920E187228261845DEBD0D:" \
    "[U          ]:LCT-00000000:\n"

extern const char *keytab; /* of the realm */
extern char *ntlm_users;   /* a file with alice */
/* Around the tests of a program: these, and `world_folder`. */
int realm_begin(void **state);
int realm_end(void **state);

void end_client(struct client *client);
/* What was accepted and exported seals for the client. */
void exported_works(struct client *client);

#endif
