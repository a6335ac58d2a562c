/* SPDX-License-Identifier: ISC */

/*
 * The walls around each process that reads bytes from outside: what it may ask of the kernel, and
 * what of the file system it sees (docs/walls.md). Each function is called once, before there are
 * threads and before the process has read anything from outside; it ends the process when the
 * kernel does not do what it is asked. A kernel without Landlock is told in the log, and the rest
 * is done.
 */
#ifndef CONFINE_CONFINE_H
#define CONFINE_CONFINE_H

#include <stdbool.h>

/* winrmd-net and winrmd-config: libraries and the configuration of OpenSSL. */
void confine_net(void);
void confine_config(void);
/*
 * winrmd-auth: besides, the folders of these files (NULL: none), with everything below: a file
 * that is replaced is another one, and its folder is what stays.
 */
void confine_auth(const char *users, const char *certificate_map);
/*
 * winrmd-gss: besides, /etc, where Kerberos is configured, the folders of what KRB5_CONFIG names and
 * of what that includes, the folders of these files (NULL: none), and to write, that of the replay
 * cache.
 */
void confine_gss(const char *keytab, const char *ntlm_users);
/* Whether the process may read files of this one's folder (NULL: needs none). */
bool confine_sees(const char *file);

#endif
