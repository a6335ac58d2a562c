/* SPDX-License-Identifier: ISC */

/* A password that somebody types or a program writes. */
#ifndef CTL_PASSWORD_H
#define CTL_PASSWORD_H

#include <stdbool.h>

enum { PASSWORD_LIMIT = 511 };

/*
 * The first line of standard input: 1 to PASSWORD_LIMIT bytes of UTF-8. A terminal is asked, and
 * does not show it. False: it has been said why. To be wiped by the caller in any case. Nobody can
 * look into this process from then on, and it leaves no core file.
 */
bool password_read(char password[PASSWORD_LIMIT + 2]);

#endif
