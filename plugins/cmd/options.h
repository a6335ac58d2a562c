/* SPDX-License-Identifier: ISC */

/*
 * The options a client may send with a shell or a command. Names are compared without regard to
 * case. Values are TRUE or FALSE, 1 or 0, in any case of their letters, or the number of a code
 * page. Options this plug-in does not know are ignored unless the client insists on them
 * (mustComply). Pure functions.
 */

#ifndef PLUGINS_CMD_OPTIONS_H
#define PLUGINS_CMD_OPTIONS_H

#include <stdbool.h>

#include <wsman.h>

#define CODE_PAGE_UTF8 65001

struct shell_options {
    bool no_profile;    /* WINRS_NOPROFILE */
    unsigned code_page; /* WINRS_CODEPAGE: 437, 1252 or 65001, which is without it */
};

struct command_options {
    bool skip_shell;   /* WINRS_SKIP_CMD_SHELL */
    bool console_mode; /* WINRS_CONSOLEMODE_STDIN */
};

/*
 * Errors: ERROR_WINRS_CODE_PAGE_NOT_SUPPORTED, ERROR_WSMAN_OPTIONS_INVALID_VALUE for what is
 * neither true nor false, ERROR_WSMAN_INVALID_OPTIONS. *name is the option that it is about then.
 */
DWORD options_read_shell(const WSMAN_OPERATION_INFO *info, struct shell_options *options,
                         PCWSTR *name);
DWORD options_read_command(const WSMAN_OPERATION_INFO *info, struct command_options *options,
                           PCWSTR *name);

/* What to tell the client about an error of the two. */
const char *options_error_text(DWORD error);

#endif
