/* SPDX-License-Identifier: ISC */

/* What the table tests of both configuration files share: problems as one text to compare. */
#ifndef CONFIG_TEST_PROBLEMS_H
#define CONFIG_TEST_PROBLEMS_H

#include "config/problem.h"

/* "LINE: cause; remedy\n" for each problem; free(). */
char *problems_joined(const struct config_problems *problems);

/*
 * Fails the running test unless `problems` are exactly `expected`: lines "LINE: beginning", each
 * matching the beginning of a problem's "LINE: cause; remedy". NULL: no problem.
 */
void problems_expect(const char *label, const struct config_problems *problems,
                     const char *const *expected);

#endif
