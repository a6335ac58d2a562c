/* SPDX-License-Identifier: ISC */

/*
 * The environment of a login, from scratch: nothing of the service's own is in it but what a build
 * with a sanitizer needs to report.
 */
#ifndef SESSION_ENVIRONMENT_H
#define SESSION_ENVIRONMENT_H

#include "session/account.h"

/*
 * HOME, USER, LOGNAME, SHELL, PATH, LANG and WINRMD_SESSION, by which a plug-in and a script see
 * where they are, and over them what PAM's modules have set (`pam`, as
 * pam_getenvlist() gives it; NULL: nothing), but for what would have the loader take other code
 * into the shell host. environment_free().
 */
char **environment_make(const struct login *login, char *const *pam);
void environment_free(char **environment);

#endif
