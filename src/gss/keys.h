/* SPDX-License-Identifier: ISC */

/*
 * The two files that logins are accepted with: the keytab and the NTLM password file. Whoever can
 * read one can be anybody, whoever can write one too; a file that others may write to (and of NTLM,
 * may read) is not used.
 */
#ifndef GSS_KEYS_H
#define GSS_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc/message.h"

struct realms {
    struct ipc_item item[LIMIT_REALMS]; /* names; each once */
    uint32_t count;
};

/* False: `why` says what is wrong with it, and `remedy` (constant) what to do. */
bool keytab_usable(const char *path, char *why, size_t size, const char **remedy);
bool ntlm_users_usable(const char *path, char *why, size_t size, const char **remedy);

/* May it be read by everybody on this machine? It can be used all the same. */
bool keytab_exposed(const char *path);

/*
 * The realms of a keytab's keys. False with the reason in `why`: it cannot be read, or holds none.
 * Clear them in either case.
 */
bool realms_read(const char *keytab, struct realms *realms, char *why, size_t size);
void realms_clear(struct realms *realms);

#endif
