/* SPDX-License-Identifier: ISC */

/*
 * Comments of winrmd.conf replaced by blanks before libconfuse sees them: version 3.3 counts a
 * comment as several lines, which would make every later error message name a wrong line. On the
 * way it finds what libconfuse accepts in silence: comments and quotes left open, and "${NAME}",
 * which it would replace by an environment variable.
 */
#ifndef CONFIG_BLANK_H
#define CONFIG_BLANK_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problem.h"

/* Works in place. False: a problem was noted, and the text is of no use. */
bool conf_blank_comments(const char *file, char *text, size_t length,
                         struct config_problems *problems);

#endif
