/* SPDX-License-Identifier: ISC */

/*
 * The options a client may send with a shell or a command. Names are compared without regard to
 * case. Options this plug-in does not know are ignored unless the client insists on them
 * (mustComply). Pure functions.
 */

#ifndef PLUGINS_CMD_OPTIONS_H
#define PLUGINS_CMD_OPTIONS_H

#include <wsman.h>

/*
 * WINRS_CODEPAGE has to be 437, 1252 or 65001: the bytes of streams pass unchanged under each of
 * them. WINRS_NOPROFILE is accepted; there is no profile to load.
 *
 * Errors: ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED, ERROR_WSMAN_INVALID_OPTIONS.
 */
DWORD options_check_shell(const WSMAN_OPERATION_INFO *info);

/*
 * WINRS_CONSOLEMODE_STDIN is accepted; stdin is always a pipe. WINRS_SKIP_CMD_SHELL is no request
 * that can be obeyed, since every command line is the shell's: refused where it must be obeyed.
 *
 * Errors: ERROR_WSMAN_INVALID_OPTIONS.
 */
DWORD options_check_command(const WSMAN_OPERATION_INFO *info);

/* What to tell the client about an error of the two. */
const char *options_error_text(DWORD error);

#endif
